use crate::Orders;
use crate::view::{OrderView, order_response};
use axum::extract::State;
use domain::id::OrderId;
use domain::idempotency::IdempotentCall;
use domain::workflows;
use lambda::http::caller::Staff;
use lambda::http::{IdempotentResponse, OptionalIdempotencyKey, Path, Problem};

/// Release an order from a hold
///
/// Closes the fraud warnings and reviews of the order's payments, so that it can be shipped. Refused while a dispute
/// keeps it on hold. Releasing an order that is not on hold changes nothing.
#[utoipa::path(
    post,
    path = "/v1/orders/{order_id}/release-hold",
    tag = "orders",
    security(("bearer" = [])),
    params(
        ("order_id" = OrderId, Path, description = "The order's id"),
        ("Idempotency-Key" = Option<String>, Header, min_length = 16, max_length = 255,
            description = "Chosen by the client, unique per request. A retry with the same key gets the recorded response. Keys are kept for 72 hours."),
    ),
    responses(
        (status = 200, description = "The order, no longer on hold", body = OrderView),
        (status = 400, description = "`bad_idempotency_key`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 404, description = "`order_not_found`", body = Problem),
        (status = 409, description = "`on_hold`: a dispute holds it; `busy`", body = Problem),
        (status = 422, description = "`idempotency_key_reused`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn release_hold(
    State(Orders { app, .. }): State<Orders>,
    Staff(who): Staff,
    Path(id): Path<OrderId>,
    OptionalIdempotencyKey(request): OptionalIdempotencyKey,
) -> Result<IdempotentResponse, Problem> {
    let call = IdempotentCall { request, respond: order_response };
    Ok(workflows::release_hold(&app.db, who.id, id, &call).await?.into())
}
