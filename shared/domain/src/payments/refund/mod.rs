//! Refunds: their rules, their rows and what can be read of them. The row is written before Stripe is called, and its id
//! is Stripe's idempotency key.

mod amount;
mod due;
mod refusal;
mod request;
mod returned;
mod sql;
mod state;

pub use due::DueRefund;
pub use refusal::Refusal;
pub use request::{LineRefund, RefundRequest, RefundScope, RequestedLine};
pub(crate) use sql::gone::{ALL as GONE_QUERIES, give_up, order_of_refund};
pub(crate) use sql::insert::{ALL as INSERT_QUERIES, insert};
pub(crate) use sql::lines::{ALL as LINE_QUERIES, refundable_lines};
pub(crate) use sql::refundable::{ALL as REFUNDABLE_QUERIES, refundable, select_left};
pub(crate) use sql::returned::{ALL as RETURN_QUERIES, refundable_return};
pub(crate) use sql::superseded::{ALL as SUPERSEDED_QUERIES, fail_uncovered};
pub(crate) use sql::{
    ALL as ALL_QUERIES, fail, insert_from_dashboard, lock, order_of, payment_of, read,
    record_failure, record_refund, update,
};
pub use state::{RefundStatus, RefundUpdate};

pub(super) use sql::refunds_of;

use crate::db::{Db, DbError};
use crate::failure::Failure;
use crate::id::{OrderId, PaymentId, ProductId, RefundId, ReturnId, UserId};
use crate::money::Money;
use crate::page::{Page, PageRequest};
use time::OffsetDateTime;

/// Money that is paid back to a buyer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    pub id: RefundId,
    pub payment: PaymentId,
    pub order: OrderId,
    pub amount: Money,
    pub status: RefundStatus,
    pub origin: Origin,
    /// None for one of Stripe's dashboard, of a late payment, or of an earlier release.
    pub requested_by: Option<UserId>,
    pub reason: Option<String>,
    /// The return whose money it gives back.
    pub of_return: Option<ReturnId>,
    /// Why it failed: Stripe's `failure_reason`, or the code with which Stripe refused it.
    pub failure: Option<String>,
    /// Why it is pending, as Stripe says it.
    pub pending_reason: Option<String>,
    /// Of the amount, what was paid for shipping.
    pub shipping: Money,
    /// The tax in the amount.
    pub tax: Money,
    /// The pieces that it refunds, if it was requested for pieces.
    pub lines: Vec<RefundLine>,
    pub created_at: OffsetDateTime,
    pub updated_at: OffsetDateTime,
}

/// The refunded pieces of one product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefundLine {
    pub product: ProductId,
    pub quantity: i32,
    /// How many of them went back into stock.
    pub restocked: i32,
    pub amount: Money,
    /// Of the amount.
    pub tax: Money,
    /// What the pieces had been reduced by.
    pub discount: Money,
}

/// A refund of Stripe's that is not final here, by the ids that Stripe has of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundAtStripe {
    pub id: RefundId,
    pub provider: String,
    /// That of its PaymentIntent.
    pub intent: String,
}

/// The code of a refund that staff gave up, because Stripe did not have it any more.
pub(crate) const GONE: &str = "refund_gone";

/// Where a refund was requested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = RefundOrigin)]
pub enum Origin {
    /// By staff, through this API.
    Api,
    /// In Stripe's dashboard.
    Dashboard,
    /// Automatically: the payment was captured after the order was cancelled.
    LatePayment,
}

pub async fn show(db: &Db, id: RefundId) -> Result<Refund, Failure<Refusal>> {
    Ok(sql::find(db, id).await?.ok_or(Refusal::NoRefund)?)
}

/// The refund at Stripe, if Stripe has accepted it and it is not final here.
pub async fn undecided(db: &Db, id: RefundId) -> Result<Option<RefundAtStripe>, Failure<Refusal>> {
    Ok(sql::gone::undecided(db, id).await?)
}

/// One page of all refunds, or of one payment's, the newest first.
pub async fn list(
    db: &Db,
    payment: Option<PaymentId>,
    only: Option<RefundStatus>,
    page: &PageRequest<RefundId>,
) -> Result<Page<Refund>, Failure<Refusal>> {
    let refunds = sql::list(db, payment, only, page).await?;
    Ok(page.paginate(refunds, |refund| refund.id))
}

/// The refunds of some orders, the oldest first. The caller has checked that the orders may be seen.
pub async fn of_orders(db: &Db, orders: &[OrderId]) -> Result<Vec<Refund>, DbError> {
    db.together((sql::refunds_of(orders),)).await.0
}

/// Leases up to `limit` refunds that Stripe has not confirmed. Requesting one again with the same key refunds once.
pub async fn due(db: &Db, limit: u8) -> Result<Vec<DueRefund>, DbError> {
    sql::lease(db, limit).await
}
