use crate::Accounts;
use crate::visitor::{Throttled, Visitor};
use axum::extract::State;
use axum::http::StatusCode;
use domain::accounts::{self, Refusal, Shown};
use lambda::http::{Json, Problem};
use serde::Deserialize;
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"token": "mOV7Nf0y3yRPrzHn5vJYH2kS0k0vDpLrbWQyUk1fZ9A", "password": "plain words are fine"}))]
pub(crate) struct ResetPassword {
    /// As it stands in the mail's link.
    token: String,
    /// The new one. Any characters; the commonest passwords are refused.
    #[schema(min_length = 12, max_length = 128)]
    password: String,
}

/// Set a new password by a link
///
/// With the token of the mail. It is good once, for an hour, until a newer one is sent. All sessions end; sign in
/// with the new password.
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
        (status = 422, description = "`invalid_value`; the link stays good", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
        Throttled,
    ),
)]
pub(crate) async fn reset_password(
    State(here): State<Accounts>,
    Visitor(visitor): Visitor,
    Json(wish): Json<ResetPassword>,
) -> Result<StatusCode, Problem> {
    let shown = Shown::parse(&wish.token).ok_or_else(|| Problem::refused(&Refusal::BadLink))?;
    accounts::reset(&here.app.db, &here.hasher, &shown, &wish.password, &visitor).await?;
    here.send().await;
    Ok(StatusCode::NO_CONTENT)
}
