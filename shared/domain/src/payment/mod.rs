//! Taking money, and believing only what Stripe says about it.
//!
//! No Stripe here: `shared/stripe-gateway` turns its words into [`Told`] and [`Notice`]. A payment is a
//! row before Stripe hears of it, and the row's id is Stripe's idempotency key, so that no crash charges twice.

mod event;
mod offline;
mod refund;
mod sql;
mod state;
mod whole;

pub use event::{EventHead, Notice, StoredEvent, apply, due_events, put_off, record};
pub(crate) use offline::{ALL as OFFLINE_QUERIES, record_offline};
pub use refund::{DueRefund, due_refunds, refunded};
pub(crate) use sql::{ALL as ALL_QUERIES, live};
pub use state::{Open, RefundStatus, Refusal, Status, Told};
pub(crate) use whole::{ALL as WHOLE_QUERIES, gives_back, refund_all};

use crate::db::{Db, Tx};
use crate::failure::Failure;
use crate::id::{OrderId, PaymentId, UserId};
use crate::ordering::{self, HOLD_SECONDS, Settled, Viewer};

/// Starts to pay an order, or goes on with what was started: an order has one payment at a time.
/// Stripe is asked next, under the payment's id, and [`hear`] takes down what it says.
pub async fn start(db: &Db, buyer: UserId, order: OrderId) -> Result<Open, Failure<Refusal>> {
    db.transaction(async |tx| {
        let bill =
            ordering::lock(tx, Viewer::Buyer(buyer), order).await?.ok_or(Refusal::NoOrder)?;
        state::may_be_paid(&bill)?;
        if let Some(open) = sql::live(tx, order).await? {
            return Ok(open);
        }
        let open = Open { id: PaymentId::generate(), order, amount: bill.total, provider: None };
        sql::insert(tx, &open).await?;
        ordering::hold(tx, order, HOLD_SECONDS).await?;
        Ok(open)
    })
    .await
}

/// Takes down what Stripe said about a payment, with all that follows for its order. Said twice, or late, it changes nothing.
pub async fn hear(db: &Db, told: &Told) -> Result<(), Failure<Refusal>> {
    db.transaction(async |tx| learn(tx, told).await).await
}

/// Stripe refused for good to open this payment: the next try gets a new one.
pub async fn abandon(db: &Db, payment: PaymentId) -> Result<(), Failure<Refusal>> {
    Ok(sql::abandon(db, payment).await?)
}

/// Lock order: the order, then its payment.
async fn learn(tx: &Tx<'_>, told: &Told) -> Result<(), Failure<Refusal>> {
    let order = sql::order_of(tx, told).await?.ok_or(Refusal::NoPayment)?;
    let bill = ordering::lock(tx, Viewer::Staff, order).await?.ok_or(Refusal::NoPayment)?;
    let known = sql::lock(tx, told).await?.ok_or(Refusal::NoPayment)?;
    if !known.yields_to(told)? {
        return Ok(());
    }
    sql::update(tx, known.id, told).await?;
    match told.status {
        Status::Succeeded => {
            sql::enter_capture(tx, order, told).await?;
            if ordering::settle(tx, &bill).await? == Settled::TooLate {
                sql::ask_refund_of_late(tx, known.id, told.amount.minor).await?;
            }
        }
        Status::Canceled => ordering::give_up(tx, &bill).await?,
        _ => {}
    }
    Ok(())
}
