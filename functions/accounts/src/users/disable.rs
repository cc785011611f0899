use super::{UserView, user_response};
use axum::extract::State;
use domain::accounts;
use domain::db::Db;
use domain::id::UserId;
use domain::idempotency::IdempotentCall;
use lambda::http::caller::Admin;
use lambda::http::{IdempotentResponse, OptionalIdempotencyKey, Path, Problem};

/// Disable a user
///
/// Ends all of the user's sessions at once. Disabling again changes nothing. The last admin cannot be disabled.
#[utoipa::path(
    post,
    path = "/v1/users/{user_id}/disable",
    tag = "users",
    security(("bearer" = [])),
    params(
        ("user_id" = UserId, Path, description = "The user's id"),
        ("Idempotency-Key" = Option<String>, Header, min_length = 16, max_length = 255,
            description = "Chosen by the client, unique per request. A retry with the same key gets the recorded response. Keys are kept for 72 hours."),
    ),
    responses(
        (status = 200, description = "The disabled user", body = UserView),
        (status = 400, description = "`bad_idempotency_key`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 404, description = "`user_not_found`, `not_found`", body = Problem),
        (status = 409, description = "`account_erased`, `last_admin`, `busy`", body = Problem),
        (status = 422, description = "`idempotency_key_reused`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn disable_user(
    State(db): State<Db>,
    Admin(by): Admin,
    Path(id): Path<UserId>,
    OptionalIdempotencyKey(request): OptionalIdempotencyKey,
) -> Result<IdempotentResponse, Problem> {
    let call = IdempotentCall { request, respond: user_response };
    Ok(accounts::disable(&db, by.id, id, &call).await?.into())
}
