//! `/v1/ops/dead-letters`: messages in the dead-letter queues.

pub(crate) mod list;
pub(crate) mod redrive;
pub(crate) mod redrive_all;

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
