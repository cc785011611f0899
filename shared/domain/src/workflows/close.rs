//! Ends the wait of a pending order: it is confirmed once it is paid, or cancelled and its stock released.

use crate::db::{Db, Tx};
use crate::failure::{Failure, Never};
use crate::id::OrderId;
use crate::inventory;
use crate::money::Money;
use crate::ordering::{self, CancelReason, CaptureOutcome, LockedOrder, Reason};
use crate::outbox::{self, Event};
use crate::payments::{self, OpenPayment};
use crate::viewer::Viewer;

/// What is left to do before an order can be closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CloseOutcome {
    Done,
    /// Stripe may still capture this payment: cancel it there, then apply the update that Stripe answers with. If the
    /// order only expired and its buyer has a voucher, apply the update instead: the order waits for the voucher.
    CancelPayment {
        open: OpenPayment,
        has_expired: bool,
    },
}

/// Cancels an order that is due for it, unless Stripe may still capture a payment for it.
pub async fn close_order(db: &Db, order: OrderId) -> Result<CloseOutcome, Failure<Never>> {
    db.transaction(async |tx| {
        let locked = ordering::lock(tx, Viewer::Staff, order).await?;
        let Some(reason) = locked.and_then(|locked| locked.due_cancellation()) else {
            return Ok(CloseOutcome::Done);
        };
        if let Some(open) = payments::find_open(tx, order).await? {
            let has_expired = reason == CancelReason::Expired;
            return Ok(CloseOutcome::CancelPayment { open, has_expired });
        }
        cancel(tx, order, reason);
        Ok(CloseOutcome::Done)
    })
    .await
}

/// The order's payment is captured: confirms the order, or cancels it if that was requested before or if less than its
/// total was received, which staff are told.
pub(super) fn on_capture(tx: &Tx<'_>, locked: &LockedOrder, received: Money) -> CaptureOutcome {
    let (order, outcome) = (locked.order, locked.on_capture(received));
    match outcome {
        CaptureOutcome::Confirm => confirm(tx, order, None),
        CaptureOutcome::CancelAndRefund(reason) => {
            cancel(tx, order, reason);
            if reason == CancelReason::Underpaid {
                outbox::enqueue(tx, Event::OrderUnderpaid { order });
            }
            ordering::recompute_paid(tx, order);
        }
        CaptureOutcome::Refund => ordering::recompute_paid(tx, order),
        CaptureOutcome::Unchanged => {}
    }
    outcome
}

/// The order's payment can never be captured: cancels the order if it still waits for it.
pub(super) fn cancel_unpaid(tx: &Tx<'_>, locked: &LockedOrder) {
    if let Some(reason) = locked.unpaid_cancellation() {
        cancel(tx, locked.order, reason);
    }
}

/// The order is paid: it can be shipped. `by_hand` is why staff confirmed it, if they did.
pub(super) fn confirm(tx: &Tx<'_>, order: OrderId, by_hand: Option<&Reason>) {
    ordering::confirm(tx, order, by_hand);
    outbox::enqueue(tx, Event::OrderConfirmed { order });
}

/// Cancels an order and releases its stock.
pub(super) fn cancel(tx: &Tx<'_>, order: OrderId, reason: CancelReason) {
    ordering::cancel(tx, order, reason);
    inventory::release(tx, order);
    outbox::enqueue(tx, Event::OrderCancelled { order });
}
