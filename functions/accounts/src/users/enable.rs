use super::{UserView, shown};
use axum::extract::State;
use domain::accounts;
use domain::db::Db;
use domain::id::UserId;
use domain::idempotency::Once;
use lambda::http::token::Admin;
use lambda::http::{MaybeKey, Path, Problem, Reply};

/// Open a user's account again
///
/// The user signs in anew: old sessions stay ended. Opening it again changes nothing.
#[utoipa::path(
    post,
    path = "/v1/users/{user_id}/enable",
    tag = "users",
    security(("bearer" = [])),
    params(
        ("user_id" = UserId, Path, description = "The user's id"),
        ("Idempotency-Key" = Option<String>, Header, min_length = 16, max_length = 255,
            description = "Chosen by the client, new for each request; the same again gets the same answer. Kept for 72 hours."),
    ),
    responses(
        (status = 200, description = "The user, whose account is open", body = UserView),
        (status = 400, description = "`bad_idempotency_key`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 404, description = "`user_not_found`, `not_found`", body = Problem),
        (status = 409, description = "`busy`", body = Problem),
        (status = 422, description = "`idempotency_key_reused`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn enable_user(
    State(db): State<Db>,
    Admin(by): Admin,
    Path(id): Path<UserId>,
    MaybeKey(ticket): MaybeKey,
) -> Result<Reply, Problem> {
    let once = Once { ticket, put: shown };
    Ok(accounts::enable(&db, by.id, id, &once).await?.into())
}
