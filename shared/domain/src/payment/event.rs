//! Stripe's events: kept before they are acted on, acted on once, and never forgotten.

use super::dispute::{self, DisputeTold};
use super::refund::{self, RefundTold};
use super::refusal::Refusal;
use super::state::Told;
use super::{learn, learn_failure, sql};
use crate::db::{Db, DbError};
use crate::failure::{Failure, Never, Refusal as _};
use time::OffsetDateTime;

/// What is known of every event, whether or not we understand the rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventHead {
    pub id: String,
    pub kind: String,
    pub object_id: Option<String>,
    pub created: OffsetDateTime,
    pub livemode: bool,
    pub api_version: Option<String>,
}

/// What an event means to us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    Payment(Told),
    /// A try to pay came to nothing; the payment waits for another.
    FailedTry(Told),
    Refund(RefundTold),
    Dispute(DisputeTold),
    /// Kept, and without effect.
    Other,
    /// One of ours, in a form that we cannot read.
    Unreadable(String),
}

/// An event that waits for its effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEvent {
    pub id: String,
    pub raw: Vec<u8>,
}

/// What became of the wish to try an event again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Replay {
    /// It is due now.
    Due,
    /// It had its effect before.
    Done,
    /// It is of the wrong mode, and must never have an effect.
    OtherMode,
    Unknown,
}

/// How often an event is tried before a person must look at it.
const MOST_TRIES: i32 = 10;
/// Why an event of the wrong mode is parked.
const OTHER_MODE: &str = "livemode";

/// Keeps an event. From here on it cannot be lost, and Stripe may be told so.
/// An event of the wrong mode (test or live) is kept, but parked. Says whether it is new and waits for its effect.
pub async fn record(db: &Db, head: &EventHead, raw: &[u8], live: bool) -> Result<bool, DbError> {
    let parked = (head.livemode != live).then_some(OTHER_MODE);
    let is_new = sql::record(db, head, raw, parked).await?;
    Ok(is_new && parked.is_none())
}

/// Gives an event its effect, once. What cannot have one yet is tried again later; what never can is parked.
pub async fn apply(db: &Db, event: &str, notice: &Notice) -> Result<(), Failure<Never>> {
    db.transaction(async |tx| {
        let Some(tries) = sql::lock_event(tx, event).await? else { return Ok(()) };
        let outcome = match notice {
            Notice::Payment(told) => learn(tx, told).await,
            Notice::FailedTry(told) => learn_failure(tx, told).await,
            Notice::Refund(told) => refund::learn(tx, told).await,
            Notice::Dispute(told) => dispute::learn(tx, told).await,
            Notice::Other => Ok(()),
            Notice::Unreadable(why) => {
                tracing::error!(event.id = event, why, "event {event} is parked: unreadable");
                sql::park(tx, event, "unreadable").await?;
                return Ok(());
            }
        };
        match outcome {
            Ok(()) => sql::mark_processed(tx, event).await?,
            // Our own row may be committed after Stripe's news of it.
            Err(Failure::Refused(Refusal::NoPayment)) if tries < MOST_TRIES => {
                sql::try_later(tx, event).await?;
            }
            Err(Failure::Refused(no)) => {
                tracing::error!(
                    event.id = event,
                    code = no.code(),
                    "event {event} is parked: {no}"
                );
                sql::park(tx, event, no.code()).await?;
            }
            Err(Failure::Db(error)) => return Err(error.into()),
        }
        Ok(())
    })
    .await
}

/// The events whose effect is due.
pub async fn due_events(db: &Db, limit: u8) -> Result<Vec<StoredEvent>, DbError> {
    sql::due_events(db, limit).await
}

/// The effect failed on our side: another time.
pub async fn put_off(db: &Db, event: &str) -> Result<(), DbError> {
    sql::put_off(db, event, MOST_TRIES).await
}

/// Makes an event due now that waits or is parked, with all of its tries before it.
pub(crate) async fn replay(db: &Db, event: &str) -> Result<Replay, DbError> {
    if sql::make_due(db, event, OTHER_MODE).await? {
        return Ok(Replay::Due);
    }
    let is_processed = sql::is_processed(db, event).await?;
    Ok(match is_processed {
        None => Replay::Unknown,
        Some(true) => Replay::Done,
        Some(false) => Replay::OtherMode,
    })
}
