use super::ReturnView;
use crate::Orders;
use axum::extract::State;
use axum::http::Uri;
use domain::id::OrderId;
use domain::ordering::returns::{self, ReturnStatus};
use domain::page::PageRequest;
use lambda::http::caller::Staff;
use lambda::http::shopper::OrderActor;
use lambda::http::{List, Path, Problem, Query};
use serde::Deserialize;
use utoipa::IntoParams;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListOrderReturns {
    /// The most items on a page; 20 by default.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    /// The `next_cursor` of the previous page.
    cursor: Option<String>,
}

/// List an order's returns
///
/// Oldest first.
#[utoipa::path(
    get,
    path = "/v1/orders/{order_id}/returns",
    tag = "orders",
    security(("bearer" = []), ("checkout_secret" = [])),
    params(("order_id" = OrderId, Path, description = "The order's id"), ListOrderReturns),
    responses(
        (status = 200, description = "A page of returns", body = List<ReturnView>),
        (status = 400, description = "`bad_query`, `bad_limit`, `bad_cursor`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 404, description = "`order_not_found`, also for an order of another user or guest", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn list_order_returns(
    State(Orders { app, .. }): State<Orders>,
    OrderActor(who): OrderActor,
    Path(id): Path<OrderId>,
    uri: Uri,
    Query(ListOrderReturns { limit, cursor }): Query<ListOrderReturns>,
) -> Result<List<ReturnView>, Problem> {
    let page = PageRequest::new(limit, cursor.as_deref())?;
    let found = returns::of_order(&app.db, who.viewer(), id, &page).await?;
    Ok(List::new(&uri, found, ReturnView::from))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListReturns {
    /// Only returns in this status, such as those that wait for a decision.
    status: Option<ReturnStatus>,
    /// The most items on a page; 20 by default. A page of large items has fewer, and `next_cursor` leads on.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    /// The `next_cursor` of the previous page.
    cursor: Option<String>,
}

/// List returns
///
/// Oldest first: they wait longest.
#[utoipa::path(
    get,
    path = "/v1/returns",
    tag = "orders",
    security(("bearer" = [])),
    params(ListReturns),
    responses(
        (status = 200, description = "A page of returns", body = List<ReturnView>),
        (status = 400, description = "`bad_query`, `bad_limit`, `bad_cursor`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn list_returns(
    State(Orders { app, .. }): State<Orders>,
    _: Staff,
    uri: Uri,
    Query(ListReturns { status, limit, cursor }): Query<ListReturns>,
) -> Result<List<ReturnView>, Problem> {
    let page = PageRequest::new(limit, cursor.as_deref())?;
    let found = returns::list(&app.db, status, &page).await?;
    Ok(List::new(&uri, found, ReturnView::from))
}
