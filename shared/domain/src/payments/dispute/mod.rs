//! Disputes: payments that buyers reclaim through their bank, as Stripe reports them.

mod sql;
mod state;
mod status;

pub(crate) use sql::{
    ALL as ALL_QUERIES, find_stored, holds_goods, insert, is_undecided, lock, payment_of,
    record_funds, update,
};
pub(crate) use state::DisputeInLedger;
#[cfg(test)]
pub(crate) use state::StoredDispute;
pub use state::{Case, DisputeUpdate, MovedFunds, Refusal};
pub use status::DisputeStatus;

use crate::db::Db;
use crate::failure::Failure;
use crate::id::{DisputeId, OrderId, PaymentId};
use crate::page::{Page, PageRequest};
use time::OffsetDateTime;

/// A payment that its buyer disputes at the bank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dispute {
    pub id: DisputeId,
    pub payment: PaymentId,
    pub order: OrderId,
    /// Stripe's id of the dispute.
    pub provider: String,
    pub case: Case,
    pub created_at: OffsetDateTime,
    pub updated_at: OffsetDateTime,
    pub closed_at: Option<OffsetDateTime>,
}

pub async fn show(db: &Db, id: DisputeId) -> Result<Dispute, Failure<Refusal>> {
    Ok(sql::find(db, id).await?.ok_or(Refusal::NoDispute)?)
}

/// One page of all disputes, or of one order's, the newest first.
pub async fn list(
    db: &Db,
    order: Option<OrderId>,
    only: Option<DisputeStatus>,
    page: &PageRequest<DisputeId>,
) -> Result<Page<Dispute>, Failure<Refusal>> {
    let disputes = sql::list(db, order, only, page).await?;
    Ok(page.paginate(disputes, |dispute| dispute.id))
}
