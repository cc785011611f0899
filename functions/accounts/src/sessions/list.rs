use super::SessionView;
use crate::Accounts;
use axum::extract::State;
use axum::http::Uri;
use domain::accounts;
use domain::page::Page;
use lambda::http::caller::Caller;
use lambda::http::{List, Problem};

/// List my sessions
///
/// Those that have not ended, last used first, at most a hundred, on one page.
#[utoipa::path(
    get,
    path = "/v1/me/sessions",
    tag = "accounts",
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The caller's sessions", body = List<SessionView>),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn list_sessions(
    State(Accounts { app, refresh_key, .. }): State<Accounts>,
    who: Caller,
    uri: Uri,
) -> Result<List<SessionView>, Problem> {
    let sessions = accounts::sessions(&app.db, &refresh_key, who.id).await?;
    let view = |session| SessionView::new(session, who.session);
    Ok(List::new(&uri, Page::whole(sessions), view))
}
