//! The letters that no consumer could take: to look at, to count, and to send on their way again.
//!
//! Not SQS's own `StartMessageMoveTask`: that moves whole queues, and a person wants to try one letter first.

use crate::config::aws::{self, Service};
use aws_config::timeout::TimeoutConfig;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::Builder;
use aws_sdk_sqs::error::DisplayErrorContext;
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName as About, QueueAttributeName};
use domain::outbox::Topic;
use futures_util::future::try_join_all;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use time::OffsetDateTime;
use tokio::sync::OnceCell;

/// SQS hands out ten messages at once.
const BATCH: i32 = 10;
/// How many batches one request looks at: what lies deeper, the next one sees.
const MOST_BATCHES: usize = 30;
/// How long nobody else sees a letter that we look at. Long enough to send it, short enough to die with it.
const HIDDEN_SECONDS: i32 = 30;
/// Without it SQS asks only some of its servers, and may say that nothing is there.
const WAIT_SECONDS: i32 = 1;
/// What one call may take, repetitions and all.
const PATIENCE: Duration = Duration::from_secs(5);

/// The two queues that dead letters end in.
#[derive(Clone, Debug)]
pub struct DeadLetters(Option<Arc<Queues>>);

#[derive(Debug)]
struct Queues {
    all: [Pair; 2],
    /// Made at the first use: its set-up costs more than most requests.
    client: OnceCell<Client>,
}

/// A queue, and where its dead letters lie.
#[derive(Clone, Debug)]
pub struct Pair {
    pub topic: Topic,
    pub queue_url: String,
    pub dead_letters_url: String,
}

/// A letter as it lies there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    pub id: String,
    pub topic: Topic,
    pub body: String,
    /// How often it was handed out, to us too.
    pub receives: i32,
    pub sent_at: Option<OffsetDateTime>,
}

#[derive(Debug, thiserror::Error)]
#[error("could not {doing}: {why}")]
pub struct DeadLettersError {
    doing: &'static str,
    why: String,
}

impl DeadLetters {
    pub fn of(mail: Pair, inventory: Pair) -> Self {
        Self(Some(Arc::new(Queues { all: [mail, inventory], client: OnceCell::new() })))
    }

    /// There never are any.
    pub fn none() -> Self {
        Self(None)
    }

    /// How many lie there, about: SQS counts when it finds the time.
    pub async fn count(&self) -> Result<u64, DeadLettersError> {
        let Some(queues) = &self.0 else { return Ok(0) };
        let mut sum = 0;
        for pair in &queues.all {
            let ask =
                queues.client().await.get_queue_attributes().queue_url(&pair.dead_letters_url);
            let ask = ask.attribute_names(QueueAttributeName::ApproximateNumberOfMessages);
            let answer = ask.send().await.map_err(|error| failed("count dead letters", error))?;
            let said = answer.attributes().and_then(|said| {
                said.get(&QueueAttributeName::ApproximateNumberOfMessages)?.parse::<u64>().ok()
            });
            sum += said.unwrap_or_default();
        }
        Ok(sum)
    }

    /// The letters of both queues, the first few hundred of each.
    pub async fn list(&self) -> Result<Vec<DeadLetter>, DeadLettersError> {
        let Some(queues) = &self.0 else { return Ok(Vec::new()) };
        let look = async |pair| {
            let held = queues.take_all(pair, |_| false).await?;
            queues.let_go(pair, &held).await?;
            Ok(held.iter().map(|message| letter(pair.topic, message)).collect::<Vec<_>>())
        };
        Ok(try_join_all(queues.all.iter().map(look)).await?.concat())
    }

