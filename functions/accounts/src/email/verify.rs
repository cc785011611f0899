use axum::extract::State;
use domain::accounts::{self, PresentedToken, Refusal};
use domain::db::Db;
use lambda::http::{Json, Problem, Throttled, Visitor};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"token": "mOV7Nf0y3yRPrzHn5vJYH2kS0k0vDpLrbWQyUk1fZ9A"}))]
pub(crate) struct VerifyEmail {
    /// The token in the email's link.
    token: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct VerifiedView {
    #[schema(example = true)]
    email_verified: bool,
}

/// Verify an email address
///
/// Takes the token in the link of the verification email. It is valid once, for 24 hours, until a newer one is sent.
#[utoipa::path(
    post,
    path = "/v1/auth/email/verify",
    tag = "accounts",
    request_body = VerifyEmail,
    responses(
        (status = 200, description = "The address is verified", body = VerifiedView),
        (status = 400, description = "`bad_link`, `bad_body`, `malformed_json`", body = Problem),
        (status = 409, description = "`busy`", body = Problem),
        (status = 413, description = "`too_large`", body = Problem),
        (status = 415, description = "`not_json`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
        Throttled,
    ),
)]
pub(crate) async fn verify_email(
    State(db): State<Db>,
    Visitor(visitor): Visitor,
    Json(body): Json<VerifyEmail>,
) -> Result<Json<VerifiedView>, Problem> {
    let token = PresentedToken::parse(&body.token);
    let token = token.ok_or_else(|| Problem::refused(&Refusal::BadLink))?;
    accounts::verify(&db, &token, &visitor).await?;
    Ok(Json(VerifiedView { email_verified: true }))
}
