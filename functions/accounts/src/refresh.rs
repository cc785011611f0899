use crate::Accounts;
use crate::tokens::TokensView;
use axum::extract::State;
use domain::accounts::{self, RefreshToken, Refusal};
use lambda::http::{Json, Problem, Throttled, Visitor};
use serde::Deserialize;
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"refresh_token": "czAIcfRMFo58lJ3ix1DmDCybuP9TABfFomcjTpy0244"}))]
pub(crate) struct RefreshSession {
    refresh_token: String,
}

impl TryFrom<RefreshSession> for RefreshToken {
    type Error = Problem;

    /// A malformed token gets the same response as an expired one.
    fn try_from(body: RefreshSession) -> Result<Self, Problem> {
        Self::parse(&body.refresh_token).ok_or_else(|| Problem::refused(&Refusal::SessionEnded))
    }
}

/// Refresh a session
///
/// A refresh token is valid once. While the new one is unused, the old one returns it again, for a lost response or a
/// second tab. Once the new one was used, the old one is refused: for ten seconds it counts as that of a late tab, and
/// the session goes on; after that it counts as stolen: the session ends, and its owner gets an email. So it does if more
/// than three old tokens are presented within a day, each more than ten seconds after its use: tabs must share the newest.
#[utoipa::path(
    post,
    path = "/v1/auth/refresh",
    tag = "accounts",
    request_body = RefreshSession,
    responses(
        (status = 200, description = "New tokens of the same session", body = TokensView),
        (status = 400, description = "`bad_body`, `malformed_json`", body = Problem),
        (status = 401, description = "`session_ended`, `token_replaced`", body = Problem),
        (status = 409, description = "`busy`", body = Problem),
        (status = 413, description = "`too_large`", body = Problem),
        (status = 415, description = "`not_json`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
        Throttled,
    ),
)]
pub(crate) async fn refresh_session(
    State(state): State<Accounts>,
    Visitor(visitor): Visitor,
    Json(body): Json<RefreshSession>,
) -> Result<Json<TokensView>, Problem> {
    let token = body.try_into()?;
    let session = accounts::refresh(&state.app.db, &state.refresh_key, token, &visitor).await;
    if session.is_err() {
        // A refused token may have been stolen; then there is an email to send.
        state.send().await;
    }
    Ok(Json(TokensView::of(&session?, &state)?))
}
