//! Confirms an order by hand.

use super::close;
use crate::db::Db;
use crate::failure::Failure;
use crate::id::{OrderId, UserId};
use crate::idempotency::{IdempotentCall, RecordedResponse};
use crate::ordering::{self, Order, Reason, Refusal, Status};
use crate::payments;
use crate::viewer::Viewer;

/// Confirms an order that was paid without Stripe. Confirming again for the same reason changes nothing.
pub async fn confirm_order(
    db: &Db,
    staff: UserId,
    id: OrderId,
    reason: &Reason,
    call: &IdempotentCall<Order>,
) -> Result<RecordedResponse, Failure<Refusal>> {
    call.transaction(db, staff, async |tx| {
        let locked = ordering::lock(tx, Viewer::Staff, id).await?.ok_or(Refusal::NotFound)?;
        match locked.status {
            Status::Pending if locked.cancel_reason.is_some() => return Err(Refusal::Ending.into()),
            Status::Pending => {}
            from => {
                let order = ordering::read(tx, id).await?;
                if order.confirm_reason.as_ref() == Some(reason) {
                    return Ok(order);
                }
                return Err(Refusal::IllegalMove { from, to: Status::Confirmed }.into());
            }
        }
        if payments::find_open(tx, id).await?.is_some() {
            return Err(Refusal::PaymentInProgress.into());
        }
        tx.act_as_staff(staff);
        payments::record_offline(tx, id, locked.total).await?;
        close::confirm(tx, id, Some(reason));
        Ok(ordering::read(tx, id).await?)
    })
    .await
}
