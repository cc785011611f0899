use crate::Accounts;
use crate::tokens::TokensView;
use axum::extract::State;
use domain::accounts::{self, PasswordAttempt};
use domain::failure::Invalid;
use lambda::http::caller::Caller;
use lambda::http::{Json, Problem, Throttled, Visitor};
use serde::Deserialize;
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"current": "plain words are fine", "new": "other words are finer"}))]
pub(crate) struct ChangePassword {
    #[schema(max_length = 512)]
    current: String,
    /// Any characters. Common passwords are refused.
    #[schema(min_length = 12, max_length = 128)]
    new: String,
}

/// Change my password
///
/// Ends all sessions of the account with their tokens, and starts a new one.
#[utoipa::path(
    post,
    path = "/v1/me/password",
    tag = "accounts",
    security(("bearer" = [])),
    request_body = ChangePassword,
    responses(
        (status = 200, description = "The tokens of a new session", body = TokensView),
        (status = 400, description = "`bad_body`, `malformed_json`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_password`", body = Problem),
        (status = 409, description = "`busy`", body = Problem),
        (status = 413, description = "`too_large`", body = Problem),
        (status = 415, description = "`not_json`", body = Problem),
        (status = 422, description = "`invalid_value`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
        Throttled,
    ),
)]
pub(crate) async fn change_password(
    State(state): State<Accounts>,
    who: Caller,
    Visitor(visitor): Visitor,
    Json(body): Json<ChangePassword>,
) -> Result<Json<TokensView>, Problem> {
    let Accounts { app, hasher, refresh_key: key, .. } = &state;
    let current = PasswordAttempt::parse(&body.current)
        .map_err(|invalid| Invalid { pointer: "/current".to_owned(), ..invalid })?;
    let session =
        accounts::change_password(&app.db, hasher, key, who.id, &current, &body.new, &visitor)
            .await?;
    state.send().await;
    Ok(Json(TokensView::of(&session, &state)?))
}
