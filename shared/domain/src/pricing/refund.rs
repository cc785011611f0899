//! What goes back for pieces, for shipping, or by amount, and how much of it is tax. Pure.
//!
//! Whatever is refunded, fails and is refunded again, in whatever order: all parts together give back what was paid, and
//! never more on the way; likewise the tax.

use super::arithmetic::{narrow, product};

/// What was paid for a line, for shipping or for the whole order, and what of it went back. Minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Paid {
    /// With tax.
    pub total: i64,
    /// Added or contained.
    pub tax: i64,
    /// In refunds that did not fail, with tax.
    pub refunded: i64,
    /// The tax in them.
    pub tax_refunded: i64,
}

/// What was paid for a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LinePaid {
    /// The refunds are those of the line's pieces, not those by amount.
    pub paid: Paid,
    /// Pieces that were bought.
    pub quantity: i32,
    /// Pieces in refunds that did not fail.
    pub pieces_refunded: i32,
    pub discount: i64,
    /// The discount's share in refunds that did not fail.
    pub discount_refunded: i64,
}

/// One part of a refund. Minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RefundPart {
    /// With tax. May be 0: for a free line, or when nothing is left.
    pub amount: i64,
    /// Of the amount.
    pub tax: i64,
    /// What the pieces had been reduced by, for display.
    pub discount: i64,
}

/// The order while one refund is put together: lines by ascending product id, then shipping. Each part lessens what is left.
/// In steps of the currency.
#[derive(Clone, Copy, Debug)]
pub struct Refundable {
    /// Minor units in a step.
    step: i64,
    order: Paid,
    left: i64,
}

impl Refundable {
    /// `step` is the currency's, in minor units. `order` counts all refunds that did not fail. `left` is what of the payment may
    /// go back: less than what was not refunded, where a bank took a part.
    pub fn new(step: i64, order: Paid, left: i64) -> Self {
        let order = order.in_steps(step);
        let left = (left / step).min(order.total - order.refunded).max(0);
        Self { step, order, left }
    }

    /// For so many more pieces of a line, at most those that are left.
    pub fn line(&mut self, line: &LinePaid, pieces: i32) -> RefundPart {
        let (paid, step) = (line.paid.in_steps(self.step), self.step);
        let gone = line.pieces_refunded.saturating_add(pieces).min(line.quantity);
        let amount = due(paid.total, gone, line.quantity) - paid.refunded;
        let part = self.part(amount, &paid);
        let discount =
            due(line.discount / step, gone, line.quantity) - line.discount_refunded / step;
        RefundPart { discount: discount.max(0) * step, ..part }
    }

    /// What is left of shipping.
    pub fn shipping(&mut self, shipping: &Paid) -> RefundPart {
        let paid = shipping.in_steps(self.step);
        self.part(paid.total - paid.refunded, &paid)
    }

    /// An amount of the whole order in minor units, at most what is left of it.
    pub fn amount(&mut self, amount: i64) -> RefundPart {
        let order = self.order;
        self.part(amount / self.step, &order)
    }

    /// What is left, in minor units.
    pub fn left(&self) -> i64 {
        self.left * self.step
    }

    /// Gives back so much of what was paid for one thing, in steps. Its tax is what falls on all that is back of that thing,
    /// then at most what is left of the order's tax, and at least what is more than is left of its net.
    fn part(&mut self, amount: i64, of: &Paid) -> RefundPart {
        let Self { step, order, left } = *self;
        let amount = amount.clamp(0, left);
        let tax_left = order.tax - order.tax_refunded;
        let net_left = order.total - order.refunded - tax_left;
        let due = if of.total > 0 { tax_of(of, of.refunded + amount) - of.tax_refunded } else { 0 };
        let tax = due.max(amount - net_left).min(amount).min(tax_left).max(0);
        self.order.refunded += amount;
        self.order.tax_refunded += tax;
        self.left -= amount;
        RefundPart { amount: amount * step, tax: tax * step, discount: 0 }
    }
}

impl Paid {
    fn in_steps(self, step: i64) -> Self {
        let Self { total, tax, refunded, tax_refunded } = self;
        let [total, tax, refunded, tax_refunded] =
            [total, tax, refunded, tax_refunded].map(|minor| minor / step);
        Self { total, tax, refunded, tax_refunded }
    }
}

/// What of `total` falls on the first `pieces` of `quantity`, rounded down.
fn due(total: i64, pieces: i32, quantity: i32) -> i64 {
    if quantity == 0 { 0 } else { narrow(product(total, pieces.into()) / i128::from(quantity)) }
}

/// The tax in an amount of what was paid for one thing, rounded down.
fn tax_of(paid: &Paid, amount: i64) -> i64 {
    narrow(product(paid.tax, amount) / i128::from(paid.total))
}

#[cfg(test)]
mod tests;
