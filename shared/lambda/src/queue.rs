//! SQS consumers: a handler per message, and partial batch responses.

mod visibility;

pub use visibility::VisibilityTimeouts;

use crate::logging::start_logging;
use crate::runtime;
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use domain::db::DbError;
use domain::failure::{Failure, Refusal, chain};
use futures_util::FutureExt as _;
use lambda_http::Error;
use lambda_runtime::{LambdaEvent, service_fn};
use serde::de::DeserializeOwned;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

/// Why a message was not processed.
#[derive(Debug)]
pub enum MessageError {
    /// Retrying cannot help, and nothing is lost without the message: it is deleted from the queue.
    Permanent { code: &'static str, why: String },
    /// The message is received again after the queue's visibility timeout, and in the end moves to the dead-letter
    /// queue.
    Retry(Error),
    /// Like [`Self::Retry`], after this delay instead of the queue's visibility timeout.
    RetryAfter(Duration, Error),
}

impl<R: Refusal> From<Failure<R>> for MessageError {
    fn from(failure: Failure<R>) -> Self {
        match failure {
            Failure::Refused(refusal) => {
                Self::Permanent { code: refusal.code(), why: refusal.to_string() }
            }
            Failure::Db(error) => Self::Retry(error.into()),
        }
    }
}

impl From<DbError> for MessageError {
    fn from(error: DbError) -> Self {
        Self::Retry(error.into())
    }
}

/// Calls `handle` for every message of every batch until Lambda stops the process.
pub async fn consume<M: DeserializeOwned>(
    handle: impl AsyncFn(M) -> Result<(), MessageError>,
) -> Result<(), Error> {
    consume_with(&VisibilityTimeouts::unchanged(), async |body, _| handle(body).await).await
}

/// Like [`consume`], for a `handle` that also gets how often the message was received, this time included, and that may
/// return [`MessageError::RetryAfter`].
pub async fn consume_with<M: DeserializeOwned>(
    visibility: &VisibilityTimeouts,
    handle: impl AsyncFn(M, u32) -> Result<(), MessageError>,
) -> Result<(), Error> {
    start_logging();
    let handle = &handle;
    let serve = async |event: LambdaEvent<SqsEvent>| {
        Ok::<_, Error>(process_batch_with(event.payload, visibility, handle).await)
    };
    runtime::run(service_fn(serve)).await
}

/// Processes one batch. The response names the messages that must be received again; SQS deletes all others.
pub async fn process_batch<M: DeserializeOwned>(
    batch: SqsEvent,
    handle: impl AsyncFn(M) -> Result<(), MessageError>,
) -> SqsBatchResponse {
    process_batch_with(batch, &VisibilityTimeouts::unchanged(), async |body, _| handle(body).await)
        .await
}

/// Like [`process_batch`], for the `handle` of [`consume_with`].
pub async fn process_batch_with<M: DeserializeOwned>(
    batch: SqsEvent,
    visibility: &VisibilityTimeouts,
    handle: impl AsyncFn(M, u32) -> Result<(), MessageError>,
) -> SqsBatchResponse {
    let mut delays = Vec::new();
    let mut response = SqsBatchResponse::default();
    for message in batch.records {
        let id = message.message_id.clone().unwrap_or_default();
        let body = match parse(&message) {
            Ok(body) => body,
            Err(error) => {
                // Ends in the dead-letter queue, where a person can look at it. The error itself would quote the body.
                let (line, column, why) = (error.line(), error.column(), error.classify());
                tracing::error!(message.id = id, line, column, ?why, "message cannot be read");
                response.add_failure(id);
                continue;
            }
        };
        // One message that causes a panic must not fail the rest of the batch.
        match AssertUnwindSafe(handle(body, receive_count(&message))).catch_unwind().await {
            Ok(Ok(())) => {}
            Ok(Err(MessageError::Permanent { code, why })) => {
                tracing::warn!(message.id = id, code, "message dropped: {why}");
            }
            Ok(Err(MessageError::Retry(error))) => {
                let error = chain(&*error);
                tracing::error!(message.id = id, error, "message failed and is delivered again");
                response.add_failure(id);
            }
            Ok(Err(MessageError::RetryAfter(delay, error))) => {
                let (error, delay_ms) = (chain(&*error), delay.as_millis());
                tracing::warn!(message.id = id, error, delay_ms, "message will come again later");
                delays.extend(message.receipt_handle.map(|receipt| (receipt, delay)));
                response.add_failure(id);
            }
            Err(_) => {
                tracing::error!(
                    message.id = id,
                    "message handler panicked; the message is delivered again"
                );
                response.add_failure(id);
            }
        }
    }
    visibility.change(&delays).await;
    response
}

/// How often the message was received, this time included.
fn receive_count(message: &SqsMessage) -> u32 {
    let count = message.attributes.get("ApproximateReceiveCount");
    count.and_then(|count| count.parse().ok()).unwrap_or(1)
}

fn parse<M: DeserializeOwned>(message: &SqsMessage) -> serde_json::Result<M> {
    serde_json::from_str(message.body.as_deref().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[tokio::test]
    async fn only_what_failed_comes_again() {
        let record = |id: &str, body: &str| json!({"messageId": id, "body": body});
        let batch = json!({"Records": [
            record("fine", "1"),
            record("permanent", "0"),
            record("failed", "2"),
            record("garbled", "{"),
            record("panics", "3"),
            record("fine too", "1"),
        ]});

        let batch = serde_json::from_value(batch).unwrap();
        let response = process_batch(batch, async |body: i32| match body {
            0 => Err(MessageError::Permanent { code: "no", why: "no".to_owned() }),
            2 => Err(MessageError::Retry("not now".into())),
            3 => panic!("a bug"),
            _ => Ok(()),
        })
        .await;

        let failures = response.batch_item_failures.iter().map(|failure| &failure.item_identifier);
        assert_eq!(failures.collect::<Vec<_>>(), ["failed", "garbled", "panics"]);
    }
}
