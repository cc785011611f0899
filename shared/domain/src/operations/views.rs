//! What operators see: invariants, Stripe's events, the outbox, emails. Pure.

use crate::acknowledgement::Acknowledgement;
use crate::failure::{self, Invalid, Kind};
use crate::page::TextKey;
use crate::text;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;
use utoipa::ToSchema;

/// An invariant that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvariantViolation {
    pub invariant: &'static str,
    /// What should hold.
    pub says: &'static str,
    /// The rows that violate it, at most 100.
    pub rows: Vec<Value>,
}

/// The id of an event at Stripe: `evt_…`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct StripeEventId(String);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StripeEventState {
    /// It was applied, or has no effect.
    Processed,
    /// It will be tried, or retried.
    Waiting,
    /// It is not tried again unless an admin replays it.
    Parked,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StripeEvent {
    pub id: String,
    pub kind: String,
    pub object_id: Option<String>,
    pub state: StripeEventState,
    pub livemode: bool,
    /// How often it was tried.
    pub attempts: i32,
    pub parked_reason: Option<String>,
    /// When Stripe created it.
    pub created_at: OffsetDateTime,
    pub received_at: OffsetDateTime,
    pub processed_at: Option<OffsetDateTime>,
    /// When it is tried next, if it is waiting.
    pub next_try_at: OffsetDateTime,
    /// Of one that is parked.
    pub acknowledged: Option<Acknowledgement>,
}

/// Which events to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StripeEventFilter {
    pub(super) state: Option<StripeEventState>,
    pub(super) kind: Option<String>,
}

/// The result of replaying an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplayOutcome {
    /// The sweep will process it.
    Scheduled,
    /// It was processed before.
    AlreadyProcessed,
}

/// The age in seconds of the oldest item of each backlog; zero if it is empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lag {
    /// Unsent messages of the outbox.
    pub outbox: i64,
    /// Stripe's events that are neither processed nor parked.
    pub events: i64,
}

/// The unsent messages of the outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxStatus {
    pub waiting: i64,
    pub oldest_seconds: Option<i64>,
    /// Messages that were tried more than once, most attempts first, at most 100.
    pub failing: Vec<FailingMessage>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailingMessage {
    pub dedupe_key: String,
    pub topic: String,
    pub attempts: i32,
    pub created_at: OffsetDateTime,
    pub next_try_at: OffsetDateTime,
}

/// An email, without its address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    pub dedupe_key: String,
    pub kind: String,
    pub status: String,
    pub attempts: i32,
    pub failure: Option<String>,
    pub created_at: OffsetDateTime,
    pub sent_at: Option<OffsetDateTime>,
    /// Of one that failed.
    pub acknowledged: Option<Acknowledgement>,
}

/// The position in a list that is sorted by time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    #[serde(with = "time::serde::rfc3339")]
    pub(super) at: OffsetDateTime,
    pub(super) id: TextKey,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("there is no such event")]
    EventNotFound,
    #[error("there is no such email")]
    EmailNotFound,
    #[error(
        "the email was dropped: there is nothing to write any more, or its order was not paid and the address not verified"
    )]
    EmailDropped,
    #[error("the email is of an event of more than 30 days ago")]
    EmailTooOld,
    #[error("there is nothing of this kind with this id")]
    NothingWaits,
    #[error("it does not wait for a person")]
    NotWaiting,
    #[error("it waits until it is dealt with")]
    NotAcknowledged,
}

impl failure::Refusal for Refusal {
    fn kind(&self) -> Kind {
        match self {
            Self::EventNotFound | Self::EmailNotFound | Self::NothingWaits => Kind::NotFound,
            Self::EmailDropped | Self::EmailTooOld | Self::NotWaiting | Self::NotAcknowledged => {
                Kind::Conflict
            }
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::EventNotFound => "event_not_found",
            Self::EmailNotFound => "email_not_found",
            Self::EmailDropped => "email_dropped",
            Self::EmailTooOld => "email_too_old",
            Self::NothingWaits => "nothing_waits",
            Self::NotWaiting => "not_waiting",
            Self::NotAcknowledged => "not_acknowledgeable",
        }
    }
}

impl StripeEventId {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for StripeEventId {
    type Error = Refusal;

    fn try_from(text: String) -> Result<Self, Refusal> {
        let rest = text.strip_prefix("evt_").unwrap_or_default();
        let fits = (1..=250).contains(&rest.len())
            && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if fits { Ok(Self(text)) } else { Err(Refusal::EventNotFound) }
    }
}

impl StripeEventState {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Processed => "processed",
            Self::Waiting => "waiting",
            Self::Parked => "parked",
        }
    }

    pub(super) fn from_name(name: &str) -> Option<Self> {
        [Self::Processed, Self::Waiting, Self::Parked]
            .into_iter()
            .find(|state| state.name() == name)
    }
}

impl StripeEventFilter {
    pub fn new(state: Option<StripeEventState>, kind: Option<&str>) -> Result<Self, Invalid> {
        Ok(Self { state, kind: kind.map(|kind| text::line("type", kind, 255)).transpose()? })
    }
}

impl Position {
    pub(super) fn new(at: OffsetDateTime, id: &str) -> Self {
        Self { at, id: TextKey(id.to_owned()) }
    }
}

/// JSON as it is, other text as a string, other bytes as null.
pub(super) fn raw_to_json(raw: Vec<u8>) -> Value {
    let Ok(text) = String::from_utf8(raw) else { return Value::Null };
    serde_json::from_str(&text).unwrap_or(Value::String(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_id_that_stripe_would_not_give_names_nothing() {
        let id = |text: &str| StripeEventId::try_from(text.to_owned());
        assert!(id("evt_1abcXYZ_2").is_ok());
        for strange in ["", "evt_", "ev_1", "evt_1\0", "evt_a-b", "EVT_1"] {
            assert_eq!(id(strange), Err(Refusal::EventNotFound), "{strange:?}");
        }
    }

    #[test]
    fn what_can_be_read_is_shown() {
        assert_eq!(raw_to_json(b"{\"a\":1}".to_vec()), json!({"a": 1}));
        assert_eq!(raw_to_json(b"{\"a\":".to_vec()), json!("{\"a\":"));
        assert_eq!(raw_to_json(vec![0xff, 0xfe]), Value::Null);
    }
}
