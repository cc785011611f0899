//! Buyers who take their money back through their bank: what Stripe tells of it, and what that means for the order.
//!
//! Goods stay where they are while a dispute, or an inquiry before it, is open, and for good once it is lost.

mod sql;
mod state;

pub(crate) use sql::ALL as ALL_QUERIES;
pub use state::{Case, DisputeStatus, DisputeTold, Funds, Refusal};

use crate::db::{Db, DbError, Tx};
use crate::failure::Failure;
use crate::id::{DisputeId, OrderId, PaymentId};
use crate::ordering::{self, Viewer};
use crate::outbox::{self, Event};
use crate::page::{Page, Slice};
use time::OffsetDateTime;

/// A buyer's complaint at the bank about a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dispute {
    pub id: DisputeId,
    pub payment: PaymentId,
    pub order: OrderId,
    /// Stripe's id of it.
    pub provider: String,
    pub case: Case,
    pub created_at: OffsetDateTime,
    pub updated_at: OffsetDateTime,
    pub closed_at: Option<OffsetDateTime>,
}

pub async fn show(db: &Db, id: DisputeId) -> Result<Dispute, Failure<Refusal>> {
    Ok(sql::find(db, id).await?.ok_or(Refusal::NoDispute)?)
}

/// Disputes, the newest first; those of one order if asked so.
pub async fn list(
    db: &Db,
    order: Option<OrderId>,
    only: Option<DisputeStatus>,
    page: &Page<DisputeId>,
) -> Result<Slice<Dispute>, Failure<Refusal>> {
    let disputes = sql::list(db, order, only, page).await?;
    Ok(page.cut(disputes, |dispute| dispute.id))
}

/// Whether a bank is about to decide over money of an order, so that nothing of it can go back now.
pub(crate) async fn is_undecided(tx: &Tx<'_>, order: OrderId) -> Result<bool, DbError> {
    sql::is_undecided(tx, order).await
}

/// What Stripe says about a dispute. Lock order: the order, then its dispute.
pub(super) async fn learn(tx: &Tx<'_>, told: &DisputeTold) -> Result<(), Failure<super::Refusal>> {
    let (payment, order) = sql::payment_of(tx, told).await?.ok_or(super::Refusal::NoPayment)?;
    ordering::lock(tx, Viewer::Staff, order).await?;
    let dispute = if let Some(known) = sql::lock(tx, payment, told).await? {
        if known.yields_to(told) {
            sql::update(tx, known.id, told).await?;
        }
        known.id
    } else {
        let dispute = sql::insert(tx, payment, told).await?;
        outbox::enqueue(tx, Event::DisputeOpened { dispute }).await?;
        dispute
    };
    if let Some(funds) = told.funds {
        sql::enter_funds(tx, dispute, funds, told.case.amount).await?;
    }
    ordering::hold_back(tx, order, sql::holds_goods(tx, order).await?).await?;
    Ok(())
}
