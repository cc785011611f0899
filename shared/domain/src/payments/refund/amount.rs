//! How much a refund gives back, and of what. Pure.

use super::Refusal;
use super::request::{LineRefund, RefundRequest, RefundScope};
use crate::id::ProductId;
use crate::money::{Currency, Money};
use crate::pricing::refund::{LinePaid, Paid, RefundPart, Refundable};
use crate::status::{OrderStatus, PaymentIntentStatus as Status};
use std::collections::BTreeMap;

/// What is left of a payment after its refunds, requested ones included, and its disputes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RefundablePayment {
    pub(super) status: Status,
    /// Without what a bank took back, or is about to decide on.
    pub(super) left: Money,
    /// Whether there is such money besides.
    pub(super) is_disputed: bool,
    /// Whether staff took it, and pay its refunds out themselves.
    pub(crate) is_offline: bool,
    pub(super) order: Paid,
    pub(super) shipping: Paid,
}

/// A line of the order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RefundableLine {
    pub(super) paid: LinePaid,
    /// Pieces in parcels, packed or shipped.
    pub(super) fulfilled: i32,
    /// Pieces in parcels that were handed over.
    pub(super) shipped: i32,
    /// Pieces that are not to be shipped any more.
    pub(super) removed: i32,
    /// How many shipped pieces were not returned to stock, and are in no return.
    pub(super) not_returned: i32,
}

/// A refund that is about to be inserted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PricedRefund {
    pub(crate) amount: Money,
    pub(super) shipping: Money,
    /// Of the amount.
    pub(super) tax: Money,
    pub(super) lines: Vec<(ProductId, LineRefund, RefundPart)>,
}

impl PricedRefund {
    /// Pieces may be free, or all of their money given back before: then there is nothing to ask of Stripe.
    pub(crate) fn is_nothing(&self) -> bool {
        self.amount.minor == 0
    }
}

impl RefundRequest {
    /// What the refund gives back, if it may be refunded.
    pub(crate) fn price(
        &self,
        order_status: OrderStatus,
        payment: &RefundablePayment,
        lines: &BTreeMap<ProductId, RefundableLine>,
    ) -> Result<PricedRefund, Refusal> {
        // A bank may take back a part that is no whole step.
        let left = payment.left.down_to_step();
        if payment.status != Status::Succeeded {
            return Err(Refusal::NotRefundable(payment.status));
        }
        if left.minor < 1 && payment.is_disputed {
            return Err(Refusal::Disputed);
        }
        if payment.is_offline && self.reason.is_none() {
            return Err(Refusal::ReasonRequired);
        }
        let order = |left| Refundable::new(payment.left.currency.step().minor, payment.order, left);
        let amount = match &self.scope {
            RefundScope::Parts { lines: wanted, shipping } => {
                let shipping = shipping.then_some(&payment.shipping);
                let given = parts(wanted, shipping, lines, order(left.minor))?;
                // What a bank holds back may come back, and a payment may be another one than that of the goods: less than is
                // due for the pieces is not given for them unasked.
                let due = parts(wanted, shipping, lines, order(i64::MAX))?;
                if given.minor() < due.minor() && left.minor >= 1 {
                    return Err(Refusal::TooMuch { left });
                }
                // Pieces come back, or are not shipped, for nothing once all of their money was given back.
                let is_sold = matches!(order_status, OrderStatus::Confirmed | OrderStatus::Shipped);
                let is_for_pieces = !wanted.is_empty() && is_sold && due.minor() == 0;
                if given.minor() == 0 && !is_for_pieces {
                    return Err(Refusal::NothingLeft);
                }
                return Ok(given.priced(left.currency));
            }
            _ if left.minor < 1 => return Err(Refusal::NothingLeft),
            RefundScope::Remainder => left,
            RefundScope::Amount(amount) => *amount,
        };
        if amount.currency != left.currency {
            return Err(Refusal::OtherCurrency(left));
        }
        if !amount.is_on_step() {
            return Err(Refusal::OffStep { step: amount.currency.step() });
        }
        if amount.minor > left.minor {
            return Err(Refusal::TooMuch { left });
        }
        let tax =
            Money { minor: order(left.minor).amount(amount.minor).tax, currency: amount.currency };
        Ok(PricedRefund { amount, shipping: Money::zero(amount.currency), tax, lines: Vec::new() })
    }

