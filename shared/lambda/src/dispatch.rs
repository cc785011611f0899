//! From the outbox to the queues.

use crate::config::aws::{self, Service};
use aws_config::SdkConfig;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::{BuildError, DisplayErrorContext};
use aws_sdk_sqs::types::SendMessageBatchRequestEntry as Entry;
use domain::db::{Db, DbError};
use domain::outbox::{self, Parcel, Topic};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OnceCell;

/// SQS takes ten messages at once.
const BATCH: u8 = 10;
/// What a caller may be kept waiting for the sake of a quick mail. The sweep sends what is left.
const AT_ONCE: Duration = Duration::from_millis(500);

/// Sends events from the outbox to SQS.
#[derive(Clone, Debug)]
pub struct Dispatch(Option<Arc<Queues>>);

#[derive(Debug)]
struct Queues {
    mail_url: String,
    inventory_url: String,
    /// Made at the first use: its set-up costs more than most requests.
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

impl Dispatch {
    pub fn to_queues(mail_url: String, inventory_url: String) -> Self {
        Self(Some(Arc::new(Queues { mail_url, inventory_url, client: OnceCell::new() })))
    }

    /// To queues of an SQS that is not the environment's.
    pub fn through(config: &SdkConfig, mail_url: String, inventory_url: String) -> Self {
        let client = OnceCell::new_with(Some(Client::new(config)));
        Self(Some(Arc::new(Queues { mail_url, inventory_url, client })))
    }

    /// Leaves every event to the sweep.
    pub fn later() -> Self {
        Self(None)
    }

    /// Sends what this process wrote down, right after the commit. What fails, takes too long or comes too late is left to
    /// the sweep.
    pub async fn try_now(&self, db: &Db) {
        self.try_to_send(db, &outbox::take_written(db)).await;
    }

    /// As [`Self::try_now`], where much is written: what comes right after the last message goes with the next ones, for
    /// a call of SQS costs as much as all else that is done for an order. If nothing follows, the sweep sends it.
    pub async fn try_soon(&self, db: &Db) {
        self.try_to_send(db, &outbox::take_batch(db, BATCH.into())).await;
    }

    async fn try_to_send(&self, db: &Db, parcels: &[Parcel]) {
        let send = async {
            for batch in parcels.chunks(BATCH.into()) {
                self.send(db, batch).await?;
            }
            Ok::<_, DispatchError>(())
        };
        match tokio::time::timeout(AT_ONCE, send).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::warn!(
                    error = domain::failure::chain(&error),
                    "events are left to the sweep"
                );
            }
            Err(_) => tracing::warn!("sending takes too long; events are left to the sweep"),
        }
    }

    /// Sends one batch of what waits, and says how many events the queue took. Zero means that none was waiting.
    pub async fn send_waiting(&self, db: &Db) -> Result<usize, DispatchError> {
        if self.0.is_none() {
            return Ok(0);
        }
        let parcels = outbox::lease(db, BATCH).await?;
        self.send(db, &parcels).await
    }

    /// Sends parcels that are on lease, ten at most, and says how many the queue took.
    async fn send(&self, db: &Db, parcels: &[Parcel]) -> Result<usize, DispatchError> {
        let Some(queues) = &self.0 else { return Ok(0) };
        let mut sent = 0;
        for (topic, url) in
            [(Topic::Mail, &queues.mail_url), (Topic::Inventory, &queues.inventory_url)]
        {
            let batch: Vec<_> = parcels.iter().filter(|parcel| parcel.topic == topic).collect();
            if !batch.is_empty() {
                let taken = queues.send(url, &batch).await?;
                outbox::mark_sent(db, &taken).await?;
                sent += taken.len();
            }
        }
        Ok(sent)
    }
}

impl Queues {
    /// The ids of the messages that SQS took.
    async fn send(&self, url: &str, parcels: &[&Parcel]) -> Result<Vec<i64>, DispatchError> {
        let client =
            self.client.get_or_init(async || Client::new(&aws::config(Service::Sqs).await)).await;
        let mut batch = client.send_message_batch().queue_url(url);
        for parcel in parcels {
            let entry = Entry::builder().id(parcel.id.to_string()).message_body(&parcel.body);
            batch = batch.entries(entry.build()?);
        }
        let answer = batch.send().await;
        let answer =
            answer.map_err(|error| DispatchError::Sqs(DisplayErrorContext(error).to_string()))?;
        for failed in answer.failed() {
            tracing::warn!(
                message.id = failed.id(),
                code = failed.code(),
                "SQS did not take a message"
            );
        }
        Ok(answer.successful().iter().filter_map(|taken| taken.id().parse().ok()).collect())
    }
}
