//! What an order is, and what it costs. Pure.

use super::address::Address;
use super::basket::Basket;
use super::edit::Note;
use super::refusal::{Refusal, Shortage};
use super::shipment::Shipment;
use super::status::{CancelReason, Status};
use crate::failure::Invalid;
use crate::id::{OrderId, ProductId, UserId};
use crate::inventory::Shelf;
use crate::money::{Currency, Money};
use crate::payment;
use crate::text;
use std::collections::BTreeMap;
use time::OffsetDateTime;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    pub id: OrderId,
    pub buyer: UserId,
    pub status: Status,
    pub lines: Vec<OrderLine>,
    pub totals: Totals,
    pub captured: Money,
    pub refunded: Money,
    /// What the newest payment is at: failed also once a try came to nothing and no other was made.
    pub payment: Option<payment::Status>,
    pub created_at: OffsetDateTime,
    pub updated_at: OffsetDateTime,
    /// When a pending order is given up.
    pub expires_at: Option<OffsetDateTime>,
    pub cancel_requested_at: Option<OffsetDateTime>,
    pub cancelled_at: Option<OffsetDateTime>,
    pub cancel_reason: Option<CancelReason>,
    /// Set if staff confirmed it by hand.
    pub confirm_reason: Option<Reason>,
    pub shipped_at: Option<OffsetDateTime>,
    pub shipment: Option<Shipment>,
    /// A dispute holds the goods back, for good if it was lost.
    pub on_hold: bool,
    pub address: Option<Address>,
    pub note: Option<Note>,
    pub version: i64,
}

/// A product as it was when it was ordered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderLine {
    pub product: ProductId,
    pub sku: String,
    pub name: String,
    pub quantity: i32,
    pub unit_price: Money,
    pub total: Money,
    /// How many of the pieces came back to the shelf.
    pub returned: i32,
}

/// `total = subtotal - discount + shipping + tax`, all in one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Totals {
    pub subtotal: Money,
    pub discount: Money,
    pub shipping: Money,
    pub tax: Money,
    pub total: Money,
}

/// Whose orders somebody may see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Viewer {
    /// Their own.
    Buyer(UserId),
    /// Everybody's.
    Staff,
}

/// Who does something to an order, and as what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Actor {
    pub id: UserId,
    pub viewer: Viewer,
}

/// Why somebody confirms an order by hand: one line, such as the number of a bank transfer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason(String);

/// What somebody wants to buy, and what belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    pub basket: Basket,
    pub address: Option<Address>,
    pub note: Option<Note>,
    /// What the buyer was shown: if it costs something else by now, they want to know first.
    pub expected_total: Option<Money>,
}

/// An order about to be written.
#[derive(Clone, Debug)]
pub(super) struct Priced {
    pub(super) id: OrderId,
    pub(super) buyer: UserId,
    pub(super) status: Status,
    pub(super) lines: Vec<OrderLine>,
    pub(super) totals: Totals,
    pub(super) address: Option<Address>,
    pub(super) note: Option<Note>,
}

/// How many orders of one buyer may wait for their payment: each holds stock that others cannot buy.
pub(super) const MOST_UNPAID: i64 = 5;

/// How long an order waits for its payment.
pub(crate) const HOLD_SECONDS: i32 = 30 * 60;

/// The most that a total may be, in minor units: the most that Stripe charges at once. Also a constraint of the table.
const MOST: i64 = 99_999_999;

impl Priced {
    /// Prices the wish by the shelf, if all of it could be taken. What costs nothing needs no payment.
    pub(super) fn new(
        id: OrderId,
        buyer: UserId,
        wish: &Wish,
        shelf: Vec<Shelf>,
    ) -> Result<Self, Refusal> {
        let mut shelf: BTreeMap<_, _> =
            shelf.into_iter().map(|item| (item.product, item)).collect();
        let mut lines = Vec::new();
        let mut short = Vec::new();
        for (product, quantity) in wish.basket.lines() {
            let item = shelf.remove(&product).ok_or(Refusal::NotForSale(product))?;
            let Shelf { sku, name, price: unit_price, available, taken, .. } = item;
            if taken {
                let total = unit_price.times(quantity)?;
                lines.push(OrderLine {
                    product,
                    sku,
                    name,
                    quantity,
                    unit_price,
                    total,
                    returned: 0,
                });
            } else {
                short.push(Shortage { product, sku, requested: quantity, available });
            }
        }
        if !short.is_empty() {
            return Err(Refusal::OutOfStock(short));
        }
        let totals = Totals::of(&lines)?;
        if wish.expected_total.is_some_and(|expected| expected != totals.total) {
            return Err(Refusal::TotalChanged(totals.total));
        }
        let status = if totals.total.minor == 0 { Status::Confirmed } else { Status::Pending };
        let (address, note) = (wish.address.clone(), wish.note.clone());
        Ok(Self { id, buyer, status, lines, totals, address, note })
    }

    /// How long the stock is held for it, if it waits for money.
    pub(super) fn hold_seconds(&self) -> Option<i32> {
        (self.status == Status::Pending).then_some(HOLD_SECONDS)
    }
}

impl Reason {
    pub fn parse(raw: &str) -> Result<Self, Invalid> {
        text::without_card("/reason", text::line("/reason", raw, 500)?).map(Self)
    }

    pub(super) fn kept(text: String) -> Self {
        Self(text)
    }

    pub fn text(&self) -> &str {
        &self.0
    }
}

impl Totals {
    fn of(lines: &[OrderLine]) -> Result<Self, Refusal> {
        let currency = lines.first().expect("a basket is never empty").total.currency;
        let nothing = Money::zero(currency);
        let subtotal = lines.iter().try_fold(nothing, |sum, line| sum.plus(line.total))?;
        if subtotal.minor > MOST {
            return Err(Refusal::TooLarge);
        }
        Ok(Self { subtotal, discount: nothing, shipping: nothing, tax: nothing, total: subtotal })
    }

    pub fn currency(&self) -> Currency {
        self.total.currency
    }
}

#[cfg(test)]
mod tests;
