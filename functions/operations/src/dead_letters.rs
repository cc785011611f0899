//! `/v1/ops/dead-letters`: messages that no consumer could take.

pub(crate) mod list;
pub(crate) mod redrive;
pub(crate) mod redrive_all;

use lambda::dead_letters::DeadLettersError;
use lambda::http::Problem;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub(crate) struct RedrivenView {
    /// How many letters are on their way again.
    redriven: usize,
}

fn sqs_failed(error: &DeadLettersError) -> Problem {
    Problem::upstream(error, "the queue did not answer well; the letters are where they were")
}
