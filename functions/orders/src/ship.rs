use crate::Orders;
use crate::view::{OrderView, shown};
use axum::extract::State;
use domain::failure::Invalid;
use domain::id::OrderId;
use domain::idempotency::Once;
use domain::ordering::{self, Shipment};
use lambda::http::token::Staff;
use lambda::http::{MaybeKeyed, Path, Problem, Reply};
use serde::Deserialize;
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "carrier": "DHL", "tracking_number": "00340434161094042557", "tracking_url": "https://dhl.example/00340434161094042557",
}))]
pub(crate) struct ShipOrder {
    #[schema(min_length = 1, max_length = 100)]
    carrier: String,
    #[schema(min_length = 1, max_length = 100)]
    tracking_number: Option<String>,
    /// Where the buyer can follow the goods.
    #[schema(pattern = "^https://", max_length = 500)]
    tracking_url: Option<String>,
}

impl TryFrom<ShipOrder> for Shipment {
    type Error = Invalid;

    fn try_from(wish: ShipOrder) -> Result<Self, Invalid> {
        Self::parse(&wish.carrier, wish.tracking_number.as_deref(), wish.tracking_url.as_deref())
    }
}

/// Ship an order
///
/// All of a confirmed order leaves the shelf, and the buyer is told. Not while its payment is disputed, nor when money
/// of it was given back. Shipping it again in the same way changes nothing.
#[utoipa::path(
    post,
    path = "/v1/orders/{order_id}/ship",
    tag = "orders",
    security(("bearer" = [])),
    params(
        ("order_id" = OrderId, Path, description = "The order's id"),
        ("Idempotency-Key" = Option<String>, Header, min_length = 16, max_length = 255,
            description = "Chosen by the client, new for each request; the same again gets the same answer. Kept for 72 hours."),
    ),
    request_body = ShipOrder,
    responses(
        (status = 200, description = "The shipped order", body = OrderView),
        (status = 400, description = "`malformed_json`, `bad_body`, `bad_idempotency_key`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 404, description = "`order_not_found`", body = Problem),
        (status = 409, description = "`illegal_move` with `allowed`, `on_hold`, `order_refunded`, `busy`", body = Problem),
        (status = 413, description = "`too_large`", body = Problem),
        (status = 415, description = "`not_json`", body = Problem),
        (status = 422, description = "`invalid_value`: `errors` says which and why; `idempotency_key_reused`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn ship_order(
    State(Orders { app, dispatch }): State<Orders>,
    Staff(who): Staff,
    Path(id): Path<OrderId>,
    MaybeKeyed { ticket, wish }: MaybeKeyed<ShipOrder>,
) -> Result<Reply, Problem> {
    let shipment = Shipment::try_from(wish)?;
    let once = Once { ticket, put: shown };
    let answer = ordering::ship(&app.db, who.id, id, &shipment, &once).await?;
    dispatch.try_now(&app.db).await;
    Ok(answer.into())
}
