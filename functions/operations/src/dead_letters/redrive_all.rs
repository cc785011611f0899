use super::{RedrivenView, sqs_failed};
use axum::extract::State;
use axum::http::StatusCode;
use lambda::dead_letters::DeadLetters;
use lambda::http::caller::Admin;
use lambda::http::{Json, Problem};

/// Redrive all dead letters
///
/// At most a few hundred of each queue per request; repeat the request until `redriven` is zero.
#[utoipa::path(
    post,
    path = "/v1/ops/dead-letters/redrive",
    tag = "operations",
    security(("bearer" = [])),
    responses(
        (status = 202, description = "The messages are back in their queues", body = RedrivenView),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 502, description = "`upstream_failed`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn redrive_dead_letters(
    State(dead_letters): State<DeadLetters>,
    _: Admin,
) -> Result<(StatusCode, Json<RedrivenView>), Problem> {
    let redriven = dead_letters.redrive_all().await.map_err(|error| sqs_failed(&error))?;
    Ok((StatusCode::ACCEPTED, Json(RedrivenView { redriven })))
}
