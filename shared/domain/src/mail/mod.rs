//! Which mails went out, and what there is to tell in them.
//!
//! A mail is claimed before it is sent and marked after, so that a message that comes twice is sent once. Only a
//! death between the two can send it again. Addresses are looked up when they are needed and kept nowhere: whoever
//! has left gets no more mail.

mod facts;
mod sql;

pub use facts::{Addressed, Charge, LowStock, Refund};
pub(crate) use sql::ALL;

use crate::db::{Db, DbError};
use crate::failure::Failure;
use crate::id::{ClaimId, DisputeId, LinkId, OrderId, PaymentId, ProductId, RefundId, UserId};
use crate::ordering::{self, Order, Viewer};
use crate::payment::dispute::{self, Dispute};

/// What became of the wish to send a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// Nobody has sent it: it is yours for the time asked.
    Yours(ClaimId),
    /// It was sent, or can never be.
    Settled,
    /// Somebody else is at it right now.
    Taken,
}

/// Claims the mail named by `dedupe_key` for `seconds`.
pub async fn claim(db: &Db, dedupe_key: &str, kind: &str, seconds: i32) -> Result<Claim, DbError> {
    let token = ClaimId::generate();
    if sql::claim(db, dedupe_key, kind, token, seconds).await? {
        return Ok(Claim::Yours(token));
    }
    let settled = sql::is_settled(db, dedupe_key).await?;
    Ok(if settled { Claim::Settled } else { Claim::Taken })
}

/// Gives the mail back unsent, for the next try.
pub async fn release(db: &Db, dedupe_key: &str, claim: ClaimId) -> Result<(), DbError> {
    sql::release(db, dedupe_key, claim).await
}

/// The mail is out; SES knows it by `receipt`.
pub async fn sent(db: &Db, dedupe_key: &str, claim: ClaimId, receipt: &str) -> Result<(), DbError> {
    sql::mark_sent(db, dedupe_key, claim, receipt).await
}

/// The mail can never be sent.
pub async fn failed(db: &Db, dedupe_key: &str, claim: ClaimId, why: &str) -> Result<(), DbError> {
    sql::mark_failed(db, dedupe_key, claim, why).await
}

/// Where to write to somebody about their account.
pub async fn user(db: &Db, user: UserId) -> Result<Option<Addressed<UserId>>, DbError> {
    Ok(sql::address(db, user).await?.map(|to| Addressed { to, about: user }))
}

/// Where to send a link to, as long as it is good for something.
pub async fn link(db: &Db, link: LinkId) -> Result<Option<Addressed<LinkId>>, DbError> {
    Ok(sql::link(db, link).await?.map(|to| Addressed { to, about: link }))
}

/// The order as it is now, for its buyer.
pub async fn order(db: &Db, order: OrderId) -> Result<Option<Addressed<Order>>, DbError> {
    let order = match ordering::show(db, Viewer::Staff, order).await {
        Ok(order) => order,
        Err(Failure::Refused(_)) => return Ok(None),
        Err(Failure::Db(error)) => return Err(error),
    };
    Ok(sql::address(db, order.buyer).await?.map(|to| Addressed { to, about: order }))
}

/// A payment that failed, for the buyer, as long as the order still waits for another.
pub async fn failed_payment(
    db: &Db,
    payment: PaymentId,
) -> Result<Option<Addressed<Charge>>, DbError> {
    sql::failed_payment(db, payment).await
}

/// A refund, for the buyer.
pub async fn refund(db: &Db, refund: RefundId) -> Result<Option<Addressed<Refund>>, DbError> {
    let Some((refund, to)) = sql::refund(db, refund).await? else { return Ok(None) };
    Ok(to.map(|to| Addressed { to, about: refund }))
}

/// A refund, for the staff, who must know of it even if the buyer has left.
pub async fn refund_for_staff(db: &Db, refund: RefundId) -> Result<Option<Refund>, DbError> {
    Ok(sql::refund(db, refund).await?.map(|(refund, _)| refund))
}

/// A dispute, for the staff.
pub async fn dispute(db: &Db, id: DisputeId) -> Result<Option<Dispute>, DbError> {
    match dispute::show(db, id).await {
        Ok(dispute) => Ok(Some(dispute)),
        Err(Failure::Refused(_)) => Ok(None),
        Err(Failure::Db(error)) => Err(error),
    }
}

/// What is left of a product, for the staff, as long as it is for sale.
pub async fn low_stock(db: &Db, product: ProductId) -> Result<Option<LowStock>, DbError> {
    sql::low_stock(db, product).await
}
