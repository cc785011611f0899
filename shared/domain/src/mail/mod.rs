//! Emails: claims, delivery status, and the content that they show.
//!
//! An email is claimed before it is sent and marked as sent after, so that a duplicate message does not send it again.
//! Only a crash between the two can. Addresses are read when an email is rendered and not stored with it: disabled and
//! erased accounts get no more emails.

mod content;
mod sql;

pub use content::{
    FailedPayment, GuestLink, LowStock, Parcel, Refund, ReturnedGoods, SentEmail, WithRecipient,
};
pub(crate) use sql::ALL;
use sql::Address;

use crate::db::{Db, DbError, Tx};
use crate::failure::Failure;
use crate::guests::{self, Contact};
use crate::id::{
    ClaimId, DisputeId, FraudWarningId, FulfillmentId, LinkId, OrderId, PaymentId, ProductId,
    RefundId, ReturnId, UserId,
};
use crate::ordering::returns::{self, ReturnStatus};
use crate::ordering::{self, Holder, Order, Viewer};
use crate::payments::dispute::{self, Dispute};
use crate::payments::fraud_warning::{self, FraudWarning};

/// The result of claiming an email.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// The caller may send it until the claim expires.
    Acquired(ClaimId),
    /// It was sent or dropped, or has failed permanently.
    Finished,
    /// Another process holds an unexpired claim.
    HeldByOther,
}

/// Claims the email with this `dedupe_key` for `seconds`.
pub async fn claim(db: &Db, dedupe_key: &str, kind: &str, seconds: i32) -> Result<Claim, DbError> {
    let token = ClaimId::generate();
    if sql::claim(db, dedupe_key, kind, token, seconds).await? {
        return Ok(Claim::Acquired(token));
    }
    let is_finished = sql::is_finished(db, dedupe_key).await?;
    Ok(if is_finished { Claim::Finished } else { Claim::HeldByOther })
}

/// Ends the claim without a result, so that the email can be claimed again at once.
pub async fn release(db: &Db, dedupe_key: &str, claim: ClaimId) -> Result<(), DbError> {
    sql::release(db, dedupe_key, claim).await
}

/// Records that SES accepted the email.
pub async fn mark_sent(
    db: &Db,
    dedupe_key: &str,
    claim: ClaimId,
    ses_message_id: &str,
) -> Result<(), DbError> {
    sql::mark_sent(db, dedupe_key, claim, ses_message_id).await
}

/// Records that the email can never be sent, with the reason.
pub async fn mark_failed(
    db: &Db,
    dedupe_key: &str,
    claim: ClaimId,
    why: &str,
) -> Result<(), DbError> {
    sql::mark_failed(db, dedupe_key, claim, why).await
}

/// Records that the email is not sent, now or later.
pub async fn mark_dropped(db: &Db, dedupe_key: &str, claim: ClaimId) -> Result<(), DbError> {
    sql::mark_dropped(db, dedupe_key, claim).await
}

/// Records that there is nothing to write any more, if the email was claimed or reopened before and nobody sends it now.
pub async fn mark_outdated(db: &Db, dedupe_key: &str) -> Result<(), DbError> {
    sql::mark_outdated(db, dedupe_key).await
}

/// Lets an email be sent that could not be sent. False if there is none that failed.
pub(crate) async fn reopen(tx: &Tx<'_>, dedupe_key: &str) -> Result<bool, DbError> {
    sql::reopen(tx, dedupe_key).await
}

/// The emails that were sent of these occurrences, the oldest first.
pub(crate) async fn sent(db: &Db, dedupe_keys: &[String]) -> Result<Vec<SentEmail>, DbError> {
    sql::sent(db, dedupe_keys).await
}

/// The address of a user. `None` if the account is disabled or erased.
pub async fn user(db: &Db, user: UserId) -> Result<Option<WithRecipient<UserId>>, DbError> {
    Ok(sql::address(db, user).await?.map(|address| WithRecipient::new(user, address.email)))
}

/// The address that a link is sent to. `None` if the link was used or has expired, or the account is not active.
pub async fn link(db: &Db, link: LinkId) -> Result<Option<WithRecipient<LinkId>>, DbError> {
    Ok(sql::link(db, link).await?.map(|to| WithRecipient::new(link, to)))
}

/// An order, addressed to its buyer. `None` if their account is disabled or erased.
pub async fn order(db: &Db, order: OrderId) -> Result<Option<WithRecipient<Order>>, DbError> {
    let Some(order) = order_for_staff(db, order).await? else { return Ok(None) };
    let Some(Address { email: to, is_proven, guest_link }) = (match order.holder {
        Holder::Account(user) => sql::address(db, user).await?,
        Holder::Guest(_) => guest(db, order.id).await?,
    }) else {
        return Ok(None);
    };
    let is_unpaid = order.totals.total.minor > 0 && order.captured.minor == 0;
    let is_unsolicited = is_unpaid && !is_proven;
    Ok(Some(WithRecipient { to, content: order, is_unsolicited, guest_link }))
}

