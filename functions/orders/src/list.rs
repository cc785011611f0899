use crate::Orders;
use crate::view::OrderView;
use axum::extract::State;
use axum::http::Uri;
use domain::ordering::{self, Status};
use domain::page::Page;
use lambda::http::token::Caller;
use lambda::http::{List, Problem, Query};
use serde::Deserialize;
use utoipa::IntoParams;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListOrders {
    /// Only orders in this status.
    status: Option<Status>,
    /// How many orders a page holds; 20 unless said otherwise.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    /// Where to go on: the `next_cursor` of the page before.
    cursor: Option<String>,
}

/// List orders
///
/// The newest first. Customers see their own, staff see all.
#[utoipa::path(
    get,
    path = "/v1/orders",
    tag = "orders",
    security(("bearer" = [])),
    params(ListOrders),
    responses(
        (status = 200, description = "A page of orders", body = List<OrderView>,
         headers(("Link" = String, description = "The next page, `rel=\"next\"`"))),
        (status = 400, description = "`bad_query`, `bad_limit`, `bad_cursor`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn list_orders(
    State(Orders { app, .. }): State<Orders>,
    who: Caller,
    uri: Uri,
    Query(ListOrders { status, limit, cursor }): Query<ListOrders>,
) -> Result<List<OrderView>, Problem> {
    let page = Page::new(limit, cursor.as_deref())?;
    let orders = ordering::list(&app.db, who.views_orders(), status, &page).await?;
    Ok(List::new(&uri, orders, OrderView::from))
}
