use crate::Accounts;
use axum::extract::State;
use axum::http::StatusCode;
use domain::accounts::{self, Email, NewAccount, Password};
use domain::failure::Invalid;
use lambda::http::{Json, Problem, Throttled, Visitor};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"email": "ann@example.com", "password": "plain words are fine"}))]
pub(crate) struct RegisterAccount {
    #[schema(min_length = 3, max_length = 254)]
    email: String,
    /// Any characters. Common passwords are refused.
    #[schema(min_length = 12, max_length = 128)]
    password: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct RegisteredView {
    /// The same whether or not the address had an account before.
    detail: &'static str,
}

impl TryFrom<RegisterAccount> for NewAccount {
    type Error = Invalid;

    fn try_from(body: RegisterAccount) -> Result<Self, Invalid> {
        let email = Email::parse(&body.email)?;
        let password = Password::parse(&body.password, &email)?;
        Ok(Self { email, password })
    }
}

/// Register an account
///
/// The response is the same whether or not the address has an account already; an existing account keeps its
/// password. The owner of the address gets an email: for a new account, a link to verify the address, which the first
/// log-in needs; for an existing one, a notice that somebody tried to register again.
#[utoipa::path(
    post,
    path = "/v1/auth/register",
    tag = "accounts",
    request_body = RegisterAccount,
    responses(
        (status = 202, description = "There is an account with this address now", body = RegisteredView),
        (status = 400, description = "`bad_body`, `malformed_json`", body = Problem),
        (status = 413, description = "`too_large`", body = Problem),
        (status = 415, description = "`not_json`", body = Problem),
        (status = 422, description = "`invalid_value`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
        Throttled,
    ),
)]
pub(crate) async fn register_account(
    State(state): State<Accounts>,
    Visitor(visitor): Visitor,
    Json(body): Json<RegisterAccount>,
) -> Result<(StatusCode, Json<RegisteredView>), Problem> {
    let Accounts { app, hasher, link_key, min_response_time, .. } = &state;
    let new = body.try_into()?;
    let register =
        accounts::register(&app.db, hasher, link_key, &new, &visitor, *min_response_time);
    state.in_constant_time(register).await?;
    let detail = "there is an account with this address; if it is new, use the link in the email, then log in";
    Ok((StatusCode::ACCEPTED, Json(RegisteredView { detail })))
}
