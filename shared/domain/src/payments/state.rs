//! Payments, and which of Stripe's updates of them count. Pure.

use super::refusal::Refusal;
use crate::id::{OrderId, PaymentId, UserId};
use crate::money::Money;
use crate::status::{OrderStatus, PaymentIntentStatus as Status};
use time::{Duration, OffsetDateTime};

/// How much later than its end Stripe may report that a voucher was paid: Boleto takes a business day, and there are
/// weekends. From <https://docs.stripe.com/payments/boleto>.
const VOUCHER_REPORTING: Duration = Duration::days(4);

/// What a buyer pays with later, and when it can no longer be paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Awaited {
    Voucher(OffsetDateTime),
    /// A code of Pix, whose payment is reported at once.
    Code(OffsetDateTime),
}

/// The state of a payment as Stripe reports it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentUpdate {
    /// Stripe's id of the PaymentIntent. A Checkout Session has none until the buyer pays.
    pub provider: Option<String>,
    /// Stripe's id of the Checkout Session, if the report is about one.
    pub session: Option<String>,
    /// Our id, from the object's metadata.
    pub payment: Option<PaymentId>,
    pub status: Status,
    /// What was received, if it succeeded; else what is asked for.
    pub amount: Money,
    /// Why the last attempt failed: the bank's decline code, or Stripe's error code.
    pub decline_code: Option<String>,
    /// What the buyer got to pay with later, if anything.
    pub waits_for: Option<Awaited>,
    /// When this was the state.
    pub at: OffsetDateTime,
}

impl PaymentUpdate {
    /// As it counts here: a payment that succeeded without any money is as good as canceled.
    pub(crate) fn by_received_amount(&self) -> Self {
        let is_empty = self.status == Status::Succeeded && self.amount.minor == 0;
        let status = if is_empty { Status::Canceled } else { self.status };
        Self { status, ..self.clone() }
    }

    /// Until when Stripe may still report that the buyer's voucher or code was paid, if it waits for one.
    pub(crate) fn waits_until(&self) -> Option<OffsetDateTime> {
        match self.waits_for.filter(|_| !self.status.is_final())? {
            Awaited::Voucher(expiry) => expiry.checked_add(VOUCHER_REPORTING),
            Awaited::Code(expiry) => Some(expiry),
        }
    }

    /// Whether this can be the state of a payment for which `asked` was asked. It may bring less.
    pub(crate) fn is_possible_for(&self, asked: Money) -> bool {
        let Money { minor, currency } = self.amount;
        match self.status {
            Status::Canceled => true,
            Status::Succeeded => currency == asked.currency && minor <= asked.minor,
            _ => self.amount == asked,
        }
    }
}

/// An attempt to pay an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    pub id: PaymentId,
    pub order: OrderId,
    /// None if a guest pays.
    pub buyer: Option<UserId>,
    /// The order's total, or what was received if that was less.
    pub amount: Money,
    /// The sum of its refunds.
    pub refunded: Money,
    pub status: Status,
    /// Stripe's id of the PaymentIntent, once it is known.
    pub provider: Option<String>,
    /// Stripe's id of the Checkout Session, if it is paid on Stripe's page.
    pub session: Option<String>,
    /// Why the last attempt failed: the bank's decline code, or Stripe's error code.
    pub decline_code: Option<String>,
    pub created_at: OffsetDateTime,
    pub updated_at: OffsetDateTime,
}

/// A payment's row, locked.
#[derive(Clone, Debug)]
pub(crate) struct LockedPayment {
    pub(crate) id: PaymentId,
    pub(crate) provider: Option<String>,
    pub(crate) session: Option<String>,
    /// The buyer switched to the other flow.
    pub(crate) is_replaced: bool,
    pub(crate) status: Status,
    pub(crate) amount: Money,
    pub(crate) as_of: Option<OffsetDateTime>,
}

/// Only a pending order may be paid, and only while it is not about to be cancelled.
pub(crate) fn may_be_paid(status: OrderStatus, is_ending: bool) -> Result<(), Refusal> {
    match status {
        OrderStatus::Pending if is_ending => Err(Refusal::Ending),
        OrderStatus::Pending => Ok(()),
        _ => Err(Refusal::NotPayable(status)),
    }
}

impl LockedPayment {
    /// Whether the update replaces what is stored. The same updates lead to the same state in whatever order they arrive.
    pub(crate) fn is_superseded_by(&self, update: &PaymentUpdate) -> Result<bool, Refusal> {
        let differ = |known: &Option<String>, update: &Option<String>| {
            known.is_some() && update.is_some() && known != update
        };
        if differ(&self.provider, &update.provider) || differ(&self.session, &update.session) {
            return Err(Refusal::NoPayment);
        }
        let known = (finality(self.status), self.as_of, rank(self.status));
        let new = (finality(update.status), Some(update.at), rank(update.status));
        let is_new = if finality(self.status) > 0 { new.0 > known.0 } else { new > known };
        // Two reports of what was received contradict each other.
        let is_contradiction = self.status == Status::Succeeded
            && update.status == Status::Succeeded
            && self.amount != update.amount;
        if is_contradiction || is_new && !update.is_possible_for(self.amount) {
            return Err(Refusal::Mismatch { ours: self.amount, stripe: update.amount });
        }
        Ok(is_new)
    }
}

/// Zero while anything can still happen. A capture outranks every other end.
fn finality(status: Status) -> u8 {
    match status {
        Status::Failed => 1,
        Status::Canceled => 2,
        Status::Succeeded => 3,
        _ => 0,
    }
}

/// Which of two states of the same second is the later one.
fn rank(status: Status) -> u8 {
    match status {
        Status::Creating => 0,
        Status::RequiresPaymentMethod => 1,
        Status::RequiresConfirmation => 2,
        Status::RequiresAction => 3,
        Status::RequiresCapture => 4,
        Status::Processing => 5,
        Status::Failed | Status::Canceled | Status::Succeeded => 6,
    }
}

#[cfg(test)]
mod tests;
