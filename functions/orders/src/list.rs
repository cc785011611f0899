use crate::Orders;
use crate::expand::Expand;
use crate::view::OrderView;
use axum::extract::State;
use axum::http::Uri;
use domain::id::UserId;
use domain::ordering::{self, Filter, OrderNumber, PaymentStatus, Sort, Status};
use domain::page::PageRequest;
use lambda::http::caller::Claimant;
use lambda::http::{List, Problem, Query};
use serde::Deserialize;
use time::OffsetDateTime;
use utoipa::IntoParams;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListOrders {
    /// Only orders in this status.
    status: Option<Status>,
    /// Only orders with this payment status.
    payment_status: Option<PaymentStatus>,
    /// Only orders of this user; staff only.
    user: Option<UserId>,
    /// Only the order with this number: in any case, with or without the hyphen, and with O for 0 and I or L for 1.
    #[param(value_type = Option<String>, pattern = "^[0-9A-TV-Za-tv-z]{5}-?[0-9A-TV-Za-tv-z]{5}$", example = "K7QF2-9XM4T")]
    number: Option<OrderNumber>,
    /// Only orders placed at or after this time (RFC 3339).
    #[serde(rename = "created_at[gte]", with = "time::serde::rfc3339::option", default)]
    since: Option<OffsetDateTime>,
    /// Only orders placed before this time (RFC 3339).
    #[serde(rename = "created_at[lt]", with = "time::serde::rfc3339::option", default)]
    until: Option<OffsetDateTime>,
    /// Newest first by default.
    #[serde(default)]
    #[param(inline)]
    sort: Sort,
    /// What to include with each order: `payments`, `refunds`, or both, separated by a comma.
    #[param(value_type = Option<String>, example = "payments,refunds")]
    expand: Option<Expand>,
    /// The most items on a page; 20 by default. A page of large items has fewer, and `next_cursor` leads on.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    /// The `next_cursor` of the previous page.
    cursor: Option<String>,
}

/// List orders
///
/// Customers see their own orders, staff all.
#[utoipa::path(
    get,
    path = "/v1/orders",
    tag = "orders",
    security(("bearer" = [])),
    params(ListOrders),
    responses(
        (status = 200, description = "A page of orders", body = List<OrderView>),
        (status = 400, description = "`bad_query`, `bad_limit`, `bad_cursor`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`: only staff may filter by `user`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn list_orders(
    State(Orders { app, .. }): State<Orders>,
    Claimant(claim): Claimant,
    uri: Uri,
    Query(query): Query<ListOrders>,
) -> Result<List<OrderView>, Problem> {
    let ListOrders { status, payment_status, user, number, since, until, .. } = query;
    let ListOrders { sort, expand, limit, cursor, .. } = query;
    let page = PageRequest::new(limit, cursor.as_deref())?;
    let filter = Filter { user, number, status, payment: payment_status, since, until };
    let (viewer, orders) = ordering::list_to(&app.db, claim, filter, sort, &page).await?;
    let ids: Vec<_> = orders.items.iter().map(|order| order.id).collect();
    let mut expansions = expand.unwrap_or_default().load(&app.db, viewer, &ids).await?;
    Ok(List::new(&uri, orders, |order| {
        let expanded = expansions.take(order.id);
        OrderView::from(order).with(expanded)
    }))
}
