//! The parcels of an order, and what is left to ship of it. Pure.

use super::basket::Basket;
use super::refusal::Refusal;
use super::shipment::Shipment;
use crate::id::{FulfillmentId, OrderId, ProductId};
use crate::status::ParcelStatus;
use std::collections::BTreeMap;
use time::OffsetDateTime;

/// Pieces of an order that are shipped together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fulfillment {
    pub id: FulfillmentId,
    pub order: OrderId,
    pub status: ParcelStatus,
    /// By ascending product id.
    pub lines: Vec<FulfillmentLine>,
    /// How it was handed over; none before.
    pub shipment: Option<Shipment>,
    pub created_at: OffsetDateTime,
    pub shipped_at: Option<OffsetDateTime>,
    pub cancelled_at: Option<OffsetDateTime>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FulfillmentLine {
    pub product: ProductId,
    pub sku: String,
    pub name: String,
    pub quantity: i32,
}

/// A parcel as it is requested.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewFulfillment {
    /// None for all that is left.
    pieces: Option<Basket>,
    /// None if it is only packed.
    pub(crate) shipment: Option<Shipment>,
}

/// How far a line of an order is. Its pieces are in parcels, removed, or left to ship.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LineProgress {
    pub(crate) product: ProductId,
    pub(crate) quantity: i32,
    /// In parcels that are packed or shipped.
    pub(crate) fulfilled: i32,
    /// Of these, those that were handed over.
    pub(crate) shipped: i32,
    /// Not to be shipped: their money was given back before.
    pub(crate) removed: i32,
    /// Pieces of refunds that did not fail.
    pub(crate) refunded: i32,
}

/// How far an order is, by ascending product id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Progress {
    pub(crate) lines: Vec<LineProgress>,
    pub(crate) packed: Vec<FulfillmentId>,
}

impl Fulfillment {
    /// How many pieces of which product are in it.
    pub(crate) fn pieces(&self) -> Vec<(ProductId, i32)> {
        self.lines.iter().map(|line| (line.product, line.quantity)).collect()
    }
}

impl NewFulfillment {
    /// These pieces, or all that is left.
    pub fn new(pieces: Option<Basket>, shipment: Option<Shipment>) -> Self {
        Self { pieces, shipment }
    }

    /// The pieces that it takes of what is left to ship.
    pub(crate) fn take(&self, progress: &Progress) -> Result<Vec<(ProductId, i32)>, Refusal> {
        let left = progress.left();
        if left.is_empty() {
            return Err(Refusal::NothingToShip);
        }
        let Some(wanted) = &self.pieces else { return Ok(left.into_iter().collect()) };
        for (product, pieces) in wanted.lines() {
            let left = left.get(&product).copied().unwrap_or_default();
            if pieces > left {
                return Err(Refusal::TooManyToShip { product, left });
            }
        }
        Ok(wanted.lines().collect())
    }
}

impl LineProgress {
    /// Pieces that are in no parcel, and to be shipped.
    pub(crate) fn left(&self) -> i32 {
        self.quantity - self.fulfilled - self.removed
    }

    /// Pieces that a release which knows no parcels refunded before they were shipped.
    fn refunded_unremoved(self) -> i32 {
        (self.refunded - self.removed - self.shipped).clamp(0, self.left())
    }
}

impl Progress {
    pub(crate) fn left(&self) -> BTreeMap<ProductId, i32> {
        let left = self.lines.iter().map(|line| (line.product, line.left()));
        left.filter(|(_, pieces)| *pieces > 0).collect()
    }

    pub(crate) fn to_remove(&self) -> Vec<(ProductId, i32)> {
        let pieces = self.lines.iter().map(|line| (line.product, line.refunded_unremoved()));
        pieces.filter(|(_, pieces)| *pieces > 0).collect()
    }

    /// How many pieces are not to be shipped. It only grows.
    pub(crate) fn removed(&self) -> i32 {
        self.lines.iter().map(|line| line.removed).sum()
    }

    /// Takes these pieces out of what is to be shipped.
    pub(crate) fn remove(&mut self, pieces: &[(ProductId, i32)]) {
        self.change(pieces, |line, pieces| line.removed += pieces);
    }

    /// Puts these pieces into a parcel, and ships it.
    pub(crate) fn ship(&mut self, pieces: &[(ProductId, i32)]) {
        self.change(pieces, |line, pieces| {
            line.fulfilled += pieces;
            line.shipped += pieces;
        });
    }

    /// Hands over pieces of a packed parcel.
    pub(crate) fn hand_over(&mut self, pieces: &[(ProductId, i32)]) {
        self.change(pieces, |line, pieces| line.shipped += pieces);
    }

    fn change(&mut self, pieces: &[(ProductId, i32)], change: impl Fn(&mut LineProgress, i32)) {
        for (product, pieces) in pieces {
            self.lines.iter_mut().filter(|line| line.product == *product).for_each(|line| {
                change(line, *pieces);
            });
        }
    }

    /// Whether some of it was handed over.
    pub(crate) fn is_begun(&self) -> bool {
        self.lines.iter().any(|line| line.shipped > 0)
    }

    /// Whether all that is to be shipped is, and that is not nothing.
    pub(crate) fn is_complete(&self) -> bool {
        self.is_begun()
            && self.lines.iter().all(|line| line.shipped + line.removed == line.quantity)
    }
}

#[cfg(test)]
mod tests;
