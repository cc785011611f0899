//! The visibility timeout of failed messages: how long until SQS delivers them again.

use crate::aws::{self, Service};
use aws_config::SdkConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::Builder;
use aws_sdk_sqs::config::retry::RetryConfig;
use aws_sdk_sqs::error::DisplayErrorContext;
use aws_sdk_sqs::types::ChangeMessageVisibilityBatchRequestEntry as Entry;
use domain::failure::chain;
use std::time::Duration;
use tokio::sync::OnceCell;

/// For one call of SQS. The batch is already processed, and the function must not time out because of this call.
const TIMEOUT: Duration = Duration::from_secs(3);

/// Sets the visibility timeout of single messages.
pub struct VisibilityTimeouts(Option<Queue>);

struct Queue {
    url: String,
    /// Created at the first use: not needed while no message fails.
    client: OnceCell<Client>,
}

impl VisibilityTimeouts {
    /// For messages of the queue at `url`.
    pub fn of(url: String) -> Self {
        Self(Some(Queue { url, client: OnceCell::new() }))
    }

    /// Like [`Self::of`], with its own SDK configuration instead of the environment's.
    pub fn with_config(config: &SdkConfig, url: String) -> Self {
        Self(Some(Queue { url, client: OnceCell::new_with(Some(client(config))) }))
    }

    /// Leaves every message with the visibility timeout of its queue.
    pub fn unchanged() -> Self {
        Self(None)
    }

    /// Sets the timeouts of messages of one batch, each by its receipt handle. Where this fails, the timeout of the
    /// queue remains.
    pub(super) async fn change(&self, delays: &[(String, Duration)]) {
        let Some(queue) = self.0.as_ref().filter(|_| !delays.is_empty()) else { return };
        let client = queue.client.get_or_init(async || client(&aws::config(Service::Sqs).await));
        let mut request = client.await.change_message_visibility_batch().queue_url(&queue.url);
        for (index, (receipt, delay)) in delays.iter().enumerate() {
            let seconds = i32::try_from(delay.as_secs()).unwrap_or(i32::MAX);
            let entry = Entry::builder().id(index.to_string()).receipt_handle(receipt);
            match entry.visibility_timeout(seconds).build() {
                Ok(entry) => request = request.entries(entry),
                Err(error) => tracing::warn!(error = chain(&error), "visibility timeout not set"),
            }
        }
        match Box::pin(request.send()).await {
            Ok(response) => {
                for failed in response.failed() {
                    tracing::warn!(code = failed.code(), "visibility timeout not set");
                }
            }
            Err(error) => tracing::warn!(
                error = %DisplayErrorContext(error),
                "visibility timeouts not set"
            ),
        }
    }
}

fn client(config: &SdkConfig) -> Client {
    let timeouts = TimeoutConfig::builder().connect_timeout(TIMEOUT).operation_timeout(TIMEOUT);
    let config = Builder::from(config)
        .timeout_config(timeouts.build())
        .retry_config(RetryConfig::disabled())
        .build();
    Client::from_conf(config)
}
