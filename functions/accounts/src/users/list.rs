use super::UserView;
use axum::extract::State;
use axum::http::Uri;
use domain::accounts::{self, Role, UserFilter};
use domain::db::Db;
use domain::page::PageRequest;
use lambda::http::caller::Admin;
use lambda::http::{List, Problem, Query};
use serde::Deserialize;
use utoipa::IntoParams;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListUsers {
    /// A prefix of the email address, case-insensitive.
    #[param(example = "ann@", max_length = 254)]
    q: Option<String>,
    /// Only users with this role.
    role: Option<Role>,
    /// The most items on a page; 20 by default. A page of large items has fewer, and `next_cursor` leads on.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    /// The `next_cursor` of the previous page.
    cursor: Option<String>,
}

/// List users
///
/// Newest first.
#[utoipa::path(
    get,
    path = "/v1/users",
    tag = "users",
    security(("bearer" = [])),
    params(ListUsers),
    responses(
        (status = 200, description = "A page of users", body = List<UserView>),
        (status = 400, description = "`bad_query`, `bad_limit`, `bad_cursor`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 422, description = "`invalid_value`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn list_users(
    State(db): State<Db>,
    _: Admin,
    uri: Uri,
    Query(ListUsers { q, role, limit, cursor }): Query<ListUsers>,
) -> Result<List<UserView>, Problem> {
    let page = PageRequest::new(limit, cursor.as_deref())?;
    let users = accounts::list(&db, &UserFilter::new(role, q.as_deref())?, &page).await?;
    Ok(List::new(&uri, users, UserView::from))
}
