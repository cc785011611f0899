//! What a supplier's count means. Pure.

use crate::failure::Invalid;
use crate::id::ProductId;
use crate::text;
use serde::{Deserialize, Serialize};

/// More pieces than a shelf holds are a slip of the pen.
pub(super) const MOST_ON_HAND: i32 = 1_000_000_000;

/// How many pieces of a product a supplier counted, as the `sequence`-th news from `source`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    source: String,
    sequence: i64,
    sku: String,
    on_hand: i32,
}

/// A count on its way through the queue:
/// `{"v":1,"source":"acme","sequence":12,"sku":"MUG-1","on_hand":40}`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CountMessage {
    v: One,
    source: String,
    sequence: i64,
    sku: String,
    on_hand: i64,
}

/// The version of the form. A message of another cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
struct One;

/// What became of a count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// The shelf now holds this many.
    Taken { on_hand: i32 },
    /// Fewer were counted than are promised: the shelf holds what is promised, and a person must look.
    Short { on_hand: i32 },
    /// A newer count from the same source was taken before.
    Stale,
    /// This very message was taken before.
    Again,
}

/// A product's counts, locked.
#[derive(Clone, Debug)]
pub(super) struct Stock {
    pub(super) product: ProductId,
    pub(super) on_hand: i32,
    pub(super) reserved: i32,
}

impl Count {
    pub fn new(source: &str, sequence: i64, sku: &str, on_hand: i64) -> Result<Self, Invalid> {
        let on_hand =
            i32::try_from(on_hand).ok().filter(|pieces| (0..=MOST_ON_HAND).contains(pieces));
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

    /// What tells this message from every other.
    pub(super) fn key(&self) -> String {
        format!("{}:{}:{}", self.source, self.sequence, self.sku)
    }
}

impl From<&Count> for CountMessage {
    fn from(count: &Count) -> Self {
        let Count { source, sequence, sku, on_hand } = count.clone();
        Self { v: One, source, sequence, sku, on_hand: on_hand.into() }
    }
}

impl TryFrom<CountMessage> for Count {
    type Error = Invalid;

    fn try_from(message: CountMessage) -> Result<Self, Invalid> {
        let CountMessage { source, sequence, sku, on_hand, .. } = message;
        Self::new(&source, sequence, &sku, on_hand)
    }
}

impl TryFrom<u8> for One {
    type Error = String;

    fn try_from(version: u8) -> Result<Self, String> {
        if version == 1 { Ok(Self) } else { Err(format!("version {version} is not known")) }
    }
}

impl From<One> for u8 {
    fn from(_: One) -> Self {
        1
    }
}

/// A promise to a customer outweighs a count.
pub(super) fn settle(stock: &Stock, count: &Count) -> Counted {
    if count.on_hand < stock.reserved {
        Counted::Short { on_hand: stock.reserved }
    } else {
        Counted::Taken { on_hand: count.on_hand }
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

            let after = match settle(&stock, &count) {
                Counted::Taken { on_hand } | Counted::Short { on_hand } => on_hand,
                Counted::Stale | Counted::Again => unreachable!("settling only weighs"),
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
    fn a_count_is_what_was_told_and_has_a_key_of_its_own() {
        let count = Count::new("acme", 12, "MUG-1", 40).unwrap();

        assert_eq!((count.source(), count.sequence()), ("acme", 12));
        assert_eq!((count.sku(), count.on_hand()), ("MUG-1", 40));
        assert_eq!(count.key(), "acme:12:MUG-1");
    }

    #[test]
    fn a_count_is_short_only_if_it_breaks_a_promise() {
        let stock = Stock { product: ProductId::generate(), on_hand: 9, reserved: 4 };
        let counted = |on_hand| settle(&stock, &Count::new("acme", 1, "MUG", on_hand).unwrap());

        assert_eq!(counted(4), Counted::Taken { on_hand: 4 });
        assert_eq!(counted(3), Counted::Short { on_hand: 4 });
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