    /// Whether goods go back into stock with it: only shipped ones, and each piece once.
    pub(crate) fn restocks(
        &self,
        order: OrderStatus,
        pieces: &BTreeMap<ProductId, RefundableLine>,
    ) -> Result<bool, Refusal> {
        let RefundScope::Parts { lines, .. } = &self.scope else { return Ok(false) };
        let mut back = lines.iter().filter(|(_, pieces)| pieces.restock > 0).peekable();
        if back.peek().is_none() {
            return Ok(false);
        }
        if order != OrderStatus::Shipped && pieces.values().all(|piece| piece.shipped == 0) {
            return Err(Refusal::NotShipped(order));
        }
        let too_many = back.find_map(|(&product, wanted)| {
            let left = pieces.get(&product).map_or(0, |piece| piece.not_returned);
            (wanted.restock > left).then_some(Refusal::TooManyRestocked { product, left })
        });
        too_many.map_or(Ok(true), Err)
    }

    /// The pieces that it takes out of what is left to ship: those that are not restocked, as far as so many are left. The others
    /// must have been shipped: it is refused if they are in a packed parcel.
    pub(crate) fn removes(
        &self,
        order: OrderStatus,
        lines: &BTreeMap<ProductId, RefundableLine>,
    ) -> Result<Vec<(ProductId, i32)>, Refusal> {
        let RefundScope::Parts { lines: wanted, .. } = &self.scope else { return Ok(Vec::new()) };
        if order != OrderStatus::Confirmed || self.of_return.is_some() {
            return Ok(Vec::new());
        }
        let mut removed = Vec::new();
        for (&product, wanted) in wanted {
            let Some(line) = lines.get(&product) else { continue };
            let pieces = line.removable(*wanted);
            if wanted.quantity > pieces + line.removed_unpaid() + line.shipped_unpaid() {
                return Err(Refusal::Packed { product });
            }
            if pieces > 0 {
                removed.push((product, pieces));
            }
        }
        Ok(removed)
    }
}

impl RefundableLine {
    fn removable(self, wanted: LineRefund) -> i32 {
        let left = self.paid.quantity - self.fulfilled - self.removed;
        (wanted.quantity - wanted.restock - self.removed_unpaid()).clamp(0, left)
    }

    /// Removed pieces whose refund failed.
    fn removed_unpaid(self) -> i32 {
        (self.removed - self.paid.pieces_refunded).max(0)
    }

    /// What was paid for so many of its pieces, in minor units. Where a share of the line is no whole step, the next one.
    pub(super) fn paid_for(self, pieces: i32, step: i64) -> i64 {
        let (total, quantity) = (self.paid.paid.total, i64::from(self.paid.quantity.max(1)));
        let share = total.saturating_mul(i64::from(pieces.min(self.paid.quantity)));
        let steps =
            share.div_euclid(quantity * step) + i64::from(share.rem_euclid(quantity * step) > 0);
        (steps * step).min(total)
    }

    /// Shipped pieces whose money was not given back.
    pub(super) fn shipped_unpaid(self) -> i32 {
        self.shipped - (self.paid.pieces_refunded - self.removed).max(0)
    }
}

/// What a refund by parts gives back for each of them.
struct Parts {
    lines: Vec<(ProductId, LineRefund, RefundPart)>,
    shipping: RefundPart,
}

impl Parts {
    fn each(&self) -> impl Iterator<Item = &RefundPart> {
        self.lines.iter().map(|(_, _, part)| part).chain([&self.shipping])
    }

    fn minor(&self) -> i64 {
        self.each().map(|part| part.amount).sum()
    }

    fn priced(self, currency: Currency) -> PricedRefund {
        let money = |minor| Money { minor, currency };
        let tax = self.each().map(|part| part.tax).sum();
        PricedRefund {
            amount: money(self.minor()),
            shipping: money(self.shipping.amount),
            tax: money(tax),
            lines: self.lines,
        }
    }
}

/// The lines by ascending product id, then shipping.
fn parts(
    wanted: &BTreeMap<ProductId, LineRefund>,
    shipping: Option<&Paid>,
    lines: &BTreeMap<ProductId, RefundableLine>,
    mut order: Refundable,
) -> Result<Parts, Refusal> {
    let mut priced = Vec::new();
    for (&product, &pieces) in wanted {
        let line = lines.get(&product).ok_or(Refusal::TooManyPieces { product, left: 0 })?;
        let left = line.paid.quantity - line.paid.pieces_refunded;
        if pieces.quantity > left {
            return Err(Refusal::TooManyPieces { product, left });
        }
        priced.push((product, pieces, order.line(&line.paid, pieces.quantity)));
    }
    let shipping = shipping.map_or_else(RefundPart::default, |paid| order.shipping(paid));
    Ok(Parts { lines: priced, shipping })
}

#[cfg(test)]
mod tests;
