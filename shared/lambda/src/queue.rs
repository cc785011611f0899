//! From SQS batches to domain calls.

mod pauses;

pub use pauses::Pauses;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use domain::failure::{Failure, Refusal};
use futures_util::FutureExt as _;
use lambda_runtime::{LambdaEvent, service_fn};
use serde::de::DeserializeOwned;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

/// Why a message was not acted on.
#[derive(Debug)]
pub enum Setback {
    /// It never will be, and nothing is lost by that: the message leaves the queue.
    Pointless { code: &'static str, why: String },
    /// It may be next time: the message comes again, and in the end lies with the dead letters.
    Again(Box<dyn std::error::Error + Send + Sync>),
    /// The same, and it is known how long that is no use before.
    After(Duration, Box<dyn std::error::Error + Send + Sync>),
}

impl<R: Refusal> From<Failure<R>> for Setback {
    fn from(failure: Failure<R>) -> Self {
        match failure {
            Failure::Refused(no) => Self::Pointless { code: no.code(), why: no.to_string() },
            Failure::Db(error) => Self::Again(error.into()),
        }
    }
}

impl From<domain::db::DbError> for Setback {
    fn from(error: domain::db::DbError) -> Self {
        Self::Again(error.into())
    }
}

/// Feeds every message of every batch to `handle` until Lambda stops the process.
pub async fn consume<M: DeserializeOwned>(
    handle: impl AsyncFn(M) -> Result<(), Setback>,
) -> Result<(), crate::Error> {
    consume_with(&Pauses::none(), async |body, _| handle(body).await).await
}

/// The same for a `handle` that is told how often SQS has handed the message out, and may ask for a pause.
pub async fn consume_with<M: DeserializeOwned>(
    pauses: &Pauses,
    handle: impl AsyncFn(M, u32) -> Result<(), Setback>,
) -> Result<(), crate::Error> {
    crate::start_logging();
    let handle = &handle;
    let serve = async |event: LambdaEvent<SqsEvent>| {
        Ok::<_, crate::Error>(settle_with(event.payload, pauses, handle).await)
    };
    lambda_runtime::run(service_fn(serve)).await
}

/// Names the messages that must come again. All others leave the queue.
pub async fn settle<M: DeserializeOwned>(
    batch: SqsEvent,
    handle: impl AsyncFn(M) -> Result<(), Setback>,
) -> SqsBatchResponse {
    settle_with(batch, &Pauses::none(), async |body, _| handle(body).await).await
}

/// The same for the `handle` of [`consume_with`].
pub async fn settle_with<M: DeserializeOwned>(
    batch: SqsEvent,
    pauses: &Pauses,
    handle: impl AsyncFn(M, u32) -> Result<(), Setback>,
) -> SqsBatchResponse {
    let mut wishes = Vec::new();
    let mut again = SqsBatchResponse::default();
    for message in batch.records {
        let id = message.message_id.clone().unwrap_or_default();
        let body = match parse(&message) {
            Ok(body) => body,
            Err(error) => {
                // Left for the dead letters, where a person can look at it. The error would quote what it says.
                let (line, column, why) = (error.line(), error.column(), error.classify());
                tracing::error!(message.id = id, line, column, ?why, "message cannot be read");
                again.add_failure(id);
                continue;
            }
        };
        // A message that makes us panic must not take its neighbours along.
        match AssertUnwindSafe(handle(body, receives(&message))).catch_unwind().await {
            Ok(Ok(())) => {}
            Ok(Err(Setback::Pointless { code, why })) => {
                tracing::warn!(message.id = id, code, "message leaves without effect: {why}");
            }
            Ok(Err(Setback::Again(error))) => {
                let error = domain::failure::chain(&*error);
                tracing::error!(message.id = id, error, "message failed, it will come again");
                again.add_failure(id);
            }
            Ok(Err(Setback::After(pause, error))) => {
                let (error, pause_ms) = (domain::failure::chain(&*error), pause.as_millis());
                tracing::warn!(message.id = id, error, pause_ms, "message will come again later");
                wishes.extend(message.receipt_handle.map(|receipt| (receipt, pause)));
                again.add_failure(id);
            }
            Err(_) => {
                tracing::error!(message.id = id, "message made us panic, it will come again");
                again.add_failure(id);
            }
        }
    }
    pauses.take(&wishes).await;
    again
}

/// How often SQS has handed it out, this time included.
fn receives(message: &SqsMessage) -> u32 {
    let told = message.attributes.get("ApproximateReceiveCount");
    told.and_then(|count| count.parse().ok()).unwrap_or(1)
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
            record("pointless", "0"),
            record("failed", "2"),
            record("garbled", "{"),
            record("panics", "3"),
            record("fine too", "1"),
        ]});

        let answer = settle(serde_json::from_value(batch).unwrap(), async |what: i32| match what {
            0 => Err(Setback::Pointless { code: "no", why: "no".to_owned() }),
            2 => Err(Setback::Again("not now".into())),
            3 => panic!("a bug"),
            _ => Ok(()),
        })
        .await;

        let again: Vec<_> = answer.batch_item_failures.iter().map(|f| &f.item_identifier).collect();
        assert_eq!(again, ["failed", "garbled", "panics"]);
    }
}
