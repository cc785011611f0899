use crate::Orders;
use axum::extract::State;
use axum::http::Uri;
use domain::id::{OrderId, UserId};
use domain::ordering::{self, Entry, Happening};
use domain::page::Page;
use lambda::http::token::Caller;
use lambda::http::{List, Path, Problem, Query};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListOrderEvents {
    /// How many events a page holds; 20 unless said otherwise.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    /// Where to go on: the `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Something that happened to the order.
#[derive(Serialize, ToSchema)]
pub(crate) struct OrderEvent {
    /// `order_placed`, `payment_failed`, `payment_captured`, `order_confirmed`, `order_edited`, `cancel_requested`,
    /// `order_shipped`, `order_cancelled`, `payment_refunded`; for staff also `payment_started`, `refund_requested`, `refund_failed`,
    /// `dispute_opened`, `dispute_closed`.
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(with = "time::serde::rfc3339")]
    at: OffsetDateTime,
    /// Who did it, for staff; missing if time or Stripe did.
    #[serde(skip_serializing_if = "Option::is_none")]
    actor: Option<UserId>,
    /// What else is known, by type: `amount`, `reason`, `carrier`, …
    #[schema(value_type = Object)]
    data: Value,
}

impl From<Entry> for OrderEvent {
    fn from(Entry { what, at, actor, .. }: Entry) -> Self {
        Self { kind: what.name(), at, actor, data: data(what) }
    }
}

fn data(what: Happening) -> Value {
    match what {
        Happening::Placed
        | Happening::Edited
        | Happening::CancelRequested
        | Happening::Confirmed { reason: None } => json!({}),
        Happening::Confirmed { reason: Some(reason) } | Happening::Cancelled { reason } => {
            json!({"reason": reason})
        }
        Happening::PaymentStarted { payment, provider, amount, status } => {
            json!({"payment": payment, "provider": provider, "amount": amount, "status": status})
        }
        Happening::PaymentFailed { payment } => json!({"payment": payment}),
        Happening::Captured { amount }
        | Happening::Refunded { amount }
        | Happening::RefundFailed { amount } => json!({"amount": amount}),
        Happening::Shipped { carrier, tracking_number, tracking_url } => json!({
            "carrier": carrier, "tracking_number": tracking_number, "tracking_url": tracking_url,
        }),
        Happening::RefundRequested { refund, origin, amount, status } => {
            json!({"refund": refund, "origin": origin, "amount": amount, "status": status})
        }
        Happening::DisputeOpened { dispute, reason, status } => {
            json!({"dispute": dispute, "reason": reason, "status": status})
        }
        Happening::DisputeClosed { dispute, status } => {
            json!({"dispute": dispute, "status": status})
        }
    }
}

/// List an order's events
///
/// From the first on. Customers see what concerns them, staff see all and who did it.
#[utoipa::path(
    get,
    path = "/v1/orders/{order_id}/events",
    tag = "orders",
    security(("bearer" = [])),
    params(("order_id" = OrderId, Path, description = "The order's id"), ListOrderEvents),
    responses(
        (status = 200, description = "A page of events", body = List<OrderEvent>),
        (status = 400, description = "`bad_query`, `bad_limit`, `bad_cursor`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 404, description = "`order_not_found`, also for an order of somebody else", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn list_order_events(
    State(Orders { app, .. }): State<Orders>,
    who: Caller,
    Path(id): Path<OrderId>,
    uri: Uri,
    Query(ListOrderEvents { limit, cursor }): Query<ListOrderEvents>,
) -> Result<List<OrderEvent>, Problem> {
    let page = Page::new(limit, cursor.as_deref())?;
    let entries = ordering::timeline(&app.db, who.views_orders(), id, &page).await?;
    Ok(List::new(&uri, entries, OrderEvent::from))
}
