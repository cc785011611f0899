use crate::Orders;
use axum::extract::State;
use axum::http::StatusCode;
use domain::id::OrderId;
use domain::workflows;
use lambda::http::{Json, Path, Problem, Visitor};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub(crate) struct LinkSentView {
    /// The same whether there is such an order or not.
    detail: &'static str,
}

/// Send the link of a guest's order
///
/// Sends the link that shows the order to the address that the guest has named. One an hour to an address, and five an hour from
/// one network address. The response is the same whether anything is sent or not.
#[utoipa::path(
    post,
    path = "/v1/orders/{order_id}/link",
    tag = "orders",
    params(("order_id" = OrderId, Path, description = "The order's id")),
    responses(
        (status = 202, description = "An email is sent if there is a guest's order, and none was sent within the hour", body = LinkSentView),
        (status = 404, description = "`not_found`", body = Problem),
        (status = 409, description = "`busy`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn send_order_link(
    State(Orders { app, dispatcher }): State<Orders>,
    Visitor(visitor): Visitor,
    Path(id): Path<OrderId>,
) -> Result<(StatusCode, Json<LinkSentView>), Problem> {
    workflows::send_order_link(&app.db, &visitor, id).await?;
    dispatcher.try_send_batched(&app.db).await;
    let detail = "if this is a guest's order, its link is on its way to the guest's address";
    Ok((StatusCode::ACCEPTED, Json(LinkSentView { detail })))
}
