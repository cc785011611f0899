use crate::Orders;
use crate::view::{OrderView, order_response};
use axum::extract::State;
use domain::failure::Invalid;
use domain::id::OrderId;
use domain::idempotency::IdempotentCall;
use domain::ordering::Shipment;
use domain::workflows;
use lambda::http::caller::Staff;
use lambda::http::{IdempotentResponse, MaybeIdempotentJson, Path, Problem};
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
    /// The URL where the buyer can track the shipment.
    #[schema(pattern = "^https://", max_length = 500)]
    tracking_url: Option<String>,
}

impl TryFrom<ShipOrder> for Shipment {
    type Error = Invalid;

    fn try_from(body: ShipOrder) -> Result<Self, Invalid> {
        Self::parse(&body.carrier, body.tracking_number.as_deref(), body.tracking_url.as_deref())
    }
}

/// Ship an order
///
/// Ships all that is left of a confirmed order, takes the pieces out of stock and notifies the buyer. Parcels that are packed
/// are shipped with it; what is in none makes another one. Refused while its payment is disputed or may be fraud, and once all
/// of its money was refunded. Shipping again with the same data changes nothing.
#[utoipa::path(
    post,
    path = "/v1/orders/{order_id}/ship",
    tag = "orders",
    security(("bearer" = [])),
    params(
        ("order_id" = OrderId, Path, description = "The order's id"),
        ("Idempotency-Key" = Option<String>, Header, min_length = 16, max_length = 255,
            description = "Chosen by the client, unique per request. A retry with the same key gets the recorded response. Keys are kept for 72 hours."),
    ),
    request_body = ShipOrder,
    responses(
        (status = 200, description = "The shipped order", body = OrderView),
        (status = 400, description = "`malformed_json`, `bad_body`, `bad_idempotency_key`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 404, description = "`order_not_found`", body = Problem),
        (status = 409, description = "`illegal_move` with `allowed`, `nothing_to_ship`, `on_hold`, `order_refunded`, `busy`", body = Problem),
        (status = 413, description = "`too_large`", body = Problem),
        (status = 415, description = "`not_json`", body = Problem),
        (status = 422, description = "`invalid_value`: `errors` lists the fields and reasons; `idempotency_key_reused`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn ship_order(
    State(Orders { app, dispatcher }): State<Orders>,
    Staff(who): Staff,
    Path(id): Path<OrderId>,
    MaybeIdempotentJson { request, body }: MaybeIdempotentJson<ShipOrder>,
) -> Result<IdempotentResponse, Problem> {
    let shipment = Shipment::try_from(body)?;
    let call = IdempotentCall { request, respond: order_response };
    let response = workflows::ship_order(&app.db, who.id, id, &shipment, &call).await?;
    dispatcher.try_send(&app.db).await;
    Ok(response.into())
}
