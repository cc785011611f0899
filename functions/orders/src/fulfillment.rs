//! One parcel: `/v1/fulfillments/{fulfillment_id}`.

use crate::Orders;
use crate::fulfillments::FulfillmentView;
use crate::ship::ShipOrder;
use axum::extract::State;
use axum::http::StatusCode;
use domain::id::FulfillmentId;
use domain::idempotency::{IdempotentCall, RecordedResponse};
use domain::ordering::{self, Fulfillment, Shipment};
use domain::workflows;
use lambda::http::caller::Staff;
use lambda::http::{
    IdempotentResponse, Json, MaybeIdempotentJson, OptionalIdempotencyKey, Path, Problem,
};

/// Show a parcel
#[utoipa::path(
    get,
    path = "/v1/fulfillments/{fulfillment_id}",
    tag = "orders",
    security(("bearer" = [])),
    params(("fulfillment_id" = FulfillmentId, Path, description = "The parcel's id")),
    responses(
        (status = 200, description = "The parcel", body = FulfillmentView),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 404, description = "`fulfillment_not_found`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn show_fulfillment(
    State(Orders { app, .. }): State<Orders>,
    _: Staff,
    Path(id): Path<FulfillmentId>,
) -> Result<Json<FulfillmentView>, Problem> {
    Ok(Json(ordering::fulfillment(&app.db, id).await?.into()))
}

/// Ship a packed parcel
///
/// Hands it over to its carrier: its pieces leave the stock, and the buyer is notified. Shipping it again with the same data
/// changes nothing.
#[utoipa::path(
    post,
    path = "/v1/fulfillments/{fulfillment_id}/ship",
    tag = "orders",
    security(("bearer" = [])),
    params(
        ("fulfillment_id" = FulfillmentId, Path, description = "The parcel's id"),
        ("Idempotency-Key" = Option<String>, Header, min_length = 16, max_length = 255,
            description = "Chosen by the client, unique per request. A retry with the same key gets the recorded response. Keys are kept for 72 hours."),
    ),
    request_body = ShipOrder,
    responses(
        (status = 200, description = "The shipped parcel", body = FulfillmentView),
        (status = 400, description = "`malformed_json`, `bad_body`, `bad_idempotency_key`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 404, description = "`fulfillment_not_found`", body = Problem),
        (status = 409, description = "`illegal_fulfillment_move` with `allowed`, `on_hold`, `order_refunded`, `busy`", body = Problem),
        (status = 413, description = "`too_large`", body = Problem),
        (status = 415, description = "`not_json`", body = Problem),
        (status = 422, description = "`invalid_value`: `errors` lists the fields and reasons; `idempotency_key_reused`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn ship_fulfillment(
    State(Orders { app, dispatcher }): State<Orders>,
    Staff(who): Staff,
    Path(id): Path<FulfillmentId>,
    MaybeIdempotentJson { request, body }: MaybeIdempotentJson<ShipOrder>,
) -> Result<IdempotentResponse, Problem> {
    let shipment = Shipment::try_from(body)?;
    let call = IdempotentCall { request, respond: changed };
    let response = workflows::ship_fulfillment(&app.db, who.id, id, &shipment, &call).await?;
    dispatcher.try_send(&app.db).await;
    Ok(response.into())
}

/// Cancel a packed parcel
///
/// Its pieces are left to ship again. A parcel that was handed over cannot be cancelled. Cancelling it again changes nothing.
#[utoipa::path(
    post,
    path = "/v1/fulfillments/{fulfillment_id}/cancel",
    tag = "orders",
    security(("bearer" = [])),
    params(
        ("fulfillment_id" = FulfillmentId, Path, description = "The parcel's id"),
        ("Idempotency-Key" = Option<String>, Header, min_length = 16, max_length = 255,
            description = "Chosen by the client, unique per request. A retry with the same key gets the recorded response. Keys are kept for 72 hours."),
    ),
    responses(
        (status = 200, description = "The cancelled parcel", body = FulfillmentView),
        (status = 400, description = "`bad_idempotency_key`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 404, description = "`fulfillment_not_found`", body = Problem),
        (status = 409, description = "`illegal_fulfillment_move` with `allowed`, `busy`", body = Problem),
        (status = 422, description = "`idempotency_key_reused`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn cancel_fulfillment(
    State(Orders { app, .. }): State<Orders>,
    Staff(who): Staff,
    Path(id): Path<FulfillmentId>,
    OptionalIdempotencyKey(request): OptionalIdempotencyKey,
) -> Result<IdempotentResponse, Problem> {
    let call = IdempotentCall { request, respond: changed };
    let response = workflows::cancel_fulfillment(&app.db, who.id, id, &call).await?;
    Ok(response.into())
}

fn changed(parcel: &Fulfillment) -> RecordedResponse {
    IdempotentResponse::record(StatusCode::OK, &FulfillmentView::from(parcel.clone()))
}
