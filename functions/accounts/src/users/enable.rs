use super::UserView;
use axum::extract::State;
use domain::accounts;
use domain::db::Db;
use domain::id::UserId;
use lambda::http::token::Admin;
use lambda::http::{Json, Path, Problem};

/// Open a user's account again
///
/// The user signs in anew: old sessions stay ended. Opening it again changes nothing.
#[utoipa::path(
    post,
    path = "/v1/users/{user_id}/enable",
    tag = "users",
    security(("bearer" = [])),
    params(("user_id" = UserId, Path, description = "The user's id")),
    responses(
        (status = 200, description = "The user, whose account is open", body = UserView),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 404, description = "`user_not_found`, `not_found`", body = Problem),
        (status = 409, description = "`busy`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn enable_user(
    State(db): State<Db>,
    Admin(by): Admin,
    Path(id): Path<UserId>,
) -> Result<Json<UserView>, Problem> {
    Ok(Json(accounts::enable(&db, by.id, id).await?.into()))
}
