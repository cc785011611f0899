//! `/v1/ops/dead-letters`: messages in the dead-letter queues.

pub(crate) mod discard;
pub(crate) mod list;
pub(crate) mod redrive;
pub(crate) mod redrive_all;

use axum::http::StatusCode;
use lambda::dead_letters::DeadLettersError;
use lambda::http::Problem;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub(crate) struct RedrivenView {
    /// The number of messages sent back to their queues.
    redriven: usize,
}

fn sqs_failed(error: &DeadLettersError) -> Problem {
    Problem::upstream(error, "the request to SQS failed; no message was lost")
}

fn letter_not_found() -> Problem {
    let detail = "there is no dead letter with this id, or another request is reading it";
    Problem::new(StatusCode::NOT_FOUND, "dead_letter_not_found", detail)
}
