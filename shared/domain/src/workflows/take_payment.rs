//! Takes the payment of an order. The caller asks Stripe between [`start_payment`] and [`apply_payment_update`].

use super::close;
use crate::accounts;
use crate::db::{Db, DbError, Tx};
use crate::failure::{Failure, Never};
use crate::guests::{self, Credentials, Guest, Opener};
use crate::id::{OrderId, PaymentId};
use crate::ordering::{self, Buyer, HoldLimits};
use crate::outbox::{self, Event};
use crate::payments::{self, Payment, PaymentFlow, PaymentUpdate, Refusal, StartOutcome, Status};
use crate::viewer::{Holder, Viewer};

/// Starts to pay an order, or continues what was started: an order has one open payment at a time. The caller then asks
/// Stripe, with the payment's id as the idempotency key, and passes the answer to [`apply_payment_update`].
///
/// To switch to the other flow, the first payment has to be canceled at Stripe, so that the order cannot be paid twice.
pub async fn start_payment(
    db: &Db,
    who: &Credentials,
    order: OrderId,
    flow: &PaymentFlow,
) -> Result<StartOutcome, Failure<Refusal>> {
    who.open(|opener| start(db, opener, order, flow)).await
}

async fn start(
    db: &Db,
    opener: Opener,
    order: OrderId,
    flow: &PaymentFlow,
) -> Result<StartOutcome, Failure<Refusal>> {
    db.transaction(async |tx| {
        // Behind the wait for the lock, so what is asked is as it stays, and the account may have been erased meanwhile.
        let (open, attempts) = (payments::open_payment(order), payments::count_attempts(order));
        let (locked, buyer, open, attempts) = match &opener {
            Opener::Account(claim) => {
                let lock = ordering::lock_for(Viewer::Buyer(claim.user), order);
                let flight = (lock, accounts::standing(*claim), open, attempts);
                let (locked, standing, open, attempts) = tx.together(flight).await;
                let locked = locked?;
                let is_proven = standing?.ok_or(Refusal::NotSignedIn)?.email_verified;
                let holder = Holder::Account(claim.user);
                (locked, Buyer { holder, is_proven }, open, attempts)
            }
            Opener::Guest(key) => {
                let lock = ordering::lock_for(Viewer::Guest(order), order);
                let flight = (lock, guests::standing(order, key), open, attempts);
                let (locked, guest, open, attempts) = tx.together(flight).await;
                let locked = locked?;
                let Guest { email, is_proven } = guest?.ok_or(Refusal::NoOrder)?;
                (locked, Buyer { holder: Holder::Guest(email), is_proven }, open, attempts)
            }
        };
        let locked = locked.ok_or(Refusal::NoOrder)?;
        payments::may_be_paid(locked.status, locked.is_ending())?;
        let (open, attempts) = (open?, attempts?);
        if let Some(open) = open.as_ref().filter(|open| open.uses(flow)) {
            return Ok(StartOutcome::Ready(open.clone()));
        }
        let most = payments::max_attempts(&buyer);
        if attempts >= most {
            return Err(Refusal::TooManyAttempts { most }.into());
        }
        if let Some(open) = open {
            // Before Stripe is asked to cancel it: the event of that may arrive before the answer.
            payments::mark_replaced(tx, open.id);
            return Ok(StartOutcome::CancelFirst(open));
        }
        // Run again after its commit, it finds this payment open.
        tx.meets_itself();
        let id = PaymentId::generate();
        let open = payments::insert(tx, id, order, locked.total, flow, buyer.is_proven).await?;
        let limits = HoldLimits::of(&buyer);
        let seconds = flow.hold_seconds(limits.payment_seconds);
        ordering::extend_expiry(tx, order, seconds, limits.longest_hold_seconds);
        Ok(StartOutcome::Ready(open))
    })
    .await
}

/// Stores what Stripe reports about a payment, with all that follows for its order. A repeated or outdated report changes
/// nothing. Returns the status of the payment that is stored now.
pub async fn apply_payment_update(
    db: &Db,
    update: &PaymentUpdate,
) -> Result<Status, Failure<Refusal>> {
    db.transaction(async |tx| apply(tx, update).await).await
}

