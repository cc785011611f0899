use super::UserView;
use axum::extract::State;
use domain::accounts;
use domain::db::Db;
use domain::id::UserId;
use lambda::http::token::Admin;
use lambda::http::{Json, Path, Problem};

/// Close a user's account
///
/// All of the user's sessions end at once. Closing it again changes nothing. The last admin stays.
#[utoipa::path(
    post,
    path = "/v1/users/{user_id}/disable",
    tag = "users",
    security(("bearer" = [])),
    params(("user_id" = UserId, Path, description = "The user's id")),
    responses(
        (status = 200, description = "The user, whose account is closed", body = UserView),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 404, description = "`user_not_found`, `not_found`", body = Problem),
        (status = 409, description = "`last_admin`, `busy`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn disable_user(
    State(db): State<Db>,
    Admin(by): Admin,
    Path(id): Path<UserId>,
) -> Result<Json<UserView>, Problem> {
    Ok(Json(accounts::disable(&db, by.id, id).await?.into()))
}
