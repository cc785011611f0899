//! Applies what Stripe reports about a dispute.
//!
//! Goods are not shipped while a dispute, or an inquiry before it, is open, and never once it is lost.

use crate::db::{DbError, Tx};
use crate::failure::Failure;
use crate::id::OrderId;
use crate::ordering::{self, Status};
use crate::outbox::{self, Event};
use crate::payments::dispute::{self, DisputeStatus, DisputeUpdate};
use crate::payments::{self, Refusal};
use crate::viewer::Viewer;

/// Lock order: the order, then its dispute.
pub(super) async fn apply(tx: &Tx<'_>, update: &DisputeUpdate) -> Result<(), Failure<Refusal>> {
    let found = dispute::payment_of(tx, update).await?;
    let (payment, order) = found.ok_or(Refusal::NoPayment)?;
    let locked = ordering::lock(tx, Viewer::Staff, order).await?;
    let mut is_won = update.case.status == DisputeStatus::Won;
    let id = if let Some(known) = dispute::lock(tx, payment, update).await? {
        is_won &= known.case.status != DisputeStatus::Won && known.is_superseded_by(update);
        if known.is_superseded_by(update) {
            dispute::update(tx, known.id, update).await?;
        }
        known.id
    } else {
        let id = dispute::insert(tx, payment, update).await?;
        outbox::enqueue(tx, Event::DisputeOpened { dispute: id });
        id
    };
    dispute::record_funds(tx, id, update.funds, update.case.amount).await?;
    ordering::set_on_hold(tx, order, payments::holds_goods(tx, order).await?).await?;
    let is_cancelled = locked.is_some_and(|locked| locked.status == Status::Cancelled);
    if is_won && is_owed(tx, order, is_cancelled).await? {
        tracing::warn!("{order} got disputed money back that its buyer may be owed");
        outbox::enqueue(tx, Event::DisputedMoneyReturned { dispute: id });
    }
    Ok(())
}

/// Whether money of the order is left although it was cancelled or refunded: what a bank disputes is refunded by nobody
/// meanwhile.
async fn is_owed(tx: &Tx<'_>, order: OrderId, is_cancelled: bool) -> Result<bool, DbError> {
    let is_over = is_cancelled || payments::has_refunds(tx, order).await?;
    Ok(is_over && !payments::unrefunded(tx, order).await?.is_empty())
}
