//! Stock counts reported by suppliers. Pure.

use crate::failure::Invalid;
use crate::id::ProductId;
use crate::text;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// Larger quantities are refused as input errors.
pub(super) const MAX_ON_HAND: i32 = 1_000_000_000;

/// The quantity on hand that a supplier reports for a product. The highest sequence number of a source is the latest.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Count {
    source: String,
    sequence: i64,
    sku: String,
    on_hand: i32,
    counted_at: Option<OffsetDateTime>,
}

/// A count as an SQS message:
/// `{"v":1,"source":"acme","sequence":12,"sku":"MUG-1","on_hand":40,"counted_at":"2026-12-01T08:30:00Z"}`
///
/// A release that does not know `counted_at` does not read such a message: it waits until one does, and no count is
/// applied as if it were taken later. Without the member the message is what every release reads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CountMessage {
    v: VersionOne,
    source: String,
    sequence: i64,
    sku: String,
    on_hand: i64,
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "time::serde::rfc3339::option"
    )]
    counted_at: Option<OffsetDateTime>,
}

/// The version of the message format. Messages of other versions are rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
struct VersionOne;

/// The quantities of a product, whose row is locked.
#[derive(Clone, Debug)]
pub(super) struct Stock {
    pub(super) product: ProductId,
    pub(super) on_hand: i32,
    pub(super) reserved: i32,
}

impl Count {
    pub fn new(source: &str, sequence: i64, sku: &str, on_hand: i64) -> Result<Self, Invalid> {
        let on_hand =
            i32::try_from(on_hand).ok().filter(|pieces| (0..=MAX_ON_HAND).contains(pieces));
        Ok(Self {
            source: text::line("/source", source, 50)?,
            sequence: Some(sequence)
                .filter(|sequence| *sequence >= 0)
                .ok_or_else(|| Invalid::new("/sequence", "negative", "must not be negative"))?,
            sku: text::line("/sku", sku, 64)?,
            on_hand: on_hand.ok_or_else(|| {
                Invalid::new("/on_hand", "out_of_range", "must be between 0 and 1000000000")
            })?,
            counted_at: None,
        })
    }

    /// With the time at which the source counted. `None`: some time before the count was sent.
    #[must_use]
    pub fn taken_at(self, counted_at: Option<OffsetDateTime>) -> Self {
        Self { counted_at, ..self }
    }

    pub fn sku(&self) -> &str {
        &self.sku
    }

    pub fn source(&self) -> &str {
        &self.source
    }

    pub fn sequence(&self) -> i64 {
        self.sequence
    }

    pub fn on_hand(&self) -> i32 {
        self.on_hand
    }

    pub fn counted_at(&self) -> Option<OffsetDateTime> {
        self.counted_at
    }

    /// Whether the two counts of one source cannot both be right: one number with two meanings, or the later number with
    /// the earlier time.
    pub(super) fn contradicts(&self, other: &Self) -> bool {
        let by_time = self.counted_at.zip(other.counted_at).map(|(at, other)| at.cmp(&other));
        let by_number = self.sequence.cmp(&other.sequence);
        self.sku == other.sku
            && self != other
            && (by_number.is_eq() || by_time.is_some_and(|by_time| by_time == by_number.reverse()))
    }

    /// Identifies this message among all counts.
    pub(super) fn key(&self) -> String {
        format!("{}:{}:{}", self.source, self.sequence, self.sku)
    }

    /// The key of its message in the outbox.
    pub(super) fn outbox_key(&self) -> String {
        format!("count:{}", self.key())
    }
}

impl From<&Count> for CountMessage {
    fn from(count: &Count) -> Self {
        let Count { source, sequence, sku, on_hand, counted_at } = count.clone();
        Self { v: VersionOne, source, sequence, sku, on_hand: on_hand.into(), counted_at }
    }
}

impl TryFrom<CountMessage> for Count {
    type Error = Invalid;

    fn try_from(message: CountMessage) -> Result<Self, Invalid> {
        let CountMessage { source, sequence, sku, on_hand, counted_at, .. } = message;
        Ok(Self::new(&source, sequence, &sku, on_hand)?.taken_at(counted_at))
    }
}

impl TryFrom<u8> for VersionOne {
    type Error = String;

    fn try_from(version: u8) -> Result<Self, String> {
        if version == 1 { Ok(Self) } else { Err(format!("version {version} is not known")) }
    }
}

impl From<VersionOne> for u8 {
    fn from(_: VersionOne) -> Self {
        1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn a_count_reads_as_it_was_written() {
        let count = Count::new("acme", 12, "MUG-1", 40).unwrap();
        let json = serde_json::to_value(CountMessage::from(&count)).unwrap();

        let form = serde_json::json!(
            {"v": 1, "source": "acme", "sequence": 12, "sku": "MUG-1", "on_hand": 40}
        );
        assert_eq!(json, form);
        let read: CountMessage = serde_json::from_value(json).unwrap();
        assert_eq!(Count::try_from(read), Ok(count));
    }

    #[test]
    fn the_time_of_a_count_travels_with_it() {
        let count = Count::new("acme", 12, "MUG-1", 40).unwrap();
        let count = count.taken_at(Some(datetime!(2026-12-01 09:30:00.25 +1)));
        let json = serde_json::to_value(CountMessage::from(&count)).unwrap();

        assert_eq!(json["counted_at"], "2026-12-01T09:30:00.25+01:00");
        let read: CountMessage = serde_json::from_value(json).unwrap();
        assert_eq!(Count::try_from(read), Ok(count));
    }

    #[test]
    fn a_count_is_what_was_reported_and_has_its_own_key() {
        let count = Count::new("acme", 12, "MUG-1", 40).unwrap();

        assert_eq!((count.source(), count.sequence()), ("acme", 12));
        assert_eq!((count.sku(), count.on_hand()), ("MUG-1", 40));
        assert_eq!(count.key(), "acme:12:MUG-1");
    }

    #[test]
    fn a_count_that_cannot_be_is_refused() {
        assert!(Count::new("acme", 0, "MUG", 0).is_ok());
        for (sequence, on_hand) in [(-1, 1), (1, -1), (1, i64::MAX)] {
            assert!(Count::new("acme", sequence, "MUG", on_hand).is_err());
        }
        assert!(Count::new("", 1, "MUG", 1).is_err());
    }
}
