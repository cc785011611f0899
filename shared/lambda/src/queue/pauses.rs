//! When a message comes again: SQS hides it for as long as its queue says, unless somebody asks for another time.

use crate::config::aws::{self, Service};
use aws_config::SdkConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::Builder;
use aws_sdk_sqs::config::retry::RetryConfig;
use aws_sdk_sqs::error::DisplayErrorContext;
use aws_sdk_sqs::types::ChangeMessageVisibilityBatchRequestEntry as Entry;
use std::time::Duration;
use tokio::sync::OnceCell;

/// The batch is done by then, and its function may not run out of time for the sake of a pause.
const PATIENCE: Duration = Duration::from_secs(3);

/// Asks a queue to bring messages again at times of their own.
pub struct Pauses(Option<Queue>);

struct Queue {
    url: String,
    /// Made at the first use: while all goes well, nobody needs it.
    client: OnceCell<Client>,
}

impl Pauses {
    /// Those of the queue at `url`, for messages from there.
    pub fn of(url: String) -> Self {
        Self(Some(Queue { url, client: OnceCell::new() }))
    }

    /// With an SQS that is not the environment's.
    pub fn through(config: &SdkConfig, url: String) -> Self {
        Self(Some(Queue { url, client: OnceCell::new_with(Some(client(config))) }))
    }

    /// Leaves the time to the queue.
    pub fn none() -> Self {
        Self(None)
    }

    /// Hides messages of one batch, each by its receipt. What SQS does not hear of comes again when the queue says.
    pub(super) async fn take(&self, wishes: &[(String, Duration)]) {
        let Some(queue) = self.0.as_ref().filter(|_| !wishes.is_empty()) else { return };
        let client = queue.client.get_or_init(async || client(&aws::config(Service::Sqs).await));
        let mut ask = client.await.change_message_visibility_batch().queue_url(&queue.url);
        for (place, (receipt, pause)) in wishes.iter().enumerate() {
            let seconds = i32::try_from(pause.as_secs()).unwrap_or(i32::MAX);
            let entry = Entry::builder().id(place.to_string()).receipt_handle(receipt);
            match entry.visibility_timeout(seconds).build() {
                Ok(entry) => ask = ask.entries(entry),
                Err(error) => tracing::warn!(error = domain::failure::chain(&error), "no pause"),
            }
        }
        match Box::pin(ask.send()).await {
            Ok(answer) => {
                for failed in answer.failed() {
                    let code = failed.code();
                    tracing::warn!(code, "a message comes again when its queue says");
                }
            }
            Err(error) => tracing::warn!(
                error = %DisplayErrorContext(error),
                "messages come again when their queue says"
            ),
        }
    }
}

fn client(config: &SdkConfig) -> Client {
    let patience = TimeoutConfig::builder().connect_timeout(PATIENCE).operation_timeout(PATIENCE);
    let config = Builder::from(config)
        .timeout_config(patience.build())
        .retry_config(RetryConfig::disabled())
        .build();
    Client::from_conf(config)
}
