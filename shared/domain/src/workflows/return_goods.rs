//! Takes goods of an order back: requested, decided on, received or cancelled. Their money is refunded apart, see `refund`.

use crate::db::{Db, Tx};
use crate::failure::Failure;
use crate::id::{OrderId, ReturnId, UserId};
use crate::idempotency::{IdempotentCall, RecordedResponse};
use crate::inventory;
use crate::ordering::returns::{
    self, Instructions, NewReturn, Receipt, Refusal, Return, ReturnStatus,
};
use crate::ordering::{self, Reason};
use crate::outbox::{self, Event};
use crate::viewer::{Actor, Viewer};

/// Requests that pieces which were shipped come back: in time, where a buyer does. Staff decide on it.
pub async fn request_return(
    db: &Db,
    who: Actor,
    order: OrderId,
    new: &NewReturn,
    call: &IdempotentCall<Return>,
) -> Result<RecordedResponse, Failure<Refusal>> {
    call.transaction(db, who, async |tx| {
        let viewer = who.viewer();
        let (left, window) = (returns::returnable(order), returns::window(order));
        let flight = (ordering::lock_for(viewer, order), left, window);
        let (locked, left, window) = tx.together(flight).await;
        locked?.ok_or(ordering::Refusal::NotFound).map_err(Refusal::from)?;
        let pieces = new.take(viewer, &left?, window?)?;
        ordering::act_as(tx, who);
        let id = ReturnId::generate();
        returns::insert(tx, id, order, new.note(), &pieces);
        ordering::touch(tx, order);
        outbox::enqueue(tx, Event::ReturnRequested { id });
        Ok(returns::read(tx, id).await?)
    })
    .await
}

/// Lets the buyer send the goods back. Approving it again changes nothing.
pub async fn approve_return(
    db: &Db,
    staff: UserId,
    id: ReturnId,
    instructions: &Instructions,
    call: &IdempotentCall<Return>,
) -> Result<RecordedResponse, Failure<Refusal>> {
    call.transaction(db, staff, async |tx| {
        let back = lock(tx, Viewer::Staff, id).await?;
        let is_said = back.instructions.as_deref() == instructions.text();
        if back.status == ReturnStatus::Approved && is_said {
            return Ok(back);
        }
        back.may_become(ReturnStatus::Approved, Viewer::Staff)?;
        tx.act_as_staff(staff);
        returns::approve(tx, id, instructions.text());
        ordering::touch(tx, back.order);
        outbox::enqueue(tx, Event::ReturnApproved { id });
        Ok(returns::read(tx, id).await?)
    })
    .await
}

/// Takes no goods back, for a reason that the buyer reads. Their pieces can be returned again. Rejecting it again for the
/// same reason changes nothing.
pub async fn reject_return(
    db: &Db,
    staff: UserId,
    id: ReturnId,
    reason: &Reason,
    call: &IdempotentCall<Return>,
) -> Result<RecordedResponse, Failure<Refusal>> {
    call.transaction(db, staff, async |tx| {
        let back = lock(tx, Viewer::Staff, id).await?;
        let is_said = back.reason.as_deref() == Some(reason.text());
        if back.status == ReturnStatus::Rejected && is_said {
            return Ok(back);
        }
        back.may_become(ReturnStatus::Rejected, Viewer::Staff)?;
        tx.act_as_staff(staff);
        returns::reject(tx, back.order, id, reason.text());
        ordering::touch(tx, back.order);
        outbox::enqueue(tx, Event::ReturnRejected { id });
        Ok(returns::read(tx, id).await?)
    })
    .await
}

/// Stores what arrived, and puts what is as good as new back into stock. The same receipt again changes nothing.
pub async fn receive_return(
    db: &Db,
    staff: UserId,
    id: ReturnId,
    receipt: &Receipt,
    call: &IdempotentCall<Return>,
) -> Result<RecordedResponse, Failure<Refusal>> {
    call.transaction(db, staff, async |tx| {
        let back = lock(tx, Viewer::Staff, id).await?;
        if back.status == ReturnStatus::Received && receipt.is_of(&back) {
            return Ok(back);
        }
        back.may_become(ReturnStatus::Received, Viewer::Staff)?;
        let arrived = receipt.of(&back)?;
        tx.act_as_staff(staff);
        returns::receive(tx, back.order, id, &arrived);
        if arrived.iter().any(|(_, line)| line.restocks()) {
            inventory::receive(tx, id, staff);
        }
        ordering::touch(tx, back.order);
        outbox::enqueue(tx, Event::ReturnReceived { id });
        Ok(returns::read(tx, id).await?)
    })
    .await
}

/// Nothing comes back: buyers cancel what nobody has decided on, staff what has not arrived. Its pieces can be returned again.
/// Cancelling it again changes nothing.
pub async fn cancel_return(
    db: &Db,
    who: Actor,
    id: ReturnId,
    call: &IdempotentCall<Return>,
) -> Result<RecordedResponse, Failure<Refusal>> {
    call.transaction(db, who, async |tx| {
        let back = lock(tx, who.viewer(), id).await?;
        if back.status == ReturnStatus::Cancelled {
            return Ok(back);
        }
        back.may_become(ReturnStatus::Cancelled, who.viewer())?;
        ordering::act_as(tx, who);
        returns::cancel(tx, back.order, id);
        ordering::touch(tx, back.order);
        Ok(returns::read(tx, id).await?)
    })
    .await
}

/// Locks the order of a return, if the viewer may see it, and reads the return.
async fn lock(tx: &Tx<'_>, viewer: Viewer, id: ReturnId) -> Result<Return, Failure<Refusal>> {
    let order = returns::order_of(tx, id).await?.ok_or(Refusal::NoReturn)?;
    ordering::lock(tx, viewer, order).await?.ok_or(Refusal::NoReturn)?;
    Ok(returns::read(tx, id).await?)
}
