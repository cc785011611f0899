use crate::Accounts;
use axum::extract::State;
use axum::http::StatusCode;
use domain::accounts::{self, Email};
use lambda::http::{Json, Problem, Throttled, Visitor};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"email": "ann@example.com"}))]
pub(crate) struct ResendVerification {
    #[schema(min_length = 3, max_length = 254)]
    email: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct ResentView {
    /// The same whether there is an account or not.
    detail: &'static str,
}

/// Resend the verification email
///
/// The response is the same whether or not there is an unverified account. Links sent earlier stop working, unless nothing
/// is sent: an address that is not verified gets three of these links an hour at most.
#[utoipa::path(
    post,
    path = "/v1/auth/email/resend",
    tag = "accounts",
    request_body = ResendVerification,
    responses(
        (status = 202, description = "An email is sent if there is an unverified account", body = ResentView),
        (status = 400, description = "`bad_body`, `malformed_json`", body = Problem),
        (status = 409, description = "`busy`", body = Problem),
        (status = 413, description = "`too_large`", body = Problem),
        (status = 415, description = "`not_json`", body = Problem),
        (status = 422, description = "`invalid_value`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
        Throttled,
    ),
)]
pub(crate) async fn resend_verification(
    State(state): State<Accounts>,
    Visitor(visitor): Visitor,
    Json(body): Json<ResendVerification>,
) -> Result<(StatusCode, Json<ResentView>), Problem> {
    let email = Email::parse(&body.email)?;
    let Accounts { app, link_key, min_response_time, .. } = &state;
    let resend = accounts::resend(&app.db, link_key, &email, &visitor, *min_response_time);
    state.in_constant_time(resend).await?;
    let detail = "if there is an unverified account with this address, an email is on its way";
    Ok((StatusCode::ACCEPTED, Json(ResentView { detail })))
}
