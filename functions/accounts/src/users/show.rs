use super::UserView;
use axum::extract::State;
use domain::accounts;
use domain::db::Db;
use domain::id::UserId;
use lambda::http::caller::Admin;
use lambda::http::{Json, Path, Problem};

/// Show a user
#[utoipa::path(
    get,
    path = "/v1/users/{user_id}",
    tag = "users",
    security(("bearer" = [])),
    params(("user_id" = UserId, Path, description = "The user's id")),
    responses(
        (status = 200, description = "The user", body = UserView),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 404, description = "`user_not_found`, `not_found`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn show_user(
    State(db): State<Db>,
    _: Admin,
    Path(id): Path<UserId>,
) -> Result<Json<UserView>, Problem> {
    Ok(Json(accounts::show(&db, id).await?.into()))
}
