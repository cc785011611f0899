//! Payments, refunds, disputes and Stripe's events: their rules, their rows and what can be read of them.
//!
//! No Stripe here: `shared/stripe-gateway` turns its objects into [`PaymentUpdate`] and [`EventPayload`]. A payment's row
//! is written before Stripe is called, and its id is Stripe's idempotency key, so that no crash leads to a second charge.
//! What concerns the order as well is done in [`crate::workflows`].

pub mod dispute;
mod erasure;
mod event;
pub mod fraud_warning;
mod full_refund;
mod hosted_page;
mod missing;
mod offline;
pub mod reconciliation;
pub mod refund;
mod refusal;
mod sql;
mod start;
mod state;
mod surplus;

pub use crate::status::PaymentIntentStatus as Status;
pub(crate) use erasure::{ALL as ERASURE_QUERIES, Unsettled, erase_buyer, of_buyer, unsettled};
pub(crate) use event::{ALL_QUERIES as EVENT_QUERIES, Replay, replay};
pub use event::{
    EventEnvelope, EventPayload, EventSubject, StoredEvent, StripeObject, due_events,
    events_to_minimize, minimize, postpone, put_off, record, record_unreadable,
};
pub(crate) use event::{EventOutcome, Relation, STORED_ONCE, unmatched};
pub(crate) use event::{
    insert_with_outcome, is_any_known, is_intent_on_its_way, lock_event, mark_object_processed,
    mark_processed, park, try_later,
};
pub(crate) use full_refund::{
    ALL as FULL_REFUND_QUERIES, has_refunds, insert_offline_refund, is_refunded_in_full,
    record_offline_refund, request_refund, unrefunded,
};
pub(crate) use hosted_page::{ALL as HOSTED_PAGE_QUERIES, set_session};
pub(crate) use missing::{ALL as MISSING_QUERIES, fail_missing, fail_others};
pub(crate) use offline::{ALL as OFFLINE_QUERIES, record_offline};
pub use refusal::Refusal;
pub(crate) use sql::{
    ALL as ALL_QUERIES, count_attempts, find_open, insert, lock, mark_replaced, open_payment,
    record_capture, record_failed_attempt, request_late_refund, update,
};
pub(crate) use start::max_attempts;
pub use start::{HostedPage, OpenPayment, PaymentFlow, ReturnUrls, StartOutcome};
pub(crate) use state::may_be_paid;
pub use state::{Awaited, Payment, PaymentUpdate};
pub(crate) use surplus::{ALL as SURPLUS_QUERIES, is_captured_elsewhere, record_surplus};

use crate::db::{Db, DbError, Tx};
use crate::failure::Failure;
use crate::id::{OrderId, PaymentId};
use crate::viewer::Viewer;

/// A payment; not found if the viewer may not see it.
pub async fn show(db: &Db, viewer: Viewer, id: PaymentId) -> Result<Payment, Failure<Refusal>> {
    let payment = sql::find(db, id).await?;
    let seen = payment.filter(|payment| match viewer {
        Viewer::Staff => true,
        Viewer::Buyer(user) => payment.buyer == Some(user),
        Viewer::Guest(order) => payment.buyer.is_none() && payment.order == order,
    });
    Ok(seen.ok_or(Refusal::NoSuch)?)
}

/// The payments of some orders, the oldest first. The caller has checked that the orders may be seen.
pub async fn of_orders(db: &Db, orders: &[OrderId]) -> Result<Vec<Payment>, DbError> {
    db.together((sql::payments_of(orders),)).await.0
}

/// The payments of some orders and their refunds, each the oldest first. The caller has checked that the orders may be seen.
pub async fn of_orders_with_refunds(
    db: &Db,
    orders: &[OrderId],
) -> Result<(Vec<Payment>, Vec<refund::Refund>), DbError> {
    let flight = (sql::payments_of(orders), refund::refunds_of(orders));
    let (payments, refunds) = db.together(flight).await;
    Ok((payments?, refunds?))
}

/// Gives up a payment that Stripe refused to create: the next attempt gets a new one.
pub async fn abandon(db: &Db, payment: PaymentId) -> Result<(), Failure<Refusal>> {
    Ok(sql::abandon(db, payment).await?)
}

/// Whether a dispute or a fraud warning keeps the order from being shipped.
pub(crate) async fn holds_goods(tx: &Tx<'_>, order: OrderId) -> Result<bool, DbError> {
    Ok(dispute::holds_goods(tx, order).await? || fraud_warning::is_any_open(tx, order).await?)
}
