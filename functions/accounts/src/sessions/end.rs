use axum::extract::State;
use axum::http::StatusCode;
use domain::accounts;
use domain::db::Db;
use domain::id::FamilyId;
use lambda::http::caller::Caller;
use lambda::http::{Path, Problem};

/// End one of my sessions
///
/// Its access tokens and its refresh token are invalid from now on. Ending it again changes nothing.
#[utoipa::path(
    delete,
    path = "/v1/me/sessions/{session_id}",
    tag = "accounts",
    security(("bearer" = [])),
    params(("session_id" = FamilyId, Path, description = "The session's id")),
    responses(
        (status = 204, description = "The session has ended"),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 404, description = "`session_not_found`, also for a session of another user; `not_found`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn end_session(
    State(db): State<Db>,
    who: Caller,
    Path(id): Path<FamilyId>,
) -> Result<StatusCode, Problem> {
    accounts::end_session(&db, who.id, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