/// A parcel with its order, addressed to the buyer. `None` if their account is disabled or erased.
pub async fn parcel(db: &Db, id: FulfillmentId) -> Result<Option<WithRecipient<Parcel>>, DbError> {
    let Some(fulfillment) = ordering::find_fulfillment(db, id).await? else { return Ok(None) };
    let Some(to) = order(db, fulfillment.order).await? else { return Ok(None) };
    let WithRecipient { content: order, to, is_unsolicited, guest_link } = to;
    let content = Parcel { order, fulfillment };
    Ok(Some(WithRecipient { content, to, is_unsolicited, guest_link }))
}

/// A return with its order, addressed to the buyer. `None` if it was cancelled, or the account is disabled or erased.
pub async fn returned_goods(
    db: &Db,
    id: ReturnId,
) -> Result<Option<WithRecipient<ReturnedGoods>>, DbError> {
    let goods = returns::find(db, id).await?;
    let Some(goods) = goods.filter(|goods| goods.status != ReturnStatus::Cancelled) else {
        return Ok(None);
    };
    let Some(to) = order(db, goods.order).await? else { return Ok(None) };
    let WithRecipient { content: order, to, is_unsolicited, guest_link } = to;
    let content = ReturnedGoods { order, goods };
    Ok(Some(WithRecipient { content, to, is_unsolicited, guest_link }))
}

/// A guest's order, addressed to the guest, who asked for its link. `None` once it belongs to an account.
pub async fn order_link(db: &Db, order: OrderId) -> Result<Option<WithRecipient<Order>>, DbError> {
    let found = self::order(db, order).await?.filter(|to| to.guest_link.is_some());
    Ok(found.map(|to| WithRecipient { is_unsolicited: false, ..to }))
}

async fn guest(db: &Db, order: OrderId) -> Result<Option<Address>, DbError> {
    let contact = guests::contact(db, order).await?;
    Ok(contact.map(|Contact { email, is_proven, link_epoch: epoch }| Address {
        email,
        is_proven,
        guest_link: Some(GuestLink { order, epoch }),
    }))
}

/// An order, for staff. Found even if the account of the buyer is disabled or erased.
pub async fn order_for_staff(db: &Db, order: OrderId) -> Result<Option<Order>, DbError> {
    match ordering::show(db, Viewer::Staff, order).await {
        Ok(order) => Ok(Some(order)),
        Err(Failure::Refused(_)) => Ok(None),
        Err(Failure::Db(error)) => Err(error),
    }
}

/// A failed payment, addressed to the buyer. `None` unless the order can still be paid and the account is active.
pub async fn failed_payment(
    db: &Db,
    payment: PaymentId,
) -> Result<Option<WithRecipient<FailedPayment>>, DbError> {
    sql::failed_payment(db, payment).await
}

/// A refund, addressed to the buyer. `None` if their account is disabled or erased.
pub async fn refund(db: &Db, refund: RefundId) -> Result<Option<WithRecipient<Refund>>, DbError> {
    let Some((refund, to, guest_link)) = sql::refund(db, refund).await? else { return Ok(None) };
    Ok(to.map(|to| WithRecipient { guest_link, ..WithRecipient::new(refund, to) }))
}

/// A refund, for staff. Found even if the account of the buyer is disabled or erased.
pub async fn refund_for_staff(db: &Db, refund: RefundId) -> Result<Option<Refund>, DbError> {
    Ok(sql::refund(db, refund).await?.map(|(refund, _, _)| refund))
}

/// A dispute, for staff.
pub async fn dispute(db: &Db, id: DisputeId) -> Result<Option<Dispute>, DbError> {
    match dispute::show(db, id).await {
        Ok(dispute) => Ok(Some(dispute)),
        Err(Failure::Refused(_)) => Ok(None),
        Err(Failure::Db(error)) => Err(error),
    }
}

/// A fraud warning, for staff. `None` if it is closed: the goods do not wait any more.
pub async fn fraud_warning(db: &Db, id: FraudWarningId) -> Result<Option<FraudWarning>, DbError> {
    let warning = fraud_warning::find(db, id).await?;
    Ok(warning.filter(|warning| warning.closed_at.is_none()))
}

/// The stock of a product, for staff. `None` if it is archived.
pub async fn low_stock(db: &Db, product: ProductId) -> Result<Option<LowStock>, DbError> {
    sql::low_stock(db, product).await
}
