use crate::Orders;
use axum::extract::State;
use axum::http::Uri;
use domain::id::{OrderId, UserId};
use domain::ordering::{self, TimelineEntry};
use domain::page::PageRequest;
use lambda::http::shopper::OrderActor;
use lambda::http::{List, Path, Problem, Query};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListOrderEvents {
    /// The most items on a page; 20 by default. A page of large items has fewer, and `next_cursor` leads on.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    /// The `next_cursor` of the previous page.
    cursor: Option<String>,
}

/// An event in the history of an order.
#[derive(Serialize, ToSchema)]
pub(crate) struct OrderEvent {
    /// `order_placed`, `payment_failed`, `payment_captured`, `order_confirmed`, `order_edited`, `order_lines_edited`,
    /// `cancel_requested`, `fulfillment_shipped`, `order_shipped`, `order_cancelled`, `return_requested`, `return_approved`,
    /// `return_rejected`, `return_received`, `return_cancelled`, `payment_refunded`; for staff also `payment_started`,
    /// `order_commented`, `fulfillment_packed`, `fulfillment_cancelled`, `refund_requested`,
    /// `refund_failed`, `dispute_opened`, `dispute_closed`, `fraud_warning_opened`, `fraud_warning_closed`, `review_opened`,
    /// `review_closed`.
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(with = "time::serde::rfc3339")]
    at: OffsetDateTime,
    /// The user who caused the event, shown to staff only; absent if Stripe, a timeout or a guest caused it.
    #[serde(skip_serializing_if = "Option::is_none")]
    actor: Option<UserId>,
    /// Details that depend on the type: `amount`, `reason`, `carrier`, …
    #[schema(value_type = Object)]
    data: Value,
}

impl From<TimelineEntry> for OrderEvent {
    fn from(TimelineEntry { what, at, actor, .. }: TimelineEntry) -> Self {
        Self { kind: what.name(), at, actor, data: what.details() }
    }
}

/// List an order's events
///
/// Oldest first. Customers and guests see the types that concern them; staff see all types and the actors.
#[utoipa::path(
    get,
    path = "/v1/orders/{order_id}/events",
    tag = "orders",
    security(("bearer" = []), ("checkout_secret" = [])),
    params(("order_id" = OrderId, Path, description = "The order's id"), ListOrderEvents),
    responses(
        (status = 200, description = "A page of events", body = List<OrderEvent>),
        (status = 400, description = "`bad_query`, `bad_limit`, `bad_cursor`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 404, description = "`order_not_found`, also for an order of another user or guest", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn list_order_events(
    State(Orders { app, .. }): State<Orders>,
    OrderActor(who): OrderActor,
    Path(id): Path<OrderId>,
    uri: Uri,
    Query(ListOrderEvents { limit, cursor }): Query<ListOrderEvents>,
) -> Result<List<OrderEvent>, Problem> {
    let page = PageRequest::new(limit, cursor.as_deref())?;
    let entries = ordering::timeline(&app.db, who.viewer(), id, &page).await?;
    Ok(List::new(&uri, entries, OrderEvent::from))
}
