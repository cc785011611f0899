//! Gives a buyer more time to pay.

use crate::db::Db;
use crate::failure::Failure;
use crate::id::{OrderId, UserId};
use crate::idempotency::{IdempotentCall, RecordedResponse};
use crate::ordering::{self, MoreTime, Order, Refusal, Status};
use crate::payments;
use crate::viewer::Viewer;

/// A pending order keeps its stock for so long from now on. It never gets less time than it has.
pub async fn extend_order(
    db: &Db,
    staff: UserId,
    id: OrderId,
    time: MoreTime,
    call: &IdempotentCall<Order>,
) -> Result<RecordedResponse, Failure<Refusal>> {
    call.transaction(db, staff, async |tx| {
        let locked = ordering::lock(tx, Viewer::Staff, id).await?.ok_or(Refusal::NotFound)?;
        match locked.status {
            Status::Pending if locked.is_ending() => return Err(Refusal::Ending.into()),
            Status::Pending => {}
            from => return Err(Refusal::IllegalMove { from, to: Status::Pending }.into()),
        }
        // Its end would end the order: Stripe's page is open for 35 minutes.
        if payments::find_open(tx, id).await?.is_some() {
            return Err(Refusal::PaymentInProgress.into());
        }
        tx.act_as_staff(staff);
        ordering::extend_expiry(tx, id, time.seconds(), Some(MoreTime::LONGEST_SECONDS));
        Ok(ordering::read(tx, id).await?)
    })
    .await
}
