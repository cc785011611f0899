//! The bodies of webhook requests: what every event has, whichever it is.
//!
//! Snapshot events contain their object. Thin events only refer to it; the types of those about objects of API v1 begin
//! with `v1.` (<https://docs.stripe.com/event-destinations#thin-events>).

use super::OBJECTS;
use super::values::storable;
use aws_lc_rs::digest::{SHA256, digest};
use domain::payments::{EventEnvelope, StripeObject};
use serde::Deserialize;
use serde_json::Value;
use std::fmt::Write as _;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

const THIN: &str = "v2.core.event";
const THIN_PREFIX: &str = "v1.";

/// A body with a valid signature that is not an event.
#[derive(Debug, thiserror::Error)]
#[error("not a Stripe event: {0}")]
pub struct MalformedEvent(String);

/// An event, checked so that it can be stored.
pub(super) struct Event {
    pub(super) envelope: EventEnvelope,
    pub(super) content: Content,
    is_thin: bool,
}

pub(super) enum Content {
    /// The object, as it was when the event was created.
    Snapshot(Value),
    /// Only the id of the object, in the envelope: it has to be retrieved, or cannot be believed as it is.
    Reference,
}

#[derive(Deserialize)]
struct RawEvent {
    id: String,
    #[serde(default)]
    object: Value,
    #[serde(rename = "type")]
    kind: String,
    created: Created,
    livemode: bool,
    api_version: Option<String>,
    /// The connected account that it is of.
    #[serde(default)]
    account: Value,
    /// Set if the endpoint hears several accounts, such as those of an organization: ours may be among them, and which
    /// one it is we do not know. Whether the object is ours Stripe says, which has it for our key or has not.
    #[serde(default)]
    context: Value,
    data: Option<Data>,
    #[serde(default)]
    related_object: Value,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Created {
    Second(i64),
    Text(String),
}

#[derive(Deserialize)]
struct Data {
    object: Value,
}

impl Event {
    pub(super) fn parse(raw: &[u8]) -> Result<Self, MalformedEvent> {
        // The error is logged, so it says where parsing failed and does not quote the body.
        let event: RawEvent = serde_json::from_slice(raw).map_err(|error| {
            let (why, line, column) = (error.classify(), error.line(), error.column());
            MalformedEvent(format!("{why:?} at line {line} column {column}"))
        })?;
        let is_id = event.id.strip_prefix("evt_").is_some_and(|rest| {
            (1..=250).contains(&rest.len())
                && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        });
        if !is_id {
            return Err(MalformedEvent(format!("id {:?}", event.id)));
        }
        let is_set = |account: &Value| !account.is_null() && account != "";
        let is_thin = event.object == THIN;
        let object = match event.data {
            _ if is_thin => event.related_object,
            Some(Data { object }) => object,
            None => return Err(MalformedEvent("no data".to_owned())),
        };
        let envelope = EventEnvelope {
            object_id: object.get("id").and_then(|id| storable(id.as_str()?)),
            kind: storable(&event.kind)
                .ok_or_else(|| MalformedEvent(format!("type {:?}", event.kind)))?,
            created: event.created.time().ok_or_else(|| MalformedEvent("created".to_owned()))?,
            id: event.id,
            livemode: event.livemode,
            api_version: event.api_version.as_deref().and_then(storable),
            is_of_other_account: is_set(&event.account),
        };
        let is_reference = is_thin || is_set(&event.context);
        let content = if is_reference { Content::Reference } else { Content::Snapshot(object) };
        Ok(Self { envelope, content, is_thin })
    }

    /// The kind of its object and what happened to it; none if that has no effect.
    pub(super) fn concerns(&self) -> Option<(StripeObject, &str)> {
        let kind = self.envelope.kind.as_str();
        let kind = if self.is_thin { kind.strip_prefix(THIN_PREFIX)? } else { kind };
        OBJECTS.into_iter().find_map(|(prefix, object)| Some((object, kind.strip_prefix(prefix)?)))
    }
}

impl Created {
    /// Not before 1970.
    fn time(self) -> Option<OffsetDateTime> {
        let time = match self {
            Self::Second(second) => OffsetDateTime::from_unix_timestamp(second).ok(),
            Self::Text(text) => OffsetDateTime::parse(&text, &Rfc3339).ok(),
        };
        time.filter(|time| *time >= OffsetDateTime::UNIX_EPOCH)
    }
}

/// The id under which a body is stored that is not an event: the same for the same bytes.
pub fn unreadable_id(raw: &[u8]) -> String {
    let mut id = "evt_unreadable_".to_owned();
    for byte in digest(&SHA256, raw).as_ref().iter().take(16) {
        write!(id, "{byte:02x}").expect("a string takes any text");
    }
    id
}
