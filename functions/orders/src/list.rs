use crate::Orders;
use crate::expand::Expand;
use crate::view::OrderView;
use axum::extract::State;
use axum::http::Uri;
use domain::id::UserId;
use domain::ordering::{self, Filter, PaymentStatus, Sort, Status};
use domain::page::Page;
use lambda::http::token::Caller;
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
    /// Only orders whose money stands like this.
    payment_status: Option<PaymentStatus>,
    /// Only orders of this user; for staff.
    user: Option<UserId>,
    /// Only orders that were placed then or later (RFC 3339).
    #[serde(rename = "created_at[gte]", with = "time::serde::rfc3339::option", default)]
    since: Option<OffsetDateTime>,
    /// Only orders that were placed before (RFC 3339).
    #[serde(rename = "created_at[lt]", with = "time::serde::rfc3339::option", default)]
    until: Option<OffsetDateTime>,
    /// The newest first unless you say otherwise.
    #[serde(default)]
    #[param(inline)]
    sort: Sort,
    /// What is shown with each order: `payments`, `refunds`, or both with a comma between.
    #[param(value_type = Option<String>, example = "payments,refunds")]
    expand: Option<Expand>,
    /// How many orders a page holds; 20 unless said otherwise.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    /// Where to go on: the `next_cursor` of the page before.
    cursor: Option<String>,
}

/// List orders
///
/// Customers see their own, staff see all.
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
        (status = 403, description = "`wrong_role`: only staff may ask for a `user`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn list_orders(
    State(Orders { app, .. }): State<Orders>,
    who: Caller,
    uri: Uri,
    Query(wish): Query<ListOrders>,
) -> Result<List<OrderView>, Problem> {
    let ListOrders { status, payment_status, user, since, until, sort, expand, limit, cursor } =
        wish;
    let page = Page::new(limit, cursor.as_deref())?;
    let filter = Filter { user, status, payment: payment_status, since, until };
    let viewer = who.views_orders();
    let orders = ordering::list(&app.db, viewer, filter, sort, &page).await?;
    let ids: Vec<_> = orders.items.iter().map(|order| order.id).collect();
    let mut found = expand.unwrap_or_default().look_up(&app.db, viewer, &ids).await?;
    Ok(List::new(&uri, orders, |order| {
        let expanded = found.take(order.id);
        OrderView::from(order).with(expanded)
    }))
}
