//! Sends messages from the outbox to SQS.

use crate::aws::{self, Service};
use crate::trace::TraceHeader;
use aws_config::SdkConfig;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::Builder;
use aws_sdk_sqs::error::{BuildError, DisplayErrorContext};
use aws_sdk_sqs::types::SendMessageBatchRequestEntry as Entry;
use domain::db::{Db, DbError};
use domain::failure::chain;
use domain::outbox::{self, OutboxMessage, Topic};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OnceCell;

/// The most entries that one `SendMessageBatch` may have.
const BATCH: u8 = 10;
/// How long sending may delay the response to a caller. The sweep sends what is left.
const SEND_TIMEOUT: Duration = Duration::from_millis(500);

/// Sends messages of the outbox to the queues of their topics. Each is sent at least once.
#[derive(Clone, Debug)]
pub struct OutboxDispatcher(Option<Arc<Queues>>);

#[derive(Debug)]
struct Queues {
    mail_url: String,
    inventory_url: String,
    /// Created at the first use: creating it takes longer than most requests.
    client: OnceCell<Client>,
}

#[derive(Debug, thiserror::Error)]
pub enum DispatchError {
    #[error(transparent)]
    Db(#[from] DbError),
    #[error("could not build a message for SQS")]
    Build(#[from] BuildError),
    #[error("could not send to SQS: {0}")]
    Sqs(String),
}

impl OutboxDispatcher {
    /// For the queues at these URLs.
    pub fn new(mail_url: String, inventory_url: String) -> Self {
        Self(Some(Arc::new(Queues { mail_url, inventory_url, client: OnceCell::new() })))
    }

    /// Like [`Self::new`], with its own SDK configuration instead of the environment's.
    pub fn with_config(config: &SdkConfig, mail_url: String, inventory_url: String) -> Self {
        let client = OnceCell::new_with(Some(client(config)));
        Self(Some(Arc::new(Queues { mail_url, inventory_url, client })))
    }

    /// Sends nothing: every message is left to the sweep.
    pub fn deferred() -> Self {
        Self(None)
    }

    /// Sends what this process wrote to the outbox and committed. What fails, takes longer than half a second or was
    /// written too long ago is left to the sweep.
    pub async fn try_send(&self, db: &Db) {
        self.send_or_leave(db, &outbox::take_written(db)).await;
    }

    /// Like [`Self::try_send`], for requests in quick succession: within a quarter of a second after a batch, messages
    /// are held back until there are ten of them, because a call of SQS costs as much as the rest of such a request.
    /// They leave with the next call; if none follows, the sweep sends them.
    pub async fn try_send_batched(&self, db: &Db) {
        self.send_or_leave(db, &outbox::take_batch(db, BATCH.into())).await;
    }

    async fn send_or_leave(&self, db: &Db, messages: &[OutboxMessage]) {
        let send = async {
            for batch in messages.chunks(BATCH.into()) {
                self.send(db, batch).await?;
            }
            Ok::<_, DispatchError>(())
        };
        match tokio::time::timeout(SEND_TIMEOUT, send).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::warn!(error = chain(&error), "events are left to the sweep");
            }
            Err(_) => tracing::warn!("SQS takes too long; events are left to the sweep"),
        }
    }

    /// Sends one batch of unsent messages, and returns how many SQS accepted. Zero means that none was due.
    pub async fn send_pending(&self, db: &Db) -> Result<usize, DispatchError> {
        if self.0.is_none() {
            return Ok(0);
        }
        let messages = outbox::lease(db, BATCH).await?;
        self.send(db, &messages).await
    }

    /// Sends leased messages, ten at most, and returns how many SQS accepted.
    async fn send(&self, db: &Db, messages: &[OutboxMessage]) -> Result<usize, DispatchError> {
        let Some(queues) = &self.0 else { return Ok(0) };
        let mut sent = 0;
        for (topic, url) in
            [(Topic::Mail, &queues.mail_url), (Topic::Inventory, &queues.inventory_url)]
        {
            let batch: Vec<_> = messages.iter().filter(|message| message.topic == topic).collect();
            if !batch.is_empty() {
                let accepted = queues.send(url, &batch).await?;
                outbox::mark_sent(db, &accepted).await?;
                sent += accepted.len();
            }
        }
        Ok(sent)
    }
}

/// A message carries the trace id of the event for which it is sent.
fn client(config: &SdkConfig) -> Client {
    Client::from_conf(Builder::from(config).interceptor(TraceHeader).build())
}

impl Queues {
    /// The ids of the messages that SQS accepted.
    async fn send(
        &self,
        url: &str,
        messages: &[&OutboxMessage],
    ) -> Result<Vec<i64>, DispatchError> {
        let client =
            self.client.get_or_init(async || client(&aws::config(Service::Sqs).await)).await;
        let mut batch = client.send_message_batch().queue_url(url);
        for message in messages {
            let entry = Entry::builder().id(message.id.to_string()).message_body(&message.body);
            batch = batch.entries(entry.build()?);
        }
        let response = batch.send().await;
        let response =
            response.map_err(|error| DispatchError::Sqs(DisplayErrorContext(error).to_string()))?;
        for failed in response.failed() {
            tracing::warn!(
                message.id = failed.id(),
                code = failed.code(),
                "SQS did not accept a message"
            );
        }
        Ok(response.successful().iter().filter_map(|entry| entry.id().parse().ok()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace;
    use aws_config::retry::RetryConfig;
    use aws_config::{BehaviorVersion, Region};
    use aws_credential_types::Credentials;
    use aws_credential_types::provider::SharedCredentialsProvider;
    use axum::http::HeaderMap;
    use axum::{Router, serve};
    use std::sync::Mutex;
    use tokio::net::TcpListener;

    #[tokio::test]
    async fn a_message_carries_the_trace_id_of_the_event_for_which_it_is_sent() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let recorder = Arc::clone(&seen);
        let queue = Router::new().fallback(async move |headers: HeaderMap| {
            let trace_id = headers.get("x-amzn-trace-id");
            recorder.lock().unwrap().push(trace_id.map(|id| id.to_str().unwrap().to_owned()));
            "{}"
        });
        tokio::spawn(async { serve(listener, queue).await });
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("eu-central-1"))
            .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
                "id", "key", None, None, "test",
            )))
            .retry_config(RetryConfig::disabled())
            .endpoint_url(url)
            .build();
        let client = client(&config);
        let send = async || {
            let send = client.send_message().queue_url("http://queues.test/mail").message_body("1");
            // It need not be answered as SQS does.
            drop(send.send().await);
        };

        trace::scope(Some("Root=1-a".to_owned()), send()).await;
        send().await;

        assert_eq!(*seen.lock().unwrap(), [Some("Root=1-a".to_owned()), None]);
    }
}
