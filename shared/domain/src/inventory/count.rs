//! What a supplier's count means. Pure.

use crate::failure::{self, Invalid, Kind};
use crate::id::ProductId;
use crate::text;

/// How many pieces of a product a supplier counted, as the `sequence`-th news from `source`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    source: String,
    sequence: i64,
    sku: String,
    on_hand: i32,
}

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

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("no product for sale has the sku {0}")]
    UnknownSku(String),
}

impl failure::Refusal for Refusal {
    fn kind(&self) -> Kind {
        Kind::Missing
    }

    fn code(&self) -> &'static str {
        "unknown_sku"
    }
}

impl Count {
    pub fn new(source: &str, sequence: i64, sku: &str, on_hand: i64) -> Result<Self, Invalid> {
        let on_hand =
            i32::try_from(on_hand).ok().filter(|pieces| (0..=1_000_000_000).contains(pieces));
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

    pub(super) fn source(&self) -> &str {
        &self.source
    }

    pub(super) fn sequence(&self) -> i64 {
        self.sequence
    }

    pub(super) fn on_hand(&self) -> i32 {
        self.on_hand
    }

    /// What tells this message from every other.
    pub(super) fn key(&self) -> String {
        format!("{}:{}:{}", self.source, self.sequence, self.sku)
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
    fn a_count_that_cannot_be_is_refused() {
        for (sequence, on_hand) in [(-1, 1), (1, -1), (1, i64::MAX)] {
            assert!(Count::new("acme", sequence, "MUG", on_hand).is_err());
        }
        assert!(Count::new("", 1, "MUG", 1).is_err());
    }
}
