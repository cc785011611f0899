//! Cancels an order.

use super::{close, refund};
use crate::db::Db;
use crate::failure::Failure;
use crate::id::OrderId;
use crate::idempotency::{IdempotentCall, RecordedResponse};
use crate::ordering::{self, Actor, CancelReason, Order, Refusal, Status, Viewer};
use crate::payments::{self, dispute};

/// Cancels an order: buyers while it is pending; staff until something of it is shipped, and then all of its payments are refunded,
/// but for what a bank disputes.
///
/// While Stripe may still capture a payment for it, the cancellation is only requested: the order shows its
/// `cancel_requested_at`, and the sweep cancels the payment, then the order. Cancelling again changes nothing.
pub async fn cancel_order(
    db: &Db,
    who: Actor,
    id: OrderId,
    call: &IdempotentCall<Order>,
) -> Result<RecordedResponse, Failure<Refusal>> {
    call.transaction(db, who, async |tx| {
        let locked = ordering::lock(tx, who.viewer(), id).await?.ok_or(Refusal::NotFound)?;
        ordering::act_as(tx, who);
        match (locked.status, who.viewer()) {
            (Status::Cancelled, _) => {}
            (Status::Pending, _) if locked.cancel_reason.is_some() => {}
            (Status::Pending, _) => {
                if payments::find_open(tx, id).await?.is_some() {
                    ordering::request_cancel(tx, id);
                } else {
                    close::cancel(tx, id, CancelReason::Requested);
                }
            }
            (Status::Confirmed, Viewer::Staff) => {
                let progress = ordering::read_progress(tx, id).await?;
                if progress.is_begun() {
                    return Err(Refusal::PartlyShipped.into());
                }
                // While a dispute is open, the bank decides whether its money can be refunded; the rest can be.
                if locked.on_hold
                    && dispute::is_undecided(tx, id).await?
                    && payments::unrefunded(tx, id).await?.is_empty()
                {
                    return Err(Refusal::OnHold.into());
                }
                if !progress.packed.is_empty() {
                    ordering::unpack(tx, id, progress.packed);
                }
                refund::refund_all(tx, id).await?;
                close::cancel(tx, id, CancelReason::Requested);
            }
            (from @ (Status::Confirmed | Status::Shipped), _) => {
                return Err(Refusal::IllegalMove { from, to: Status::Cancelled }.into());
            }
        }
        Ok(ordering::read(tx, id).await?)
    })
    .await
}
