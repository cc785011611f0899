//! What the people who keep the shop running see. Pure.

use crate::failure::{self, Invalid, Kind};
use crate::page::Mark;
use crate::text;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;
use utoipa::ToSchema;

/// An invariant that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    pub invariant: &'static str,
    pub says: &'static str,
    /// What breaks it, a hundred rows at most.
    pub rows: Vec<Value>,
}

/// Stripe's own name for one of its events.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct StripeEventId(String);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StripeEventState {
    /// It had its effect, or has none.
    Processed,
    /// It will be tried, again or for the first time.
    Waiting,
    /// It will not be tried unless a person asks for it.
    Parked,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StripeEvent {
    pub id: String,
    pub kind: String,
    pub object_id: Option<String>,
    pub state: StripeEventState,
    pub livemode: bool,
    /// How often its effect was tried.
    pub attempts: i32,
    pub parked_reason: Option<String>,
    /// When it happened at Stripe.
    pub created_at: OffsetDateTime,
    pub received_at: OffsetDateTime,
    pub processed_at: Option<OffsetDateTime>,
    /// When a waiting one is tried next.
    pub next_try_at: OffsetDateTime,
}

/// Which events to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StripeEventFilter {
    pub(super) state: Option<StripeEventState>,
    pub(super) kind: Option<String>,
}

/// What became of the wish to replay an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replayed {
    /// The sweep will give it its effect.
    Due,
    /// It had its effect before.
    Done,
}

/// For how many seconds the oldest of each has waited; zero if nothing waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lag {
    /// A message that has not left the outbox.
    pub outbox: i64,
    /// A Stripe event without its effect that can still have it.
    pub events: i64,
}

/// What has not left the shop yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outbox {
    pub waiting: i64,
    pub oldest_seconds: Option<i64>,
    /// Those that were tried more than once, the most tried first; a hundred at most.
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

/// A mail, without the address that it goes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    pub dedupe_key: String,
    pub kind: String,
    pub status: String,
    pub attempts: i32,
    pub failure: Option<String>,
    pub created_at: OffsetDateTime,
    pub sent_at: Option<OffsetDateTime>,
}

/// Where a page of something that is sorted by time ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    #[serde(with = "time::serde::rfc3339")]
    pub(super) at: OffsetDateTime,
    pub(super) id: Mark,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("Stripe has told us of no such event")]
    EventNotFound,
    #[error(
        "test and live events must not mix: this one is of the other mode and never has an effect"
    )]
    OtherMode,
}

impl failure::Refusal for Refusal {
    fn kind(&self) -> Kind {
        match self {
            Self::EventNotFound => Kind::Missing,
            Self::OtherMode => Kind::Conflict,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::EventNotFound => "event_not_found",
            Self::OtherMode => "event_of_other_mode",
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

impl Moment {
    pub(super) fn new(at: OffsetDateTime, id: &str) -> Self {
        Self { at, id: Mark(id.to_owned()) }
    }
}

/// JSON as it is, other text as text. Bytes that are neither say nothing to anybody.
pub(super) fn legible(raw: Vec<u8>) -> Value {
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
        assert_eq!(legible(b"{\"a\":1}".to_vec()), json!({"a": 1}));
        assert_eq!(legible(b"{\"a\":".to_vec()), json!("{\"a\":"));
        assert_eq!(legible(vec![0xff, 0xfe]), Value::Null);
    }
}
