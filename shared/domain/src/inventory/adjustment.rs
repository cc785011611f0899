//! Manual stock adjustments and low-stock thresholds. Pure.

use super::Refusal;
use super::count::{MAX_ON_HAND, Stock};
use crate::failure::Invalid;
use crate::text;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Why stock is adjusted by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AdjustmentReason)]
pub enum Reason {
    /// Goods were received.
    Received,
    Damaged,
    Lost,
    Found,
    /// The recorded quantity was wrong.
    Correction,
    /// A customer returned goods.
    Returned,
}

/// A change of the quantity on hand, with its reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adjustment {
    delta: i32,
    reason: Reason,
    note: Option<String>,
}

/// Stock is low at this many available pieces or fewer; then staff are notified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Threshold(i32);

impl Reason {
    const ALL: [Self; 6] =
        [Self::Received, Self::Damaged, Self::Lost, Self::Found, Self::Correction, Self::Returned];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Damaged => "damaged",
            Self::Lost => "lost",
            Self::Found => "found",
            Self::Correction => "correction",
            Self::Returned => "returned",
        }
    }

    pub(super) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }
}

impl Adjustment {
    const MAX_DELTA: i32 = 1_000_000;

    /// `delta` is between -1 000 000 and 1 000 000 and not zero; `note` is one line of at most 500 characters.
    pub fn new(delta: i64, reason: Reason, note: Option<&str>) -> Result<Self, Invalid> {
        let delta = i32::try_from(delta)
            .ok()
            .filter(|delta| *delta != 0 && (-Self::MAX_DELTA..=Self::MAX_DELTA).contains(delta));
        let bad = || {
            let detail = "must be between -1000000 and 1000000, and not zero";
            Invalid::new("/delta", "out_of_range", detail)
        };
        Ok(Self {
            delta: delta.ok_or_else(bad)?,
            reason,
            note: note.map(|note| text::line("/note", note, 500)).transpose()?,
        })
    }

    pub fn delta(&self) -> i32 {
        self.delta
    }

    pub fn reason(&self) -> Reason {
        self.reason
    }

    pub fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }

    /// The quantity on hand afterwards. Refused if it is less than what is reserved for orders.
    pub(super) fn apply_to(&self, stock: &Stock) -> Result<i32, Refusal> {
        let Stock { on_hand, reserved, .. } = *stock;
        let after = on_hand.checked_add(self.delta).filter(|after| *after <= MAX_ON_HAND);
        let after = after.ok_or(Refusal::TooLarge { on_hand })?;
        if after < reserved { Err(Refusal::BelowReserved { on_hand, reserved }) } else { Ok(after) }
    }
}

impl Threshold {
    pub fn new(pieces: i64) -> Result<Self, Invalid> {
        let pieces = i32::try_from(pieces).ok().filter(|pieces| (0..=MAX_ON_HAND).contains(pieces));
        pieces.map(Self).ok_or_else(|| {
            Invalid::new("/threshold", "out_of_range", "must be between 0 and 1000000000")
        })
    }

    pub fn pieces(self) -> i32 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::ProductId;
    use proptest::prelude::*;

    fn by(delta: i64) -> Adjustment {
        Adjustment::new(delta, Reason::Found, None).unwrap()
    }

    proptest! {
        #[test]
        fn an_adjustment_never_breaks_a_promise(
            on_hand in 0..2000, reserved in 0..1000, delta in -2000..2000_i64,
        ) {
            prop_assume!(delta != 0 && reserved <= on_hand);
            let stock = Stock { product: ProductId::generate(), on_hand, reserved };

            match by(delta).apply_to(&stock) {
                Ok(after) => {
                    prop_assert!(after >= reserved);
                    prop_assert_eq!(i64::from(after), i64::from(on_hand) + delta);
                }
                Err(refusal) => {
                    prop_assert_eq!(refusal, Refusal::BelowReserved { on_hand, reserved });
                    prop_assert!(i64::from(on_hand) + delta < i64::from(reserved));
                }
            }
        }
    }

    #[test]
    fn an_adjustment_that_cannot_be_is_refused() {
        for delta in [0, 1_000_001, -1_000_001, i64::MAX, i64::MIN] {
            assert_eq!(Adjustment::new(delta, Reason::Lost, None).unwrap_err().pointer, "/delta");
        }
        assert_eq!(Adjustment::new(1, Reason::Lost, Some(" ")).unwrap_err().pointer, "/note");
    }

    #[test]
    fn an_adjustment_is_what_was_requested() {
        for delta in [-1_000_000, -3, 7, 1_000_000] {
            let adjustment = Adjustment::new(delta, Reason::Damaged, Some(" Water. ")).unwrap();
            let read = (i64::from(adjustment.delta()), adjustment.reason(), adjustment.note());
            assert_eq!(read, (delta, Reason::Damaged, Some("Water.")));
        }
        assert_eq!(by(1).note(), None);
    }

    #[test]
    fn all_that_is_not_promised_may_go_and_nothing_more() {
        let (on_hand, reserved) = (10, 4);
        let stock = Stock { product: ProductId::generate(), on_hand, reserved };

        assert_eq!(by(-6).apply_to(&stock), Ok(4));
        assert_eq!(by(-7).apply_to(&stock), Err(Refusal::BelowReserved { on_hand, reserved }));
    }

    #[test]
    fn at_most_a_thousand_million_pieces_are_on_hand() {
        let on_hand = MAX_ON_HAND - 1;
        let stock = Stock { product: ProductId::generate(), on_hand, reserved: 0 };

        assert_eq!(by(1).apply_to(&stock), Ok(MAX_ON_HAND));
        assert_eq!(by(2).apply_to(&stock), Err(Refusal::TooLarge { on_hand }));
    }

    #[test]
    fn a_reason_reads_as_it_was_written() {
        for reason in Reason::ALL {
            assert_eq!(Reason::from_name(reason.name()), Some(reason));
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.name());
        }
    }

    #[test]
    fn a_threshold_is_no_negative_number() {
        for pieces in [0, 5, 1_000_000_000] {
            assert_eq!(Threshold::new(pieces).map(Threshold::pieces).map(i64::from), Ok(pieces));
        }
        assert!(Threshold::new(-1).is_err());
        assert!(Threshold::new(1_000_000_001).is_err());
    }
}
