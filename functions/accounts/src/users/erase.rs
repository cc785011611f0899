use super::{UserView, user_response};
use axum::extract::State;
use domain::db::Db;
use domain::id::UserId;
use domain::idempotency::IdempotentCall;
use domain::workflows;
use lambda::http::caller::Admin;
use lambda::http::{IdempotentResponse, OptionalIdempotencyKey, Path, Problem};

/// Erase a user
///
/// For a person who asks for it: what `POST /v1/me/erase` does, without their password, and under the same conditions.
/// Erasing again changes nothing. The last admin cannot be erased.
#[utoipa::path(
    post,
    path = "/v1/users/{user_id}/erase",
    tag = "users",
    security(("bearer" = [])),
    params(
        ("user_id" = UserId, Path, description = "The user's id"),
        ("Idempotency-Key" = Option<String>, Header, min_length = 16, max_length = 255,
            description = "Chosen by the client, unique per request. A retry with the same key gets the recorded response. Keys are kept for 72 hours."),
    ),
    responses(
        (status = 200, description = "The erased user", body = UserView),
        (status = 400, description = "`bad_idempotency_key`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 404, description = "`user_not_found`, `not_found`", body = Problem),
        (status = 409, description = "`orders_open`, `last_admin`, `busy`", body = Problem),
        (status = 422, description = "`idempotency_key_reused`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn erase_user(
    State(db): State<Db>,
    Admin(by): Admin,
    Path(id): Path<UserId>,
    OptionalIdempotencyKey(request): OptionalIdempotencyKey,
) -> Result<IdempotentResponse, Problem> {
    let call = IdempotentCall { request, respond: user_response };
    Ok(workflows::erase_user(&db, by.id, id, &call).await?.into())
}