/// Stripe does not know a payment that it once named: it failed, so that its order can end or be paid with another one.
/// If Stripe reports it as succeeded after all, that outranks this.
pub async fn payment_missing(db: &Db, payment: PaymentId) -> Result<(), Failure<Never>> {
    let failed = db.transaction(async |tx| {
        let (locked,) = tx.together((ordering::lock_by_payment(None, Some(payment)),)).await;
        locked?;
        Ok::<_, Failure<Never>>(payments::fail_missing(tx, payment).await?)
    });
    if failed.await? {
        tracing::error!(payment.id = %payment, "Stripe does not know {payment} any more: it counts as failed");
    }
    Ok(())
}

/// The payments of an order, the oldest first; not found if the viewer may not see the order.
pub async fn payments_of_order(
    db: &Db,
    viewer: Viewer,
    order: OrderId,
) -> Result<Vec<Payment>, Failure<Refusal>> {
    match ordering::show(db, viewer, order).await {
        Ok(_) => Ok(payments::of_orders(db, &[order]).await?),
        Err(Failure::Refused(_)) => Err(Refusal::NoOrder.into()),
        Err(Failure::Db(error)) => Err(error.into()),
    }
}

/// Lock order: the order, then its payment.
pub(super) async fn apply(tx: &Tx<'_>, update: &PaymentUpdate) -> Result<Status, Failure<Refusal>> {
    let reported = update.status;
    let update = &update.by_received_amount();
    let order = ordering::lock_by_payment(update.provider.clone(), update.payment);
    let (locked, payment) = tx.together((order, payments::lock(update))).await;
    let (locked, payment) = (locked?, payment?);
    let (locked, payment) = (locked.ok_or(Refusal::NoPayment)?, payment.ok_or(Refusal::NoPayment)?);
    let order = locked.order;
    let is_new = payment.is_superseded_by(update)?;
    if let (Some(session), None) = (&update.session, &payment.session) {
        payments::set_session(tx, payment.id, session).await?;
    }
    if let Some(until) = update.waits_until().filter(|_| !payment.status.is_final()) {
        ordering::extend_expiry_to(tx, order, until).await?;
    }
    if !is_new {
        return Ok(payment.status);
    }
    match update.status {
        Status::Succeeded => {
            let was_given_up = payment.status.is_final();
            // It was given up before the order was edited: it is not what the order costs.
            let is_of_another_total = payment.amount != locked.total;
            let is_surplus = was_given_up
                && (is_of_another_total
                    || payments::is_captured_elsewhere(tx, order, payment.id).await?);
            let is_refunded = if is_surplus {
                payments::record_surplus(tx, payment.id, order, update).await?;
                true
            } else {
                if was_given_up {
                    make_way(tx, order, payment.id).await?;
                }
                payments::record_capture(tx, payment.id, order, update);
                close::on_capture(tx, &locked, update.amount).is_refunded()
            };
            if let Some(session) = update.session.as_ref().or(payment.session.as_ref()) {
                // They waited for this money.
                payments::mark_object_processed(tx, session);
            }
            let refundable = update.amount.down_to_step().minor;
            if is_refunded && refundable > 0 {
                payments::request_late_refund(tx, payment.id, refundable);
            }
        }
        Status::Canceled => {
            payments::update(tx, payment.id, update);
            // A replaced payment is canceled while the order waits for the payment that takes its place.
            let ends_order = !payment.is_replaced || locked.is_ending();
            if ends_order && payments::find_open(tx, order).await?.is_none() {
                close::cancel_unpaid(tx, &locked);
                if reported == Status::Succeeded {
                    outbox::enqueue(tx, Event::OrderUnderpaid { order });
                }
            }
        }
        _ => payments::update(tx, payment.id, update),
    }
    Ok(update.status)
}

/// A payment that was given up is captured after all, and pays its order. Another open payment of the order is given up in
/// turn: if it is captured as well, it is a surplus payment.
async fn make_way(tx: &Tx<'_>, order: OrderId, payment: PaymentId) -> Result<(), DbError> {
    for other in payments::fail_others(tx, order, payment).await? {
        tracing::warn!(payment.id = %other, "{payment} was captured after it had failed: {other} is given up");
    }
    Ok(())
}

/// An attempt to pay failed. The buyer is notified once per payment, and not if the payment has moved on since.
pub(super) async fn apply_failed_attempt(
    tx: &Tx<'_>,
    update: &PaymentUpdate,
) -> Result<(), Failure<Refusal>> {
    apply(tx, update).await?;
    if let Some(payment) = payments::record_failed_attempt(tx, update).await? {
        outbox::enqueue(tx, Event::PaymentFailed { payment });
    }
    Ok(())
}
