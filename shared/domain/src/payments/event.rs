//! Stripe's events: each is stored together with its effect or before it, takes effect once, and is never deleted.

mod sql;

pub(crate) use sql::{insert_with_outcome, lock_event, mark_processed, park, try_later};

use super::dispute::DisputeUpdate;
use super::refund::RefundUpdate;
use super::state::PaymentUpdate;
use crate::db::{Db, DbError};
use time::OffsetDateTime;

pub(crate) use sql::ALL as ALL_QUERIES;

/// The fields that every event of Stripe's has, whether or not we can read its object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventEnvelope {
    pub id: String,
    pub kind: String,
    pub object_id: Option<String>,
    pub created: OffsetDateTime,
    pub livemode: bool,
    pub api_version: Option<String>,
}

/// What an event means for us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventPayload {
    Payment(PaymentUpdate),
    /// An attempt to pay failed; the payment waits for another.
    FailedAttempt(PaymentUpdate),
    Refund(RefundUpdate),
    Dispute(DisputeUpdate),
    /// Stored, without effect.
    Other,
    /// Of a kind that concerns us, in a form that we cannot read: why.
    Unreadable(String),
}

/// A stored event that is to take effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEvent {
    pub id: String,
    pub raw: Vec<u8>,
}

/// The outcome of a request to replay an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Replay {
    /// It is due now.
    Due,
    /// It has taken effect already.
    Done,
    /// It is of the other mode (test or live) and must never take effect.
    OtherMode,
    Unknown,
}

/// How often an event is tried before it is parked for a person.
pub(crate) const MAX_TRIES: i32 = 10;
/// The constraint by which an event is stored once.
pub(crate) const STORED_ONCE: &str = "stripe_events_pkey";
/// Why an event of the other mode is parked.
const OTHER_MODE: &str = "livemode";

/// The outcome of an attempt to let an event take effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum EventOutcome {
    /// It took effect.
    Done,
    /// It cannot take effect yet.
    TryLater,
    /// A person must look at it: why, as a code and as text.
    Parked(&'static str, String),
}

impl EventOutcome {
    /// Logs a parked event.
    pub(crate) fn log(&self, event: &str) {
        if let Self::Parked(code, why) = self {
            tracing::error!(event.id = event, code, "event {event} is parked: {why}");
        }
    }
}

/// Stores an event without its effect, which the sweep will see to. An event of the other mode (test or live) is parked
/// and never takes effect.
pub async fn record(
    db: &Db,
    envelope: &EventEnvelope,
    raw: &[u8],
    live: bool,
) -> Result<(), DbError> {
    let parked = (envelope.livemode != live).then_some(OTHER_MODE);
    sql::record(db, envelope, raw, parked).await
}

/// Up to `limit` stored events that are due to take effect.
pub async fn due_events(db: &Db, limit: u8) -> Result<Vec<StoredEvent>, DbError> {
    sql::due_events(db, limit).await
}

/// Postpones an event whose effect failed on our side.
pub async fn put_off(db: &Db, event: &str) -> Result<(), DbError> {
    sql::put_off(db, event, MAX_TRIES).await
}

/// Makes an event due now that waits or is parked, and resets the count of its tries.
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
