//! Stripe's events: kept together with their effect or before it, acted on once, and never forgotten.

mod sql;

use super::dispute::{self, DisputeTold};
use super::refund::{self, RefundTold};
use super::refusal::Refusal;
use super::state::Told;
use super::{learn, learn_failure};
use crate::db::{Db, DbError, Tx};
use crate::failure::{Failure, Never, Refusal as _};
use time::OffsetDateTime;

pub(crate) use sql::ALL as ALL_QUERIES;

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
/// The constraint that lets an event be kept once.
const KEPT_ONCE: &str = "stripe_events_pkey";
/// Why an event of the wrong mode is parked.
const OTHER_MODE: &str = "livemode";

/// What became of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It had its effect.
    Done,
    /// It cannot have its effect yet.
    Later,
    /// A person must look at it: why, as a code and in words.
    Parked(&'static str, String),
}

impl Fate {
    /// For whoever has to look at it, once it is certain.
    fn tell(&self, event: &str) {
        if let Self::Parked(code, why) = self {
            tracing::error!(event.id = event, code, "event {event} is parked: {why}");
        }
    }
}

/// Keeps an event, without its effect. From here on it cannot be lost, and Stripe may be told so.
/// An event of the wrong mode (test or live) is parked, and never has an effect.
pub async fn record(db: &Db, head: &EventHead, raw: &[u8], live: bool) -> Result<(), DbError> {
    let parked = (head.livemode != live).then_some(OTHER_MODE);
    sql::record(db, head, raw, parked).await
}

/// Keeps an event together with its effect, or neither. One that is kept already changes nothing: whoever kept it sees
/// to its effect.
pub async fn receive(
    db: &Db,
    head: &EventHead,
    raw: &[u8],
    live: bool,
    notice: &Notice,
) -> Result<(), Failure<Never>> {
    if head.livemode != live {
        return Ok(record(db, head, raw, live).await?);
    }
    let received = db.transaction(async |tx| {
        let fate = take_effect(tx, notice, 0).await?;
        // Last, so that its row is written once. It takes the effect back if the event was kept before.
        sql::keep(tx, head, raw, &fate).await?;
        fate.tell(&head.id);
        Ok(())
    });
    match received.await {
        Err(Failure::Db(error)) if error.constraint() == Some(KEPT_ONCE) => Ok(()),
        done => done,
    }
}

/// Gives an event that was kept its effect, once. What cannot have one yet is tried again later; what never can is parked.
pub async fn apply(db: &Db, event: &str, notice: &Notice) -> Result<(), Failure<Never>> {
    db.transaction(async |tx| {
        let Some(tries) = sql::lock_event(tx, event).await? else { return Ok(()) };
        let fate = take_effect(tx, notice, tries).await?;
        match &fate {
            Fate::Done => sql::mark_processed(tx, event).await?,
            Fate::Later => sql::try_later(tx, event).await?,
            Fate::Parked(code, _) => sql::park(tx, event, code).await?,
        }
        fate.tell(event);
        Ok(())
    })
    .await
}

/// The effect itself, after so many tries.
async fn take_effect(tx: &Tx<'_>, notice: &Notice, tries: i32) -> Result<Fate, DbError> {
    let outcome = match notice {
        Notice::Payment(told) => learn(tx, told).await,
        Notice::FailedTry(told) => learn_failure(tx, told).await,
        Notice::Refund(told) => refund::learn(tx, told).await,
        Notice::Dispute(told) => dispute::learn(tx, told).await,
        Notice::Other => Ok(()),
        Notice::Unreadable(why) => return Ok(Fate::Parked("unreadable", why.clone())),
    };
    match outcome {
        Ok(()) => Ok(Fate::Done),
        // Our own row may be committed after Stripe's news of it.
        Err(Failure::Refused(Refusal::NoPayment)) if tries < MOST_TRIES => Ok(Fate::Later),
        Err(Failure::Refused(no)) => Ok(Fate::Parked(no.code(), no.to_string())),
        Err(Failure::Db(error)) => Err(error),
    }
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
