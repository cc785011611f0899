//! Feeds: batches of stock counts from a supplier. Pure.

use super::count::Count;
use crate::failure::Invalid;
use crate::text;
use serde::Serialize;
use std::collections::HashSet;
use time::{Duration, OffsetDateTime};
use utoipa::ToSchema;

/// How far the clock of a source may be ahead of ours.
const MAX_AHEAD: Duration = Duration::minutes(5);
/// An older time is a mistake, such as the zero of some clock.
const MAX_AGE: Duration = Duration::days(30);

/// The counts of 1 to 500 rows of one source, each once, and what is wrong with the other rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feed {
    source: String,
    counts: Vec<FeedCount>,
    rejected: Vec<RejectedCount>,
}

/// A count, and its position in the feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FeedCount {
    pub(super) row: usize,
    pub(super) count: Count,
}

/// A row as it was sent: the SKU, if one can be told, and the values or why they cannot be read.
#[derive(Clone, Debug)]
pub struct FeedRow {
    pub sku: Option<String>,
    pub line: Result<FeedLine, Invalid>,
}

/// The unvalidated values of a row.
#[derive(Clone, Debug)]
pub struct FeedLine {
    pub sku: String,
    pub sequence: i64,
    pub on_hand: i64,
    pub counted_at: Option<OffsetDateTime>,
}

/// A count that is not accepted. The others of its feed are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RejectedCount {
    /// Its position in `counts`, from 0.
    #[schema(minimum = 0, example = 3)]
    row: usize,
    /// What is wrong, as a JSON pointer into the request.
    #[schema(example = "/counts/3/sku")]
    pointer: String,
    /// As it was sent; null if it has none.
    #[schema(required, example = "mug-01")]
    sku: Option<String>,
    /// For programs: `unknown_sku`, `old_sequence`, `old_count`, `contradictory`, `in_the_future`, `too_old`,
    /// `out_of_range`, `wrong_type` and others.
    #[schema(example = "unknown_sku")]
    reason: &'static str,
    /// For people. May change.
    detail: String,
}

/// What became of a feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedReceipt {
    pub accepted: usize,
    pub rejected: Vec<RejectedCount>,
}

/// What the shop knows of the product and the source of a count before it is accepted.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) is_product: bool,
    /// The SKU of a product that differs in its capitals only.
    pub(super) similar_sku: Option<String>,
    /// The highest sequence number of the source.
    pub(super) sequence: Option<i64>,
    /// When the newest of the applied counts was taken, whatever its source, or the product created with stock.
    pub(super) newest_count: Option<OffsetDateTime>,
    /// What was sent before with the same sequence number.
    pub(super) sent_on_hand: Option<i64>,
    /// The time of the database.
    pub(super) now: OffsetDateTime,
}

impl Feed {
    pub const MAX_ROWS: usize = 500;

    /// Refused as a whole if its source or its length is wrong.
    pub fn new(source: &str, rows: Vec<FeedRow>) -> Result<Self, Invalid> {
        if !(1..=Self::MAX_ROWS).contains(&rows.len()) {
            return Err(Invalid::new("/counts", "bad_length", "must have 1 to 500 entries"));
        }
        let source = text::line("/source", source, 50)?;
        let (mut counts, mut rejected, mut seen) = (Vec::new(), Vec::new(), HashSet::new());
        for (row, FeedRow { sku, line }) in rows.into_iter().enumerate() {
            match line.and_then(|line| line.count(&source)) {
                Ok(count) if !seen.insert(count.clone()) => {}
                Ok(count) => counts.push(FeedCount { row, count }),
                Err(invalid) => rejected.push(RejectedCount::new(row, sku.as_deref(), invalid)),
            }
        }
        Ok(Self { source, counts, rejected })
    }

    pub(super) fn source(&self) -> &str {
        &self.source
    }

    pub(super) fn counts(&self) -> &[FeedCount] {
        &self.counts
    }

    /// The counts that can be accepted, and what is wrong with the others, by row. `known` is of each of the counts, in
    /// their order.
    pub(super) fn sort_out(&self, known: &[Known]) -> (Vec<&Count>, Vec<RejectedCount>) {
        let (mut possible, mut rejected) = (Vec::new(), self.rejected.clone());
        for (one, known) in self.counts.iter().zip(known) {
            match known.check(&one.count) {
                Ok(()) => possible.push(one),
                Err(invalid) => rejected.push(one.rejected(invalid)),
            }
        }
        let mut good = Vec::new();
        for one in &possible {
            if possible.iter().any(|other| one.count.contradicts(&other.count)) {
                let detail = "another row says something else of this SKU; neither is accepted";
                rejected.push(one.rejected(Invalid::new("", "contradictory", detail)));
            } else {
                good.push(&one.count);
            }
        }
        rejected.sort_by_key(|rejected| rejected.row);
        (good, rejected)
    }
}

impl FeedLine {
    fn count(self, source: &str) -> Result<Count, Invalid> {
        let Self { sku, sequence, on_hand, counted_at } = self;
        Ok(Count::new(source, sequence, &sku, on_hand)?.taken_at(counted_at))
    }
}

impl FeedCount {
    fn rejected(&self, invalid: Invalid) -> RejectedCount {
        RejectedCount::new(self.row, Some(self.count.sku()), invalid)
    }
}

impl RejectedCount {
    /// The longest SKU that is repeated in an answer.
    const MAX_SKU: usize = 64;

    fn new(row: usize, sku: Option<&str>, invalid: Invalid) -> Self {
        let Invalid { pointer, code, detail } = invalid;
        let sku = sku.map(|sku| sku.chars().take(Self::MAX_SKU).collect());
        Self { row, pointer: format!("/counts/{row}{pointer}"), sku, reason: code, detail }
    }
}

impl Known {
    fn check(&self, count: &Count) -> Result<(), Invalid> {
        let refuse = |pointer, code, detail: String| Err(Invalid::new(pointer, code, detail));
        let counted_at = count.counted_at();
        if counted_at.is_some_and(|at| at > self.now + MAX_AHEAD) {
            let detail = "is in the future".to_owned();
            return refuse("/counted_at", "in_the_future", detail);
        }
        if counted_at.is_some_and(|at| at < self.now - MAX_AGE) {
            return refuse("/counted_at", "too_old", "is more than 30 days ago".to_owned());
        }
        if !self.is_product {
            let hint = self.similar_sku.as_ref().map_or_else(String::new, |similar| {
                format!("; there is {similar}, and capitals matter")
            });
            return refuse("/sku", "unknown_sku", format!("no product has this SKU{hint}"));
        }
        if let Some(sent) = self.sent_on_hand.filter(|sent| *sent != i64::from(count.on_hand())) {
            let detail =
                format!("{sent} pieces were sent before with this sequence number; take a new one");
            return refuse("/on_hand", "contradictory", detail);
        }
        match self.sequence {
            Some(newest) if count.sequence() < newest => {
                let detail = format!("the source has sent {newest} before; numbers must increase");
                return refuse("/sequence", "old_sequence", detail);
            }
            // Sent again.
            Some(newest) if count.sequence() == newest => return Ok(()),
            _ => {}
        }
        if counted_at.is_some_and(|at| self.newest_count.is_some_and(|newest| newest > at)) {
            let detail = "a newer count of this product was applied before".to_owned();
            return refuse("/counted_at", "old_count", detail);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
