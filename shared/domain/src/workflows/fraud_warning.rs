//! Applies what Stripe reports about payments that may be fraud, and releases orders that were held because of it.

use crate::db::{Db, Tx};
use crate::failure::Failure;
use crate::id::{OrderId, UserId};
use crate::idempotency::{IdempotentCall, RecordedResponse};
use crate::ordering::{self, Order};
use crate::outbox::{self, Event};
use crate::payments::fraud_warning::{self, FraudWarningUpdate};
use crate::payments::{self, dispute};
use crate::viewer::Viewer;

/// Closes all fraud warnings and reviews of an order, so that it can be shipped. Not while a dispute holds it. Releasing
/// an order that is not on hold changes nothing.
pub async fn release_hold(
    db: &Db,
    staff: UserId,
    id: OrderId,
    call: &IdempotentCall<Order>,
) -> Result<RecordedResponse, Failure<ordering::Refusal>> {
    call.transaction(db, staff, async |tx| {
        let locked = ordering::lock(tx, Viewer::Staff, id).await?;
        let locked = locked.ok_or(ordering::Refusal::NotFound)?;
        if locked.on_hold {
            if dispute::holds_goods(tx, id).await? {
                return Err(ordering::Refusal::OnHold.into());
            }
            tx.act_as_staff(staff);
            fraud_warning::close_all(tx, id, staff).await?;
            ordering::set_on_hold(tx, id, payments::holds_goods(tx, id).await?).await?;
        }
        Ok(ordering::read(tx, id).await?)
    })
    .await
}

/// Lock order: the order, then its warning.
pub(super) async fn apply(
    tx: &Tx<'_>,
    update: &FraudWarningUpdate,
) -> Result<(), Failure<payments::Refusal>> {
    let found = fraud_warning::payment_of(tx, update).await?;
    let (payment, order) = found.ok_or(payments::Refusal::NoPayment)?;
    ordering::lock(tx, Viewer::Staff, order).await?;
    match fraud_warning::lock(tx, payment, update).await? {
        // Once closed, by Stripe or by staff, it stays so.
        Some((id, is_open)) if is_open && !update.is_open => fraud_warning::close(tx, id).await?,
        Some(_) => {}
        None => {
            let warning = fraud_warning::insert(tx, payment, update).await?;
            if update.is_open {
                outbox::enqueue(tx, Event::FraudWarningOpened { warning });
            }
        }
    }
    ordering::set_on_hold(tx, order, payments::holds_goods(tx, order).await?).await?;
    Ok(())
}
