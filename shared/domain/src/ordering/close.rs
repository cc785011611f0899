//! How a pending order ends: paid, or cancelled with its stock released, and never anything between.

use super::bill::{Bill, Paid};
use super::order::{Reason, Viewer};
use super::sql;
use super::status::CancelReason;
use crate::db::{Db, DbError, Tx};
use crate::failure::{Failure, Never};
use crate::id::OrderId;
use crate::outbox::{self, Event};
use crate::{inventory, payment};

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
        let Some(reason) = bill.ends() else { return Ok(Closing::Done) };
        if let Some(open) = payment::live(tx, order).await? {
            return Ok(Closing::AskStripe(open));
        }
        cancel(tx, order, reason).await?;
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
    match bill.once_paid() {
        Paid::Confirm => {
            confirm(tx, order, None).await?;
            Ok(Settled::Kept)
        }
        Paid::Cancel => {
            cancel(tx, order, CancelReason::Requested).await?;
            sql::add_up(tx, order).await?;
            Ok(Settled::TooLate)
        }
        Paid::GiveBack => {
            sql::add_up(tx, order).await?;
            Ok(Settled::TooLate)
        }
        Paid::Keep => Ok(Settled::Kept),
    }
}

/// The order's payment can never be captured: ends the order if it still waits for it.
pub(crate) async fn give_up(tx: &Tx<'_>, bill: &Bill) -> Result<(), DbError> {
    match bill.ends_unpaid() {
        Some(reason) => cancel(tx, bill.order, reason).await,
        None => Ok(()),
    }
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
