use super::{RedrivenView, letter_not_found, sqs_failed};
use axum::extract::State;
use axum::http::StatusCode;
use lambda::dead_letters::DeadLetters;
use lambda::http::caller::Admin;
use lambda::http::{Json, Path, Problem};

/// Redrive a dead letter
///
/// Sends it back to its queue, where its consumer tries it up to five more times. Consumers are idempotent: a message
/// takes effect once, however often it is sent.
#[utoipa::path(
    post,
    path = "/v1/ops/dead-letters/{letter_id}/redrive",
    tag = "operations",
    security(("bearer" = [])),
    params(("letter_id" = String, Path, description = "The message id in SQS", example = "5fea7756-0ea4-451a-a703-a558b933e274")),
    responses(
        (status = 202, description = "The message is back in its queue", body = RedrivenView),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 404, description = "`dead_letter_not_found`", body = Problem),
        (status = 502, description = "`upstream_failed`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn redrive_dead_letter(
    State(dead_letters): State<DeadLetters>,
    _: Admin,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<RedrivenView>), Problem> {
    if dead_letters.redrive(&id).await.map_err(|error| sqs_failed(&error))? {
        return Ok((StatusCode::ACCEPTED, Json(RedrivenView { redriven: 1 })));
    }
    Err(letter_not_found())
}
