//! What may be refunded, and how much that is. Pure.

use super::Refusal;
use crate::failure::Invalid;
use crate::id::ProductId;
use crate::money::{Money, MoneyError};
use crate::status::{OrderStatus, PaymentIntentStatus as Status};
use crate::text;
use std::collections::BTreeMap;

/// A request to refund (a part of) a payment, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundRequest {
    pub scope: RefundScope,
    pub reason: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefundScope {
    /// All that is left of the payment.
    Remainder,
    Amount(Money),
    /// The price of these pieces. Never empty.
    Lines(BTreeMap<ProductId, LineRefund>),
}

/// The pieces of one product to refund.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineRefund {
    /// One or more.
    pub quantity: i32,
    /// How many of them go back into stock.
    pub restock: i32,
}

/// The pieces of one product, as a client sends them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestedLine {
    pub product: ProductId,
    pub quantity: i64,
    pub restock: i64,
}

/// What is left of a payment after its refunds, requested ones included, and its disputes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RefundablePayment {
    pub(super) status: Status,
    /// Without what a bank took back, or is about to decide on.
    pub(super) left: Money,
    /// Whether there is such money besides.
    pub(super) is_disputed: bool,
}

/// The pieces of one product in the order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RefundableLine {
    pub(super) unit_price: Money,
    /// How many were not refunded.
    pub(super) left: i32,
    /// How many were not returned to stock.
    pub(super) not_returned: i32,
}

impl RefundRequest {
    /// All that is left, or an amount, or lines; not both of them.
    pub fn new(
        amount: Option<Money>,
        lines: Option<Vec<RequestedLine>>,
        reason: Option<&str>,
    ) -> Result<Self, Invalid> {
        let scope = match (amount, lines) {
            (None, None) => RefundScope::Remainder,
            (Some(amount), None) if amount.minor >= 1 => RefundScope::Amount(amount),
            (Some(_), None) => {
                let detail = "must be at least one minor unit";
                return Err(Invalid::new("/amount/amount", "out_of_range", detail));
            }
            (None, Some(lines)) => RefundScope::Lines(pieces(&lines)?),
            (Some(_), Some(_)) => {
                let detail = "name an amount or lines, not both";
                return Err(Invalid::new("/lines", "ambiguous", detail));
            }
        };
        let reason = reason.map(|reason| text::line("/reason", reason, 500)).transpose()?;
        Ok(Self { scope, reason })
    }

    /// The amount to refund, if it may be refunded.
    pub(crate) fn price(
        &self,
        payment: &RefundablePayment,
        pieces: &BTreeMap<ProductId, RefundableLine>,
    ) -> Result<Money, Refusal> {
        // A bank may take back a part that is no whole step.
        let left = payment.left.down_to_step();
        if payment.status != Status::Succeeded {
            return Err(Refusal::NotRefundable(payment.status));
        }
        if left.minor < 1 {
            let why = if payment.is_disputed { Refusal::Disputed } else { Refusal::NothingLeft };
            return Err(why);
        }
        let amount = match &self.scope {
            RefundScope::Remainder => left,
            RefundScope::Amount(amount) => *amount,
            RefundScope::Lines(wanted) => cost(wanted, pieces, left)?,
        };
        if amount.currency != left.currency {
            return Err(Refusal::OtherCurrency(left));
        }
        if !amount.is_on_step() {
            return Err(Refusal::OffStep { step: amount.currency.step() });
        }
        if amount.minor > left.minor { Err(Refusal::TooMuch { left }) } else { Ok(amount) }
    }

    /// Whether goods go back into stock with it: only shipped ones, and each piece once.
    pub(crate) fn restocks(
        &self,
        order: OrderStatus,
        pieces: &BTreeMap<ProductId, RefundableLine>,
    ) -> Result<bool, Refusal> {
        let RefundScope::Lines(wanted) = &self.scope else { return Ok(false) };
        let mut back = wanted.iter().filter(|(_, pieces)| pieces.restock > 0).peekable();
        if back.peek().is_none() {
            return Ok(false);
        }
        if order != OrderStatus::Shipped {
            return Err(Refusal::NotShipped(order));
        }
        let too_many = back.find_map(|(&product, wanted)| {
            let left = pieces.get(&product).map_or(0, |piece| piece.not_returned);
            (wanted.restock > left).then_some(Refusal::TooManyRestocked { product, left })
        });
        too_many.map_or(Ok(true), Err)
    }
}

fn pieces(lines: &[RequestedLine]) -> Result<BTreeMap<ProductId, LineRefund>, Invalid> {
    let mut pieces = BTreeMap::new();
    for (place, RequestedLine { product, quantity, restock }) in lines.iter().enumerate() {
        let quantity = i32::try_from(*quantity).ok().filter(|pieces| (1..=1000).contains(pieces));
        let quantity = quantity.ok_or_else(|| {
            let pointer = format!("/lines/{place}/quantity");
            Invalid::new(pointer, "out_of_range", "must be between 1 and 1000")
        })?;
        let restock = i32::try_from(*restock).ok().filter(|back| (0..=quantity).contains(back));
        let restock = restock.ok_or_else(|| {
            let pointer = format!("/lines/{place}/restock");
            Invalid::new(pointer, "out_of_range", "must be between 0 and the quantity")
        })?;
        if pieces.insert(*product, LineRefund { quantity, restock }).is_some() {
            let pointer = format!("/lines/{place}/product");
            return Err(Invalid::new(pointer, "twice", "names a product that is named before"));
        }
    }
    if pieces.is_empty() {
        return Err(Invalid::new("/lines", "empty", "must name at least one product"));
    }
    Ok(pieces)
}

/// The price of the pieces when they were ordered.
fn cost(
    wanted: &BTreeMap<ProductId, LineRefund>,
    pieces: &BTreeMap<ProductId, RefundableLine>,
    left: Money,
) -> Result<Money, Refusal> {
    let too_large = |_: MoneyError| Refusal::TooMuch { left };
    wanted.iter().try_fold(
        Money::zero(left.currency),
        |sum, (&product, &LineRefund { quantity, .. })| {
            let none = RefundableLine { unit_price: left, left: 0, not_returned: 0 };
            let piece = pieces.get(&product).copied().unwrap_or(none);
            if quantity > piece.left {
                return Err(Refusal::TooManyPieces { product, left: piece.left });
            }
            let cost = piece.unit_price.times(quantity).map_err(too_large)?;
            sum.plus(cost).map_err(too_large)
        },
    )
}

#[cfg(test)]
mod tests;
