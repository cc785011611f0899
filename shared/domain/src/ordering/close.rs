//! How a pending order ends: paid, or cancelled with its stock released, and never anything between.

use super::order::{Reason, Viewer};
use super::sql;
use super::status::{CancelReason, Status};
use crate::db::{Db, DbError, Tx};
use crate::failure::{Failure, Never};
use crate::id::OrderId;
use crate::money::Money;
use crate::outbox::{self, Event};
use crate::{inventory, payment};

/// What must be known of an order to decide about its money. Its row is locked.
#[derive(Clone, Debug)]
pub(crate) struct Bill {
    pub(crate) order: OrderId,
    pub(crate) status: Status,
    pub(crate) total: Money,
    pub(crate) cancel_reason: Option<CancelReason>,
    pub(crate) on_hold: bool,
    pub(crate) is_due: bool,
}

impl Bill {
    /// Whether a pending order shall end: somebody wants it, or its time is over.
    pub(crate) fn is_ending(&self) -> bool {
        self.cancel_reason.is_some() || self.is_due
    }
}

/// What is left to do before an order can be closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Closing {
    Done,
    /// Stripe may still take money: have it cancel this payment, then tell [`payment::hear`] what it said.
    AskStripe(payment::Open),
}

/// Takes pending orders on lease that nobody paid in time, or that somebody wants cancelled.
pub async fn due_to_close(db: &Db, limit: u8) -> Result<Vec<OrderId>, DbError> {
    sql::lease_to_close(db, limit).await
}

/// Cancels an order that is due, unless Stripe may still take money for it.
pub async fn close(db: &Db, order: OrderId) -> Result<Closing, Failure<Never>> {
    db.transaction(async |tx| {
        let Some(bill) = sql::lock(tx, Viewer::Staff, order).await? else {
            return Ok(Closing::Done);
        };
        if bill.status != Status::Pending || !bill.is_ending() {
            return Ok(Closing::Done);
        }
        if let Some(open) = payment::live(tx, order).await? {
            return Ok(Closing::AskStripe(open));
        }
        cancel(tx, order, bill.cancel_reason.unwrap_or(CancelReason::Expired)).await?;
        Ok(Closing::Done)
    })
    .await
}

/// What a payment in full means for its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Settled {
    /// The order is confirmed.
    Kept,
    /// The order was ended before the money came: the money must go back.
    TooLate,
}

/// The order's payment is captured: confirms the order, or says that the money came too late.
pub(crate) async fn settle(tx: &Tx<'_>, bill: &Bill) -> Result<Settled, DbError> {
    let order = bill.order;
    match bill.status {
        // Somebody asked for the end while Stripe took the money: the wish came first.
        Status::Pending if bill.cancel_reason == Some(CancelReason::Requested) => {
            cancel(tx, order, CancelReason::Requested).await?;
            sql::add_up(tx, order).await?;
            Ok(Settled::TooLate)
        }
        Status::Pending => {
            confirm(tx, order, None).await?;
            Ok(Settled::Kept)
        }
        Status::Cancelled => {
            sql::add_up(tx, order).await?;
            Ok(Settled::TooLate)
        }
        Status::Confirmed | Status::Shipped => Ok(Settled::Kept),
    }
}

/// The order's payment can never be captured: ends the order if it still waits for it.
pub(crate) async fn give_up(tx: &Tx<'_>, bill: &Bill) -> Result<(), DbError> {
    if bill.status != Status::Pending {
        return Ok(());
    }
    let otherwise = if bill.is_due { CancelReason::Expired } else { CancelReason::PaymentCanceled };
    cancel(tx, bill.order, bill.cancel_reason.unwrap_or(otherwise)).await
}

/// The order is paid: it can be shipped.
pub(super) async fn confirm(
    tx: &Tx<'_>,
    order: OrderId,
    by_hand: Option<&Reason>,
) -> Result<(), DbError> {
    sql::confirm(tx, order, by_hand).await?;
    outbox::enqueue(tx, Event::OrderConfirmed { order }).await
}

/// Ends an order for good and gives its stock back.
pub(super) async fn cancel(
    tx: &Tx<'_>,
    order: OrderId,
    reason: CancelReason,
) -> Result<(), DbError> {
    sql::cancel(tx, order, reason).await?;
    inventory::release(tx, order).await?;
    outbox::enqueue(tx, Event::OrderCancelled { order }).await
}
