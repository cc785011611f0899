//! Stock levels, movements and discrepancies, as staff see them.

use super::adjustment::Reason;
use crate::acknowledgement::Acknowledgement;
use crate::failure::Invalid;
use crate::id::{ProductId, UserId};
use crate::text;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

/// The stock of a product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StockLevel {
    pub product: ProductId,
    pub sku: String,
    pub name: String,
    pub on_hand: i32,
    pub reserved: i32,
    /// Stock is low at this many available pieces or fewer. `None` if it is not watched.
    pub threshold: Option<i32>,
    pub is_low: bool,
}

/// Which stock levels to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StockFilter {
    /// Prefix of the SKU.
    pub(super) sku: Option<String>,
    pub(super) is_low: Option<bool>,
}

/// One row of the stock ledger (`stock_moves`): a change of a product's quantities.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Movement {
    pub number: i64,
    pub on_hand_delta: i32,
    pub reserved_delta: i32,
    /// The kind of the cause: `order_placed`, `adjustment`, `feed:acme`.
    pub source: String,
    /// The id of the cause, such as an order id.
    pub source_id: String,
    pub reason: Option<Reason>,
    pub note: Option<String>,
    pub actor: Option<UserId>,
    pub at: OffsetDateTime,
}

/// A count that does not fit the stock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discrepancy {
    pub number: i64,
    /// `None` if no product has the SKU.
    pub product: Option<ProductId>,
    pub sku: String,
    pub reason: DiscrepancyReason,
    pub source: String,
    pub sequence: i64,
    pub counted: i32,
    /// The reserved quantity at that time.
    pub reserved: i32,
    pub found_at: OffsetDateTime,
    pub acknowledged: Option<Acknowledgement>,
}

/// Why a count does not fit the stock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DiscrepancyReason {
    /// Fewer pieces were counted than are reserved. The stock on hand was set to the reserved pieces.
    BelowReserved,
    /// The count has no `counted_at`, and stock moved after it was sent. It was not applied.
    StockMoved,
    /// The count was sent after another one of its source with a higher sequence number. It was not applied.
    OldSequence,
    /// No product has the SKU any more. The count was not applied.
    UnknownSku,
}

impl DiscrepancyReason {
    const ALL: [Self; 4] =
        [Self::BelowReserved, Self::StockMoved, Self::OldSequence, Self::UnknownSku];

    pub fn name(self) -> &'static str {
        match self {
            Self::BelowReserved => "below_reserved",
            Self::StockMoved => "stock_moved",
            Self::OldSequence => "old_sequence",
            Self::UnknownSku => "unknown_sku",
        }
    }

    pub(super) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }
}

impl StockFilter {
    /// `q` is a prefix of the SKU; a blank one matches all.
    pub fn new(q: Option<&str>, is_low: Option<bool>) -> Result<Self, Invalid> {
        let sku = q.filter(|q| !q.trim().is_empty());
        Ok(Self { sku: sku.map(|sku| text::line("q", sku, 64)).transpose()?, is_low })
    }
}

impl StockLevel {
    /// On hand, but not reserved.
    pub fn available(&self) -> i32 {
        self.on_hand.saturating_sub(self.reserved)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_promised_can_not_be_sold_again() {
        let (sku, name) = ("MUG".to_owned(), "Mug".to_owned());
        let (on_hand, reserved) = (9, 4);
        let product = ProductId::generate();
        let level =
            StockLevel { product, sku, name, on_hand, reserved, threshold: None, is_low: false };
        assert_eq!(level.available(), 5);
    }

    #[test]
    fn a_reason_of_a_discrepancy_reads_as_it_was_written() {
        for reason in DiscrepancyReason::ALL {
            assert_eq!(DiscrepancyReason::from_name(reason.name()), Some(reason));
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.name());
        }
    }

    #[test]
    fn a_blank_beginning_asks_for_every_sku() {
        let sku = |q| StockFilter::new(q, None).map(|filter| filter.sku);
        assert_eq!(sku(Some(" ")), Ok(None));
        assert_eq!(sku(Some(" MUG ")), Ok(Some("MUG".to_owned())));
        assert_eq!(sku(Some("M\0")).unwrap_err().pointer, "q");
    }
}
