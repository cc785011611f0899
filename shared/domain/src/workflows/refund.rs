//! Refunds payments. The caller asks Stripe after [`refund_payment`] and passes the answer to [`apply_refund_update`] or
//! [`fail_refund`].

use super::ship;
use crate::db::{Db, DbError, Tx};
use crate::failure::{Failure, Never};
use crate::id::{OrderId, PaymentId, RefundId, UserId};
use crate::idempotency::{self, IdempotentRequest, RecordedResponse};
use crate::outbox::{self, Event};
use crate::payments::refund::{self, Refund, RefundRequest, RefundUpdate, Refusal};
use crate::viewer::Viewer;
use crate::{inventory, ordering, payments};

/// Refunds a payment once per request: all that is left of it, an amount, or what was paid for some pieces and for shipping.
/// Stripe is asked next; until then the refund is `requested`, and its amount counts as refunded. A refund of nothing, for
/// pieces whose money went back before, has succeeded; so has one of a payment that staff took, for they pay it out themselves.
///
/// Returned goods go back into stock at once: they are there, whatever becomes of the refund. Those of a return do so when they
/// arrive, before or after the refund that names it. Pieces that were not shipped
/// yet are taken out of what is to be shipped.
pub async fn refund_payment(
    db: &Db,
    staff: UserId,
    payment: PaymentId,
    wanted: &RefundRequest,
    request: &IdempotentRequest,
    respond: impl Fn(&Refund) -> RecordedResponse,
) -> Result<RecordedResponse, Failure<Refusal>> {
    let id = RefundId::generate();
    db.transaction(async |tx| {
        let work = async || {
            let order = refund::order_of(tx, payment).await?.ok_or(Refusal::NoPayment)?;
            // Concurrent refunds of one order wait here, so that their sum never exceeds the payment.
            let locked = ordering::lock(tx, Viewer::Staff, order).await?;
            let locked = locked.ok_or(Refusal::NoPayment)?;
            let refundable = refund::refundable(tx, payment).await?.ok_or(Refusal::NoPayment)?;
            let lines = refund::refundable_lines(tx, order).await?;
            let back = match wanted.of_return {
                Some(back) => refund::refundable_return(tx, back).await?,
                None => None,
            };
            if let Some(back) = &back {
                back.covers(wanted, (order, locked.status), &lines)?;
            } else if wanted.of_return.is_some() {
                return Err(Refusal::NotItsReturn.into());
            }
            let priced = wanted.price(locked.status, &refundable, &lines)?;
            if let Some(back) = &back {
                back.bounds(&priced, &lines)?;
            }
            let restocks = wanted.restocks(locked.status, &lines)?;
            let removed = wanted.removes(locked.status, &lines)?;
            tx.act_as_staff(staff);
            let is_for_stripe = !refundable.is_offline && !priced.is_nothing();
            refund::insert(tx, id, payment, &priced, wanted, is_for_stripe).await?;
            if refundable.is_offline && !priced.is_nothing() {
                settle_offline(tx, order, id, priced.amount.minor).await?;
            }
            if !removed.is_empty() {
                ship::remove(tx, order, &removed, &id.to_string()).await?;
            }
            if restocks {
                inventory::restock(tx, id, staff).await?;
                // The order shows its returned pieces, so it gets a new version.
                ordering::recompute_paid(tx, order);
                outbox::enqueue(tx, Event::GoodsReturned { refund: id });
            }
            Ok(refund::read(tx, id).await?)
        };
        idempotency::once(tx, staff, request, work, &respond).await
    })
    .await
}

/// Stores what Stripe answered when it was asked for a refund.
pub async fn apply_refund_update(db: &Db, update: &RefundUpdate) -> Result<(), Failure<Never>> {
    db.transaction(async |tx| match apply(tx, update).await {
        // Its payment existed when Stripe was asked: the same state comes again with Stripe's own event.
        Err(Failure::Refused(no)) => {
            let provider = &update.provider;
            tracing::error!(refund = provider, "the state of refund {provider} is rejected: {no}");
            Ok(())
        }
        Err(Failure::Db(error)) => Err(error.into()),
        Ok(()) => Ok(()),
    })
    .await
}

