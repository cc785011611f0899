use crate::Accounts;
use crate::visitor::{Throttled, Visitor};
use axum::extract::State;
use axum::http::StatusCode;
use domain::accounts::{self, Email};
use lambda::http::{Json, Problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"email": "ann@example.com"}))]
pub(crate) struct ForgotPassword {
    #[schema(min_length = 3, max_length = 254)]
    email: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct ForgottenView {
    /// The same whether there is an account or not.
    detail: &'static str,
}

/// Ask for a link to set a new password
///
/// The answer does not tell whether there is an account. Links sent before are good no more.
#[utoipa::path(
    post,
    path = "/v1/auth/password/forgot",
    tag = "accounts",
    request_body = ForgotPassword,
    responses(
        (status = 202, description = "A mail is on its way if there is an account", body = ForgottenView),
        (status = 400, description = "`bad_body`, `malformed_json`", body = Problem),
        (status = 409, description = "`busy`", body = Problem),
        (status = 413, description = "`too_large`", body = Problem),
        (status = 415, description = "`not_json`", body = Problem),
        (status = 422, description = "`invalid_value`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
        Throttled,
    ),
)]
pub(crate) async fn forgot_password(
    State(here): State<Accounts>,
    Visitor(visitor): Visitor,
    Json(wish): Json<ForgotPassword>,
) -> Result<(StatusCode, Json<ForgottenView>), Problem> {
    let email = Email::parse(&wish.email)?;
    here.hushed(accounts::forgot(&here.app.db, &here.link_key, &email, &visitor)).await?;
    let detail = "if there is an account with this address, a mail is on its way";
    Ok((StatusCode::ACCEPTED, Json(ForgottenView { detail })))
}
