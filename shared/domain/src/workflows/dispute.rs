//! Applies what Stripe reports about a dispute.
//!
//! Goods are not shipped while a dispute, or an inquiry before it, is open, and never once it is lost.

use crate::db::Tx;
use crate::failure::Failure;
use crate::ordering;
use crate::outbox::{self, Event};
use crate::payments::dispute::{self, DisputeUpdate};
use crate::payments::{self, Refusal};
use crate::viewer::Viewer;

/// Lock order: the order, then its dispute.
pub(super) async fn apply(tx: &Tx<'_>, update: &DisputeUpdate) -> Result<(), Failure<Refusal>> {
    let found = dispute::payment_of(tx, update).await?;
    let (payment, order) = found.ok_or(Refusal::NoPayment)?;
    ordering::lock(tx, Viewer::Staff, order).await?;
    let id = if let Some(locked) = dispute::lock(tx, payment, update).await? {
        if locked.is_superseded_by(update) {
            dispute::update(tx, locked.id, update).await?;
        }
        locked.id
    } else {
        let id = dispute::insert(tx, payment, update).await?;
        outbox::enqueue(tx, Event::DisputeOpened { dispute: id });
        id
    };
    if let Some(funds) = update.funds {
        dispute::record_funds(tx, id, funds, update.case.amount).await?;
    }
    ordering::set_on_hold(tx, order, payments::holds_goods(tx, order).await?).await?;
    Ok(())
}
