use crate::Accounts;
use crate::tokens::TokensView;
use crate::visitor::{Throttled, Visitor};
use axum::extract::State;
use domain::accounts::{self, RefreshToken, Refusal};
use lambda::http::{Json, Problem};
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

    /// What cannot be a token was never good: the same answer as for one that is good no more.
    fn try_from(shown: RefreshSession) -> Result<Self, Problem> {
        Self::parse(&shown.refresh_token).ok_or_else(|| Problem::refused(&Refusal::SessionEnded))
    }
}

/// Get new tokens
///
/// Each refresh token is good once. If the answer gets lost, ask again within ten seconds and get the same
/// refresh token; a token shown later than that ends the session, because somebody has stolen it, and
/// its owner gets a mail.
#[utoipa::path(
    post,
    path = "/v1/auth/refresh",
    tag = "accounts",
    request_body = RefreshSession,
    responses(
        (status = 200, description = "The session goes on", body = TokensView),
        (status = 400, description = "`bad_body`, `malformed_json`", body = Problem),
        (status = 401, description = "`session_ended`", body = Problem),
        (status = 409, description = "`busy`", body = Problem),
        (status = 413, description = "`too_large`", body = Problem),
        (status = 415, description = "`not_json`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
        Throttled,
    ),
)]
pub(crate) async fn refresh_session(
    State(here): State<Accounts>,
    Visitor(visitor): Visitor,
    Json(shown): Json<RefreshSession>,
) -> Result<Json<TokensView>, Problem> {
    let shown = shown.try_into()?;
    let session = accounts::refresh(&here.app.db, &here.refresh_key, shown, &visitor).await;
    if session.is_err() {
        // Whoever was robbed should hear of it at once.
        here.send().await;
    }
    Ok(Json(TokensView::of(&session?, &here)?))
}
