//! The messages that no consumer could process: counted, listed, sent back to their source queue (redrive) or discarded.
//!
//! Not with SQS's own `StartMessageMoveTask`: that moves whole queues, and an admin wants to try one message first.

use crate::aws::{self, Service};
use crate::trace::TraceHeader;
use aws_config::SdkConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::Builder;
use aws_sdk_sqs::error::DisplayErrorContext;
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName as Attribute, QueueAttributeName};
use domain::outbox::Topic;
use futures_util::future::try_join_all;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use time::OffsetDateTime;
use tokio::sync::OnceCell;

/// The most messages that one `ReceiveMessage` returns.
const BATCH: i32 = 10;
/// The most batches that one request receives from a queue.
const MAX_BATCHES: usize = 30;
/// The visibility timeout of a received message: long enough to send it back, short enough to reappear soon after a
/// crash.
const VISIBILITY_SECONDS: i32 = 30;
/// Long polling. Short polling asks only some of SQS's servers and may miss messages.
const WAIT_SECONDS: i32 = 1;
/// For one operation, with the SDK's retries.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The dead-letter queues of both topics.
#[derive(Clone, Debug)]
pub struct DeadLetters(Option<Arc<Queues>>);

#[derive(Debug)]
struct Queues {
    all: [SourceQueue; 2],
    /// Created at the first use: creating it takes longer than most requests.
    client: OnceCell<Client>,
}

/// A queue and its dead-letter queue.
#[derive(Clone, Debug)]
pub struct SourceQueue {
    pub topic: Topic,
    pub url: String,
    pub dlq_url: String,
}

/// A message in a dead-letter queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    pub id: String,
    pub topic: Topic,
    pub body: String,
    /// How often it was received since it was sent, by us too.
    pub receives: i32,
    pub sent_at: Option<OffsetDateTime>,
}

/// A dead letter that nobody else receives for a while.
pub struct HeldLetter {
    queues: Arc<Queues>,
    queue: SourceQueue,
    message: Message,
}

/// A call of SQS failed.
#[derive(Debug, thiserror::Error)]
#[error("could not {doing}: {why}")]
pub struct DeadLettersError {
    doing: &'static str,
    why: String,
}

impl DeadLetters {
    pub fn new(mail: SourceQueue, inventory: SourceQueue) -> Self {
        Self(Some(Arc::new(Queues { all: [mail, inventory], client: OnceCell::new() })))
    }

    /// Like [`Self::new`], with its own SDK configuration instead of the environment's.
    pub fn with_config(config: &SdkConfig, mail: SourceQueue, inventory: SourceQueue) -> Self {
        let client = OnceCell::new_with(Some(client(config)));
        Self(Some(Arc::new(Queues { all: [mail, inventory], client })))
    }

    /// Always empty, for tests.
    pub fn none() -> Self {
        Self(None)
    }

    /// The approximate number of messages in both queues, as SQS reports it.
    pub async fn count(&self) -> Result<u64, DeadLettersError> {
        let Some(queues) = &self.0 else { return Ok(0) };
        let mut sum = 0;
        for queue in &queues.all {
            let name = QueueAttributeName::ApproximateNumberOfMessages;
            let request = queues.client().await.get_queue_attributes().queue_url(&queue.dlq_url);
            let response = request.attribute_names(name.clone()).send().await;
            let response = response.map_err(|error| failed("count dead letters", error))?;
            let count = response.attributes().and_then(|all| all.get(&name)?.parse::<u64>().ok());
            sum += count.unwrap_or_default();
        }
        Ok(sum)
    }

    /// The messages of both queues, at most the first 300 of each.
    pub async fn list(&self) -> Result<Vec<DeadLetter>, DeadLettersError> {
        let Some(queues) = &self.0 else { return Ok(Vec::new()) };
        let list = async |queue| {
            let received = queues.receive_until(queue, |_| false).await?;
            queues.release(queue, &received).await?;
            Ok(received.iter().map(|message| dead_letter(queue.topic, message)).collect::<Vec<_>>())
        };
        Ok(try_join_all(queues.all.iter().map(list)).await?.concat())
    }

    /// Sends the message with this id back to its source queue. False if there is none among the first 300 of a queue.
    pub async fn redrive(&self, id: &str) -> Result<bool, DeadLettersError> {
        let Some(held) = self.hold(id).await? else { return Ok(false) };
        held.queues.send_back(&held.queue, &held.message).await?;
        Ok(true)
    }

    /// Takes the message with this id for [`VISIBILITY_SECONDS`]; none if it is not among the first 300 of a queue.
    pub async fn hold(&self, id: &str) -> Result<Option<HeldLetter>, DeadLettersError> {
        let Some(queues) = &self.0 else { return Ok(None) };
        let is_it = |message: &Message| message.message_id() == Some(id);
        for queue in &queues.all {
            let mut received = queues.receive_until(queue, is_it).await?;
            let found = received.iter().position(is_it).map(|index| received.swap_remove(index));
            queues.release(queue, &received).await?;
            if let Some(message) = found {
                let (queues, queue) = (Arc::clone(queues), queue.clone());
                return Ok(Some(HeldLetter { queues, queue, message }));
            }
        }
        Ok(None)
    }

