//! Taking money, and believing only what Stripe says about it.
//!
//! No Stripe here: `shared/stripe-gateway` turns its words into [`Told`] and [`Notice`]. A payment is a
//! row before Stripe hears of it, and the row's id is Stripe's idempotency key, so that no crash charges twice.

mod checkout;
pub mod dispute;
mod event;
mod offline;
pub mod reconciliation;
pub mod refund;
mod refusal;
mod sql;
mod start;
mod state;
mod whole;

pub(crate) use checkout::ALL as CHECKOUT_QUERIES;
pub(crate) use event::{ALL_QUERIES as EVENT_QUERIES, Replay, replay};
pub use event::{EventHead, Notice, StoredEvent, apply, due_events, put_off, receive, record};
pub(crate) use offline::{ALL as OFFLINE_QUERIES, record_offline};
pub use refusal::Refusal;
pub(crate) use sql::{ALL as ALL_QUERIES, live};
pub use start::{Checkout, Open, ReturnUrls, Start, Way};
pub use state::{Payment, Status, Told};
pub(crate) use whole::{ALL as WHOLE_QUERIES, gives_back, refund_all};

use crate::db::{Db, DbError, Tx};
use crate::failure::Failure;
use crate::id::{OrderId, PaymentId, UserId};
use crate::ordering::{self, Settled, Viewer};
use crate::outbox::{self, Event};
use start::MOST_TRIES;

/// Starts to pay an order, or goes on with what was started: an order has one payment at a time.
/// Stripe is asked next, under the payment's id, and [`hear`] takes down what it says.
///
/// Who chooses another way than before gets it once Stripe let go of the first, so that nothing can be paid twice.
pub async fn start(
    db: &Db,
    buyer: UserId,
    order: OrderId,
    way: &Way,
) -> Result<Start, Failure<Refusal>> {
    db.transaction(async |tx| {
        let bill =
            ordering::lock(tx, Viewer::Buyer(buyer), order).await?.ok_or(Refusal::NoOrder)?;
        state::may_be_paid(&bill)?;
        let live = sql::live(tx, order).await?;
        if let Some(open) = live.as_ref().filter(|open| open.goes(way)) {
            return Ok(Start::Open(open.clone()));
        }
        if sql::count(tx, order).await? >= MOST_TRIES {
            return Err(Refusal::TooManyTries { most: MOST_TRIES }.into());
        }
        if let Some(open) = live {
            // Before Stripe hears of it: its news of the end may come before its answer.
            sql::replace(tx, open.id).await?;
            return Ok(Start::InTheWay(open));
        }
        let open = sql::insert(tx, PaymentId::generate(), &bill, way).await?;
        ordering::hold(tx, order, way.hold_seconds()).await?;
        Ok(Start::Open(open))
    })
    .await
}

/// Takes down what Stripe said about a payment, with all that follows for its order. Said twice, or late, it changes nothing.
pub async fn hear(db: &Db, told: &Told) -> Result<(), Failure<Refusal>> {
    db.transaction(async |tx| learn(tx, told).await).await
}

/// A payment, if the viewer may know that there is one.
pub async fn show(db: &Db, viewer: Viewer, id: PaymentId) -> Result<Payment, Failure<Refusal>> {
    let payment = sql::find(db, id).await?;
    let seen =
        payment.filter(|payment| viewer == Viewer::Staff || viewer == Viewer::Buyer(payment.buyer));
    Ok(seen.ok_or(Refusal::NoSuch)?)
}

/// Every try to pay an order, the first one first.
pub async fn of_order(
    db: &Db,
    viewer: Viewer,
    order: OrderId,
) -> Result<Vec<Payment>, Failure<Refusal>> {
    match ordering::show(db, viewer, order).await {
        Ok(_) => Ok(sql::of_orders(db, &[order]).await?),
        Err(Failure::Refused(_)) => Err(Refusal::NoOrder.into()),
        Err(Failure::Db(error)) => Err(error.into()),
    }
}

/// Every try to pay some orders, the first one first. Whether somebody may see the orders is known already.
pub async fn of_orders(db: &Db, orders: &[OrderId]) -> Result<Vec<Payment>, DbError> {
    sql::of_orders(db, orders).await
}

/// Stripe refused for good to open this payment: the next try gets a new one.
pub async fn abandon(db: &Db, payment: PaymentId) -> Result<(), Failure<Refusal>> {
    Ok(sql::abandon(db, payment).await?)
}

/// Lock order: the order, then its payment.
async fn learn(tx: &Tx<'_>, told: &Told) -> Result<(), Failure<Refusal>> {
    let bill = ordering::lock_by_payment(tx, told.provider.as_deref(), told.payment).await?;
    let bill = bill.ok_or(Refusal::NoPayment)?;
    let order = bill.order;
    let known = sql::lock(tx, told).await?.ok_or(Refusal::NoPayment)?;
    let is_news = known.yields_to(told)?;
    if let (Some(session), None) = (&told.session, &known.session) {
        checkout::name(tx, known.id, session).await?;
    }
    if !is_news {
        return Ok(());
    }
    match told.status {
        Status::Succeeded => {
            sql::capture(tx, known.id, order, told).await?;
            if ordering::settle(tx, &bill).await? == Settled::TooLate {
                sql::ask_refund_of_late(tx, known.id, told.amount.minor).await?;
            }
        }
        // The end of a payment that was abandoned is not that of the one that takes its place.
        Status::Canceled => {
            sql::update(tx, known.id, told).await?;
            if (!known.is_replaced || bill.is_ending()) && sql::live(tx, order).await?.is_none() {
                ordering::give_up(tx, &bill).await?;
            }
        }
        _ => sql::update(tx, known.id, told).await?,
    }
    Ok(())
}

/// A try to pay failed. Its buyer hears of it once per payment, and not at all if the payment has gone on by now.
async fn learn_failure(tx: &Tx<'_>, told: &Told) -> Result<(), Failure<Refusal>> {
    learn(tx, told).await?;
    if let Some(payment) = sql::note_failure(tx, told).await? {
        outbox::enqueue(tx, Event::PaymentFailed { payment }).await?;
    }
    Ok(())
}
