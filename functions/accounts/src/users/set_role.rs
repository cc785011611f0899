use super::UserView;
use axum::extract::State;
use domain::accounts::{self, Role};
use domain::db::Db;
use domain::id::UserId;
use lambda::http::caller::Admin;
use lambda::http::{Json, Path, Problem};
use serde::Deserialize;
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"role": "staff"}))]
pub(crate) struct SetRole {
    role: Role,
}

/// Set a user's role
///
/// The role takes effect with the user's next request. The last admin's role cannot be changed.
#[utoipa::path(
    put,
    path = "/v1/users/{user_id}/role",
    tag = "users",
    security(("bearer" = [])),
    params(("user_id" = UserId, Path, description = "The user's id")),
    request_body = SetRole,
    responses(
        (status = 200, description = "The user with the new role", body = UserView),
        (status = 400, description = "`bad_body`, `malformed_json`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 404, description = "`user_not_found`, `not_found`", body = Problem),
        (status = 409, description = "`account_erased`, `last_admin`, `busy`", body = Problem),
        (status = 413, description = "`too_large`", body = Problem),
        (status = 415, description = "`not_json`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn set_user_role(
    State(db): State<Db>,
    Admin(by): Admin,
    Path(id): Path<UserId>,
    Json(body): Json<SetRole>,
) -> Result<Json<UserView>, Problem> {
    Ok(Json(accounts::set_role(&db, by.id, id, body.role).await?.into()))
}
