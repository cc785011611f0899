use super::{ReturnView, changed};
use crate::Orders;
use axum::extract::State;
use domain::id::ReturnId;
use domain::idempotency::IdempotentCall;
use domain::ordering::returns;
use domain::workflows;
use lambda::http::shopper::ReturnActor;
use lambda::http::{IdempotentResponse, Json, OptionalIdempotencyKey, Path, Problem};

/// Show a return
#[utoipa::path(
    get,
    path = "/v1/returns/{return_id}",
    tag = "orders",
    security(("bearer" = []), ("checkout_secret" = [])),
    params(("return_id" = ReturnId, Path, description = "The return's id")),
    responses(
        (status = 200, description = "The return", body = ReturnView),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 404, description = "`return_not_found`, also for an order of another user or guest", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn show_return(
    State(Orders { app, .. }): State<Orders>,
    ReturnActor(who): ReturnActor,
    Path(id): Path<ReturnId>,
) -> Result<Json<ReturnView>, Problem> {
    Ok(Json(returns::show(&app.db, who.viewer(), id).await?.into()))
}

/// Cancel a return
///
/// Nothing comes back, and its pieces can be returned again. Customers and guests can cancel what nobody has decided on yet, staff
/// what has not arrived. Cancelling it again changes nothing.
#[utoipa::path(
    post,
    path = "/v1/returns/{return_id}/cancel",
    tag = "orders",
    security(("bearer" = []), ("checkout_secret" = [])),
    params(
        ("return_id" = ReturnId, Path, description = "The return's id"),
        ("Idempotency-Key" = Option<String>, Header, min_length = 16, max_length = 255,
            description = "Chosen by the client, unique per request. A retry with the same key gets the recorded response. Keys are kept for 72 hours."),
    ),
    responses(
        (status = 200, description = "The cancelled return", body = ReturnView),
        (status = 400, description = "`bad_idempotency_key`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 404, description = "`return_not_found`, also for an order of another user or guest", body = Problem),
        (status = 409, description = "`illegal_return_move` with `return_status` and `allowed`, `busy`", body = Problem),
        (status = 422, description = "`idempotency_key_reused`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn cancel_return(
    State(Orders { app, .. }): State<Orders>,
    ReturnActor(who): ReturnActor,
    Path(id): Path<ReturnId>,
    OptionalIdempotencyKey(request): OptionalIdempotencyKey,
) -> Result<IdempotentResponse, Problem> {
    let call = IdempotentCall { request, respond: changed };
    let response = workflows::cancel_return(&app.db, who, id, &call).await?;
    Ok(response.into())
}
