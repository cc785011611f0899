use crate::Accounts;
use axum::extract::State;
use axum::http::StatusCode;
use domain::accounts::{self, PresentedToken, Refusal};
use lambda::http::{Json, Problem, Throttled, Visitor};
use serde::Deserialize;
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"token": "mOV7Nf0y3yRPrzHn5vJYH2kS0k0vDpLrbWQyUk1fZ9A", "password": "plain words are fine"}))]
pub(crate) struct ResetPassword {
    /// The token in the email's link.
    token: String,
    /// The new password. Any characters. Common passwords are refused.
    #[schema(min_length = 12, max_length = 128)]
    password: String,
}

/// Reset a password
///
/// Takes the token in the link of the reset email. It is valid once, for an hour, until a newer one is sent. Ends all
/// sessions of the account.
#[utoipa::path(
    post,
    path = "/v1/auth/password/reset",
    tag = "accounts",
    request_body = ResetPassword,
    responses(
        (status = 204, description = "The password is set"),
        (status = 400, description = "`bad_link`, `bad_body`, `malformed_json`", body = Problem),
        (status = 409, description = "`busy`", body = Problem),
        (status = 413, description = "`too_large`", body = Problem),
        (status = 415, description = "`not_json`", body = Problem),
        (status = 422, description = "`invalid_value`; the link stays valid", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
        Throttled,
    ),
)]
pub(crate) async fn reset_password(
    State(state): State<Accounts>,
    Visitor(visitor): Visitor,
    Json(body): Json<ResetPassword>,
) -> Result<StatusCode, Problem> {
    let token = PresentedToken::parse(&body.token);
    let token = token.ok_or_else(|| Problem::refused(&Refusal::BadLink))?;
    accounts::reset(&state.app.db, &state.hasher, &token, &body.password, &visitor).await?;
    state.send().await;
    Ok(StatusCode::NO_CONTENT)
}
