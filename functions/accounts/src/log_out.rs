use axum::extract::State;
use axum::http::StatusCode;
use domain::accounts;
use domain::db::Db;
use lambda::http::Problem;
use lambda::http::caller::Caller;

/// Log out
///
/// Ends this session: its access tokens and its refresh token are invalid from now on. Other sessions go on.
#[utoipa::path(
    post,
    path = "/v1/auth/logout",
    tag = "accounts",
    security(("bearer" = [])),
    responses(
        (status = 204, description = "The session has ended"),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn log_out(State(db): State<Db>, who: Caller) -> Result<StatusCode, Problem> {
    accounts::log_out(&db, who.id, who.session).await?;
    Ok(StatusCode::NO_CONTENT)
}
