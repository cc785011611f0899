//! Lets go of a payment, so that its order can be paid otherwise.

use crate::db::Db;
use crate::failure::Failure;
use crate::id::PaymentId;
use crate::ordering::{self, Actor, Status};
use crate::payments::{self, OpenPayment, Refusal, refund};

/// Lets go of a payment of an order that is not paid yet. If Stripe may still capture it, the caller cancels the payment there,
/// passes the answer to [`super::apply_payment_update`], and calls again: none is left to cancel then. The order stays as it is
/// until its end, and may be paid anew or confirmed by hand.
pub async fn release_payment(
    db: &Db,
    who: Actor,
    payment: PaymentId,
) -> Result<Option<OpenPayment>, Failure<Refusal>> {
    db.transaction(async |tx| {
        let order = refund::order_of(tx, payment).await?.ok_or(Refusal::NoSuch)?;
        let locked = ordering::lock(tx, who.viewer(), order).await?.ok_or(Refusal::NoSuch)?;
        if locked.status != Status::Pending {
            return Err(Refusal::NotPayable(locked.status).into());
        }
        if locked.is_ending() {
            return Err(Refusal::Ending.into());
        }
        let open = payments::find_open(tx, order).await?.filter(|open| open.id == payment);
        if open.is_some() {
            ordering::act_as(tx, who);
            // Before Stripe is asked to cancel it: the event of that may arrive before the answer, and would end the order.
            payments::mark_replaced(tx, payment);
        }
        Ok(open)
    })
    .await
}
