use crate::Orders;
use crate::view::{OrderView, tag};
use axum::extract::State;
use axum::response::Response;
use domain::id::OrderId;
use domain::ordering;
use lambda::http::token::Caller;
use lambda::http::{IfNoneMatch, Json, Path, Problem};

/// Show an order
///
/// Customers see their own, staff see all.
#[utoipa::path(
    get,
    path = "/v1/orders/{order_id}",
    tag = "orders",
    security(("bearer" = [])),
    params(
        ("order_id" = OrderId, Path, description = "The order's id"),
        ("If-None-Match" = Option<String>, Header, description = "ETags of views that you hold"),
    ),
    responses(
        (status = 200, description = "The order", body = OrderView),
        (status = 304, description = "The order is as the `If-None-Match` says"),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 404, description = "`order_not_found`, also for an order of somebody else", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn show_order(
    State(Orders { app, .. }): State<Orders>,
    who: Caller,
    Path(id): Path<OrderId>,
    held: IfNoneMatch,
) -> Result<Response, Problem> {
    let order = ordering::show(&app.db, who.views_orders(), id).await?;
    Ok(held.answer(tag(&order), Json(OrderView::from(order))))
}
