//! What a count of a supplier does to the stock. Pure.

use super::count::{Count, MAX_ON_HAND, Stock};
use super::level::DiscrepancyReason;
use time::OffsetDateTime;

/// The effect of a count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CountOutcome {
    /// The quantity on hand was set to what was counted, plus what has moved since.
    Applied { on_hand: i32 },
    /// A later count was applied before. Nothing changed.
    Stale,
    /// The same message was processed before. Nothing changed.
    Duplicate,
    /// A discrepancy was recorded for staff. If the count is below the reserved quantity, the quantity on hand was set
    /// to the reserved one; otherwise it did not change.
    Discrepancy { reason: DiscrepancyReason, on_hand: i32 },
}

/// What happened to the product of a count before the count is applied.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct History {
    /// The highest sequence number of the source.
    pub(super) newest_sequence: Option<i64>,
    /// When the count with that number was sent.
    pub(super) newest_sent_at: Option<OffsetDateTime>,
    /// When the newest of the applied counts was taken, whatever its source.
    pub(super) newest_count: Option<OffsetDateTime>,
    /// When the product was created with stock.
    pub(super) created_at: Option<OffsetDateTime>,
    /// When the count was sent. `None` for one that did not come through the outbox: then it is of this moment.
    pub(super) sent_at: Option<OffsetDateTime>,
    /// When the count was taken, or sent if that is not known.
    pub(super) taken_at: Option<OffsetDateTime>,
    /// What shipments, returns and adjustments have added to the quantity on hand since `taken_at`. Other counts do not
    /// belong to it.
    pub(super) moved: i64,
    /// How many movements that were.
    pub(super) moves: i64,
    /// How many of them were corrections of the recorded quantity.
    pub(super) corrections: i64,
}

impl CountOutcome {
    /// Whether the quantity on hand is what the count says.
    pub(super) fn on_hand(self) -> Option<i32> {
        match self {
            Self::Applied { on_hand }
            | Self::Discrepancy { reason: DiscrepancyReason::BelowReserved, on_hand } => {
                Some(on_hand)
            }
            Self::Discrepancy { .. } | Self::Stale | Self::Duplicate => None,
        }
    }

    pub(super) fn discrepancy(self) -> Option<DiscrepancyReason> {
        match self {
            Self::Discrepancy { reason, .. } => Some(reason),
            Self::Applied { .. } | Self::Stale | Self::Duplicate => None,
        }
    }
}

/// The outcome of a count that is new. Whenever it arrives, the stock is the same as if it had been applied when it was
/// taken; but the quantity on hand never falls below what is reserved.
///
/// Without the time of counting, nobody knows whether a movement after the sending is in the count: staff decide. So they do
/// if the recorded quantity was corrected after the count was taken: what was wrong with it, the count may show as well.
pub(super) fn evaluate(stock: &Stock, count: &Count, history: &History) -> CountOutcome {
    let discrepancy = |reason| CountOutcome::Discrepancy { reason, on_hand: stock.on_hand };
    if history.newest_sequence.is_some_and(|newest| count.sequence() <= newest) {
        // The queue may swap two messages. One that was sent later has a lower number only if its source counts anew.
        let restarted = history.sent_at.zip(history.newest_sent_at);
        return if restarted.is_some_and(|(sent_at, newest)| sent_at > newest) {
            discrepancy(DiscrepancyReason::OldSequence)
        } else {
            CountOutcome::Stale
        };
    }
    let is_timed = count.counted_at().is_some();
    let newest = history.newest_count.max(history.created_at.filter(|_| is_timed));
    if history.taken_at.is_some_and(|taken_at| newest.is_some_and(|newest| newest > taken_at)) {
        return CountOutcome::Stale;
    }
    if history.corrections > 0 || !is_timed && history.moves > 0 {
        return discrepancy(DiscrepancyReason::StockMoved);
    }
    let on_hand = i64::from(count.on_hand()).saturating_add(history.moved);
    // Below zero, more has left since than was counted.
    if on_hand < i64::from(stock.reserved) {
        let reason = DiscrepancyReason::BelowReserved;
        return CountOutcome::Discrepancy { reason, on_hand: stock.reserved };
    }
    let on_hand = i32::try_from(on_hand.min(MAX_ON_HAND.into())).unwrap_or(MAX_ON_HAND);
    CountOutcome::Applied { on_hand }
}

#[cfg(test)]
mod tests;