/// Stripe refuses a refund for good, with this code: nothing was paid out, its amount can be refunded again, and staff are
/// notified.
pub async fn fail_refund(db: &Db, refund: RefundId, code: &str) -> Result<(), Failure<Never>> {
    db.transaction(async |tx| {
        if refund::fail(tx, refund, code).await? {
            outbox::enqueue(tx, Event::RefundFailed { refund });
        }
        Ok(())
    })
    .await
}

/// Stripe does not have a refund that it once named, as staff found when they asked: it counts as failed, and its amount
/// can be refunded again. Whether it was not final yet.
pub async fn give_up_refund(
    db: &Db,
    staff: UserId,
    refund: RefundId,
) -> Result<bool, Failure<Refusal>> {
    db.transaction(async |tx| {
        let order = refund::order_of_refund(tx, refund).await?.ok_or(Refusal::NoRefund)?;
        ordering::lock(tx, Viewer::Staff, order).await?;
        tx.act_as_staff(staff);
        let Some(provider) = refund::give_up(tx, refund, staff).await? else { return Ok(false) };
        refund::record_failure(tx, order, &provider).await?;
        ordering::recompute_paid(tx, order);
        outbox::enqueue(tx, Event::RefundFailed { refund });
        Ok(true)
    })
    .await
}

/// The state of a refund, made here or in Stripe's dashboard. Lock order: the order, then its refund.
pub(super) async fn apply(
    tx: &Tx<'_>,
    update: &RefundUpdate,
) -> Result<(), Failure<payments::Refusal>> {
    let payment = refund::payment_of(tx, update).await?.ok_or(payments::Refusal::NoPayment)?;
    let order = refund::order_of(tx, payment).await?.ok_or(payments::Refusal::NoPayment)?;
    let status = ordering::lock(tx, Viewer::Staff, order).await?.map(|locked| locked.status);
    let ours = refund::lock(tx, payment, update).await?;
    let is_from_dashboard = ours.is_none();
    let locked = match ours {
        Some(locked) => locked,
        None => refund::insert_from_dashboard(tx, payment, update).await?,
    };
    if !locked.is_superseded_by(update)? {
        return Ok(());
    }
    refund::update(tx, locked.id, update).await?;
    if update.status.moves_money() && refund::record_refund(tx, order, payment, update).await? {
        outbox::enqueue(tx, Event::RefundIssued { refund: locked.id });
    }
    if update.status.returns_money() && refund::record_failure(tx, order, &update.provider).await? {
        outbox::enqueue(tx, Event::RefundFailed { refund: locked.id });
    }
    // A refund made in Stripe's dashboard may leave less of the payment than our requested refunds need.
    for refund in refund::fail_uncovered(tx, payment).await? {
        outbox::enqueue(tx, Event::RefundFailed { refund });
    }
    ordering::recompute_paid(tx, order);
    let is_waiting_to_ship = status == Some(ordering::Status::Confirmed);
    if is_from_dashboard && is_waiting_to_ship && ordering::is_refunded(tx, order).await? {
        outbox::enqueue(tx, Event::OrderRefundedUnshipped { order });
    }
    Ok(())
}

/// Refunds all that is left of an order's payments, except what a bank disputes. Refunds of Stripe's payments are
/// requested, and the sweep asks Stripe for them; offline payments are paid back by the staff who cancel, and count as
/// refunded at once. The order's row is locked.
pub(super) async fn refund_all(tx: &Tx<'_>, order: OrderId) -> Result<(), DbError> {
    for left in payments::unrefunded(tx, order).await? {
        if left.is_offline {
            let refund = payments::insert_offline_refund(tx, &left).await?;
            settle_offline(tx, order, refund, left.minor).await?;
        } else {
            payments::request_refund(tx, &left).await?;
        }
    }
    Ok(())
}

/// Staff pay the refund out themselves: the order shows it, and the buyer is notified.
async fn settle_offline(
    tx: &Tx<'_>,
    order: OrderId,
    refund: RefundId,
    minor: i64,
) -> Result<(), DbError> {
    payments::record_offline_refund(tx, order, refund, minor).await?;
    ordering::recompute_paid(tx, order);
    outbox::enqueue(tx, Event::RefundIssued { refund });
    Ok(())
}
