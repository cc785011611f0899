use crate::Orders;
use crate::view::{OrderView, order_response};
use axum::extract::State;
use domain::id::OrderId;
use domain::idempotency::IdempotentCall;
use domain::ordering::Reason;
use domain::workflows;
use lambda::http::caller::Staff;
use lambda::http::{IdempotentResponse, MaybeIdempotentJson, Path, Problem};
use serde::Deserialize;
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "Bank transfer of 24 November, statement 112"}))]
pub(crate) struct ConfirmOrder {
    /// How the order was paid. Shown to staff in the order's events.
    #[schema(min_length = 1, max_length = 500)]
    reason: String,
}

/// Confirm an order manually
///
/// For orders that were paid in full outside Stripe. Refused while a payment at Stripe is in progress, so that nobody
/// pays twice. Confirming again for the same reason changes nothing.
#[utoipa::path(
    post,
    path = "/v1/orders/{order_id}/confirm",
    tag = "orders",
    security(("bearer" = [])),
    params(
        ("order_id" = OrderId, Path, description = "The order's id"),
        ("Idempotency-Key" = Option<String>, Header, min_length = 16, max_length = 255,
            description = "Chosen by the client, unique per request. A retry with the same key gets the recorded response. Keys are kept for 72 hours."),
    ),
    request_body = ConfirmOrder,
    responses(
        (status = 200, description = "The confirmed order", body = OrderView),
        (status = 400, description = "`malformed_json`, `bad_body`, `bad_idempotency_key`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 404, description = "`order_not_found`", body = Problem),
        (status = 409, description = "`illegal_move` with `allowed`, `payment_in_progress`, `order_ending`, `busy`", body = Problem),
        (status = 413, description = "`too_large`", body = Problem),
        (status = 415, description = "`not_json`", body = Problem),
        (status = 422, description = "`invalid_value`: `errors` lists the fields and reasons; `idempotency_key_reused`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn confirm_order(
    State(Orders { app, dispatcher }): State<Orders>,
    Staff(who): Staff,
    Path(id): Path<OrderId>,
    MaybeIdempotentJson { request, body }: MaybeIdempotentJson<ConfirmOrder>,
) -> Result<IdempotentResponse, Problem> {
    let reason = Reason::parse(&body.reason)?;
    let call = IdempotentCall { request, respond: order_response };
    let response = workflows::confirm_order(&app.db, who.id, id, &reason, &call).await?;
    dispatcher.try_send(&app.db).await;
    Ok(response.into())
}