    /// Sends all messages back to their source queues, at most 300 of each queue, and returns how many.
    pub async fn redrive_all(&self) -> Result<usize, DeadLettersError> {
        let Some(queues) = &self.0 else { return Ok(0) };
        let mut sent = 0;
        for queue in &queues.all {
            for _ in 0..MAX_BATCHES {
                let received = queues.receive(queue).await?;
                if received.is_empty() {
                    break;
                }
                try_join_all(received.iter().map(|message| queues.send_back(queue, message)))
                    .await?;
                sent += received.len();
            }
        }
        Ok(sent)
    }
}

impl Queues {
    async fn client(&self) -> &Client {
        self.client.get_or_init(async || client(&aws::config(Service::Sqs).await)).await
    }

    /// Up to ten messages, invisible to other receivers for [`VISIBILITY_SECONDS`].
    async fn receive(&self, queue: &SourceQueue) -> Result<Vec<Message>, DeadLettersError> {
        let request = self
            .client()
            .await
            .receive_message()
            .queue_url(&queue.dlq_url)
            .max_number_of_messages(BATCH)
            .visibility_timeout(VISIBILITY_SECONDS)
            .wait_time_seconds(WAIT_SECONDS)
            .message_system_attribute_names(Attribute::ApproximateReceiveCount)
            .message_system_attribute_names(Attribute::SentTimestamp);
        let response = request.send().await.map_err(|error| failed("read dead letters", error))?;
        Ok(response.messages.unwrap_or_default())
    }

    /// Receives batches up to the one with a message that `is_last`, or until the queue is empty.
    async fn receive_until(
        &self,
        queue: &SourceQueue,
        is_last: impl Fn(&Message) -> bool,
    ) -> Result<Vec<Message>, DeadLettersError> {
        let (mut received, mut ids) = (Vec::new(), HashSet::new());
        for _ in 0..MAX_BATCHES {
            let batch = self.receive(queue).await?;
            let is_done = batch.is_empty() || batch.iter().any(&is_last);
            // SQS may deliver a message twice, whatever its visibility timeout.
            received
                .extend(batch.into_iter().filter(|message| ids.insert(message.message_id.clone())));
            if is_done {
                break;
            }
        }
        Ok(received)
    }

    /// Makes messages visible to other receivers now, instead of when their visibility timeout ends.
    async fn release(
        &self,
        queue: &SourceQueue,
        received: &[Message],
    ) -> Result<(), DeadLettersError> {
        let client = self.client().await;
        let release = async |message: &Message| {
            let request = client.change_message_visibility().queue_url(&queue.dlq_url);
            let request = request.set_receipt_handle(message.receipt_handle.clone());
            let response = request.visibility_timeout(0).send().await;
            response.map_err(|error| failed("release dead letters", error))
        };
        for batch in received.chunks(10) {
            try_join_all(batch.iter().map(&release)).await?;
        }
        Ok(())
    }

    /// Sends first, then deletes: after a crash in between the message is sent twice, and consumers are idempotent.
    async fn send_back(
        &self,
        queue: &SourceQueue,
        message: &Message,
    ) -> Result<(), DeadLettersError> {
        let client = self.client().await;
        let request = client.send_message().queue_url(&queue.url);
        let sent = request.set_message_body(message.body.clone()).send().await;
        sent.map_err(|error| failed("send a dead letter to its source queue", error))?;
        self.delete(queue, message).await?;
        let id = message.message_id();
        tracing::info!(message.id = id, topic = ?queue.topic, "dead letter sent to its source queue");
        Ok(())
    }

    async fn delete(&self, queue: &SourceQueue, message: &Message) -> Result<(), DeadLettersError> {
        let delete = self.client().await.delete_message().queue_url(&queue.dlq_url);
        let deleted = delete.set_receipt_handle(message.receipt_handle.clone()).send().await;
        deleted.map_err(|error| failed("delete a dead letter", error)).map(drop)
    }
}

impl HeldLetter {
    pub fn topic(&self) -> Topic {
        self.queue.topic
    }

    /// For good. What it said stays in the log.
    pub async fn discard(self) -> Result<(), DeadLettersError> {
        self.queues.delete(&self.queue, &self.message).await?;
        let (id, body) = (self.message.message_id(), self.message.body());
        tracing::warn!(message.id = id, topic = ?self.queue.topic, body, "dead letter discarded");
        Ok(())
    }
}

fn client(config: &SdkConfig) -> Client {
    let timeouts = TimeoutConfig::builder().operation_timeout(TIMEOUT).build();
    Client::from_conf(
        Builder::from(config).timeout_config(timeouts).interceptor(TraceHeader).build(),
    )
}

fn dead_letter(topic: Topic, message: &Message) -> DeadLetter {
    let attribute = |name| message.attributes().and_then(|all| all.get(&name));
    let receives = attribute(Attribute::ApproximateReceiveCount).and_then(|n| n.parse().ok());
    let sent_at = attribute(Attribute::SentTimestamp).and_then(|ms| ms.parse::<i128>().ok());
    DeadLetter {
        id: message.message_id.clone().unwrap_or_default(),
        topic,
        body: message.body.clone().unwrap_or_default(),
        receives: receives.unwrap_or_default(),
        sent_at: sent_at
            .and_then(|ms| OffsetDateTime::from_unix_timestamp_nanos(ms * 1_000_000).ok()),
    }
}

fn failed(doing: &'static str, error: impl std::error::Error) -> DeadLettersError {
    DeadLettersError { doing, why: DisplayErrorContext(error).to_string() }
}
