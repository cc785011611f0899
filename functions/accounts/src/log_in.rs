use crate::Accounts;
use crate::tokens::TokensView;
use axum::extract::State;
use domain::accounts::{self, Email, LogIn, PasswordAttempt};
use domain::failure::Invalid;
use lambda::http::{Json, Problem, Throttled, Visitor};
use serde::Deserialize;
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"email": "ann@example.com", "password": "plain words are fine"}))]
pub(crate) struct Credentials {
    #[schema(min_length = 3, max_length = 254)]
    email: String,
    #[schema(max_length = 512)]
    password: String,
}

impl TryFrom<Credentials> for LogIn {
    type Error = Invalid;

    fn try_from(body: Credentials) -> Result<Self, Invalid> {
        let email = Email::parse(&body.email)?;
        let password = PasswordAttempt::parse(&body.password)?;
        Ok(Self { email, password })
    }
}

/// Log in
///
/// The first log-in needs a verified address: use the link in the email first. An unknown address, a wrong password, an
/// address that is not verified yet and a disabled account get the same response.
#[utoipa::path(
    post,
    path = "/v1/auth/login",
    tag = "accounts",
    request_body = Credentials,
    responses(
        (status = 200, description = "The tokens of a new session", body = TokensView),
        (status = 400, description = "`bad_body`, `malformed_json`", body = Problem),
        (status = 401, description = "`wrong_credentials`", body = Problem),
        (status = 413, description = "`too_large`", body = Problem),
        (status = 415, description = "`not_json`", body = Problem),
        (status = 422, description = "`invalid_value`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
        Throttled,
    ),
)]
pub(crate) async fn log_in(
    State(state): State<Accounts>,
    Visitor(visitor): Visitor,
    Json(body): Json<Credentials>,
) -> Result<Json<TokensView>, Problem> {
    let attempt = body.try_into()?;
    let Accounts { app, hasher, refresh_key, .. } = &state;
    let session = accounts::log_in(&app.db, hasher, refresh_key, &attempt, &visitor).await?;
    Ok(Json(TokensView::of(&session, &state)?))
}