    /// Sends the letter with this id on its way again, unless there is none.
    pub async fn redrive(&self, id: &str) -> Result<bool, DeadLettersError> {
        let Some(queues) = &self.0 else { return Ok(false) };
        let is_it = |message: &Message| message.message_id() == Some(id);
        for pair in &queues.all {
            let mut held = queues.take_all(pair, is_it).await?;
            let found = held.iter().position(is_it).map(|place| held.swap_remove(place));
            queues.let_go(pair, &held).await?;
            if let Some(found) = found {
                queues.send_again(pair, &found).await?;
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Sends all letters on their way again, and says how many; a few hundred at a time.
    pub async fn redrive_all(&self) -> Result<usize, DeadLettersError> {
        let Some(queues) = &self.0 else { return Ok(0) };
        let mut sent = 0;
        for pair in &queues.all {
            for _ in 0..MOST_BATCHES {
                let held = queues.take(pair).await?;
                if held.is_empty() {
                    break;
                }
                try_join_all(held.iter().map(|message| queues.send_again(pair, message))).await?;
                sent += held.len();
            }
        }
        Ok(sent)
    }
}

impl Queues {
    async fn client(&self) -> &Client {
        let make = async || {
            let patience = TimeoutConfig::builder().operation_timeout(PATIENCE).build();
            let config = Builder::from(&aws::config(Service::Sqs).await).timeout_config(patience);
            Client::from_conf(config.build())
        };
        self.client.get_or_init(make).await
    }

    /// A few letters, hidden from everybody else for a moment.
    async fn take(&self, pair: &Pair) -> Result<Vec<Message>, DeadLettersError> {
        let ask = self
            .client()
            .await
            .receive_message()
            .queue_url(&pair.dead_letters_url)
            .max_number_of_messages(BATCH)
            .visibility_timeout(HIDDEN_SECONDS)
            .wait_time_seconds(WAIT_SECONDS)
            .message_system_attribute_names(About::ApproximateReceiveCount)
            .message_system_attribute_names(About::SentTimestamp);
        let answer = ask.send().await.map_err(|error| failed("read dead letters", error))?;
        Ok(answer.messages.unwrap_or_default())
    }

    /// Letters up to the one that is looked for, or all.
    async fn take_all(
        &self,
        pair: &Pair,
        is_enough: impl Fn(&Message) -> bool,
    ) -> Result<Vec<Message>, DeadLettersError> {
        let (mut held, mut seen) = (Vec::new(), HashSet::new());
        for _ in 0..MOST_BATCHES {
            let batch = self.take(pair).await?;
            let is_last = batch.is_empty() || batch.iter().any(&is_enough);
            // SQS may hand a letter out twice, hidden or not.
            held.extend(
                batch.into_iter().filter(|message| seen.insert(message.message_id.clone())),
            );
            if is_last {
                break;
            }
        }
        Ok(held)
    }

    /// Shows letters to everybody again. If that fails, they show by themselves soon.
    async fn let_go(&self, pair: &Pair, held: &[Message]) -> Result<(), DeadLettersError> {
        let client = self.client().await;
        let show = async |message: &Message| {
            let show = client.change_message_visibility().queue_url(&pair.dead_letters_url);
            let show = show.set_receipt_handle(message.receipt_handle.clone());
            let shown = show.visibility_timeout(0).send().await;
            shown.map_err(|error| failed("put dead letters back", error))
        };
        for batch in held.chunks(10) {
            try_join_all(batch.iter().map(&show)).await?;
        }
        Ok(())
    }

    /// In this order: whoever dies between the two has sent a letter twice, and its consumer acts on it once.
    async fn send_again(&self, pair: &Pair, message: &Message) -> Result<(), DeadLettersError> {
        let client = self.client().await;
        let again = client.send_message().queue_url(&pair.queue_url);
        let sent = again.set_message_body(message.body.clone()).send().await;
        sent.map_err(|error| failed("send a dead letter again", error))?;
        let delete = client.delete_message().queue_url(&pair.dead_letters_url);
        let deleted = delete.set_receipt_handle(message.receipt_handle.clone()).send().await;
        deleted.map_err(|error| failed("take a dead letter away", error))?;
        let id = message.message_id();
        tracing::info!(message.id = id, topic = ?pair.topic, "dead letter sent again");
        Ok(())
    }
}

fn letter(topic: Topic, message: &Message) -> DeadLetter {
    let about = |name| message.attributes().and_then(|about| about.get(&name));
    let receives = about(About::ApproximateReceiveCount).and_then(|count| count.parse().ok());
    let sent_at = about(About::SentTimestamp).and_then(|ms| ms.parse::<i128>().ok());
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
