use super::EmailView;
use axum::extract::State;
use axum::http::StatusCode;
use domain::db::Db;
use domain::workflows;
use lambda::http::caller::Admin;
use lambda::http::{Json, Path, Problem};

/// Send an email again
///
/// An email that failed is written and sent anew within a minute, to the address that the recipient has then: correct a guest's
/// address first with `POST /v1/orders/{order_id}/email`. An email that is being sent or was sent stays as it is.
#[utoipa::path(
    post,
    path = "/v1/ops/emails/{message}/resend",
    tag = "operations",
    security(("bearer" = [])),
    params(("message" = String, Path, description = "The `message` of the email",
        example = "order_placed:ord_0193f2a7c1d87b3e9a5f4c2d1e0b9a87")),
    responses(
        (status = 200, description = "The email was sent already", body = EmailView),
        (status = 202, description = "The email is being sent", body = EmailView),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 404, description = "`email_not_found`, `not_found`", body = Problem),
        (status = 409, description = "`email_dropped`, `email_too_old`, `busy`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn resend_email(
    State(db): State<Db>,
    _: Admin,
    Path(message): Path<String>,
) -> Result<(StatusCode, Json<EmailView>), Problem> {
    let email = workflows::resend_email(&db, &message).await?;
    let status = if email.sent_at.is_some() { StatusCode::OK } else { StatusCode::ACCEPTED };
    Ok((status, Json(email.into())))
}
