use crate::Orders;
use crate::view::{OrderView, order_response};
use axum::extract::State;
use domain::id::OrderId;
use domain::idempotency::IdempotentCall;
use domain::ordering::MoreTime;
use domain::workflows;
use lambda::http::caller::Staff;
use lambda::http::{IdempotentResponse, MaybeIdempotentJson, Path, Problem};
use serde::Deserialize;
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"minutes": 4320}))]
pub(crate) struct ExtendOrder {
    /// From now on; no order waits longer than 30 days from when it was placed.
    #[schema(minimum = 1, maximum = 43_200)]
    minutes: i64,
}

/// Extend an order's time to pay
///
/// A pending order keeps its stock for so long, for a bank transfer, for example. It never gets less time than it has, so extending
/// it again by as much changes little. While a payment of it is open, the order is not extended: let go of the payment first, by
/// `POST /v1/payments/{payment_id}/release`. A page of Stripe's that is opened later and left ends the order with itself.
#[utoipa::path(
    post,
    path = "/v1/orders/{order_id}/extend",
    tag = "orders",
    security(("bearer" = [])),
    params(
        ("order_id" = OrderId, Path, description = "The order's id"),
        ("Idempotency-Key" = Option<String>, Header, min_length = 16, max_length = 255,
            description = "Chosen by the client, unique per request. A retry with the same key gets the recorded response. Keys are kept for 72 hours."),
    ),
    request_body = ExtendOrder,
    responses(
        (status = 200, description = "The order, with its new `expires_at`", body = OrderView),
        (status = 400, description = "`malformed_json`, `bad_body`, `bad_idempotency_key`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 404, description = "`order_not_found`", body = Problem),
        (status = 409, description = "`illegal_move` with `allowed`, `order_ending`, `payment_in_progress`, `busy`", body = Problem),
        (status = 413, description = "`too_large`", body = Problem),
        (status = 415, description = "`not_json`", body = Problem),
        (status = 422, description = "`invalid_value`: `errors` lists the fields and reasons; `idempotency_key_reused`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn extend_order(
    State(Orders { app, .. }): State<Orders>,
    Staff(who): Staff,
    Path(id): Path<OrderId>,
    MaybeIdempotentJson { request, body }: MaybeIdempotentJson<ExtendOrder>,
) -> Result<IdempotentResponse, Problem> {
    let time = MoreTime::parse(body.minutes)?;
    let call = IdempotentCall { request, respond: order_response };
    Ok(workflows::extend_order(&app.db, who.id, id, time, &call).await?.into())
}
