//! Stock counts reported by suppliers. Pure.

use crate::failure::Invalid;
use crate::id::ProductId;
use crate::text;
use serde::{Deserialize, Serialize};

/// Larger quantities are refused as input errors.
pub(super) const MAX_ON_HAND: i32 = 1_000_000_000;

/// The quantity on hand that a supplier reports for a product. The highest sequence number of a source is the latest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    source: String,
    sequence: i64,
    sku: String,
    on_hand: i32,
}

/// A count as an SQS message:
/// `{"v":1,"source":"acme","sequence":12,"sku":"MUG-1","on_hand":40}`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CountMessage {
    v: VersionOne,
    source: String,
    sequence: i64,
    sku: String,
    on_hand: i64,
}

/// The version of the message format. Messages of other versions are rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
struct VersionOne;

/// The effect of a count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CountOutcome {
    /// The quantity on hand was set.
    Applied { on_hand: i32 },
    /// The count is below the reserved quantity. The quantity on hand was set to the reserved one, and a discrepancy
    /// was recorded for staff.
    BelowReserved { on_hand: i32 },
    /// A later count of the same source was applied before. Nothing changed.
    Stale,
    /// The same message was processed before. Nothing changed.
    Duplicate,
}

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
        })
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

    /// Identifies this message among all counts.
    pub(super) fn key(&self) -> String {
        format!("{}:{}:{}", self.source, self.sequence, self.sku)
    }
}

impl From<&Count> for CountMessage {
    fn from(count: &Count) -> Self {
        let Count { source, sequence, sku, on_hand } = count.clone();
        Self { v: VersionOne, source, sequence, sku, on_hand: on_hand.into() }
    }
}

impl TryFrom<CountMessage> for Count {
    type Error = Invalid;

    fn try_from(message: CountMessage) -> Result<Self, Invalid> {
        let CountMessage { source, sequence, sku, on_hand, .. } = message;
        Self::new(&source, sequence, &sku, on_hand)
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

/// The outcome of a count that is new: the quantity on hand never falls below what is reserved.
pub(super) fn evaluate(stock: &Stock, count: &Count) -> CountOutcome {
    if count.on_hand < stock.reserved {
        CountOutcome::BelowReserved { on_hand: stock.reserved }
    } else {
        CountOutcome::Applied { on_hand: count.on_hand }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_count_never_breaks_a_promise(on_hand in 0..1000, reserved in 0..1000, counted in 0..1000_i64) {
            let stock = Stock { product: ProductId::generate(), on_hand, reserved };
            let count = Count::new("acme", 1, "MUG", counted).unwrap();

            let after = match evaluate(&stock, &count) {
                CountOutcome::Applied { on_hand } | CountOutcome::BelowReserved { on_hand } => on_hand,
                CountOutcome::Stale | CountOutcome::Duplicate => unreachable!("the rule does not know earlier counts"),
            };

            prop_assert!(after >= reserved);
            prop_assert_eq!(i64::from(after), counted.max(i64::from(reserved)));
        }
    }

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
    fn a_count_is_what_was_reported_and_has_its_own_key() {
        let count = Count::new("acme", 12, "MUG-1", 40).unwrap();

        assert_eq!((count.source(), count.sequence()), ("acme", 12));
        assert_eq!((count.sku(), count.on_hand()), ("MUG-1", 40));
        assert_eq!(count.key(), "acme:12:MUG-1");
    }

    #[test]
    fn a_count_is_short_only_if_it_breaks_a_promise() {
        let stock = Stock { product: ProductId::generate(), on_hand: 9, reserved: 4 };
        let counted = |on_hand| evaluate(&stock, &Count::new("acme", 1, "MUG", on_hand).unwrap());

        assert_eq!(counted(4), CountOutcome::Applied { on_hand: 4 });
        assert_eq!(counted(3), CountOutcome::BelowReserved { on_hand: 4 });
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
