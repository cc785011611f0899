//! How the shop is doing, for the people who keep it running. Looks at every table and changes none:
//! what must change is done by its owner.

mod dead_letter;
mod log;
mod sql;

pub use dead_letter::what_is_wrong;
pub use log::{
    Breach, FailingMessage, Lag, Mail, Moment, Outbox, Refusal, Replayed, StripeEvent,
    StripeEventFilter, StripeEventId, StripeEventState,
};
pub(crate) use sql::ALL as ALL_QUERIES;
pub(crate) use sql::checks::ALL as ALL_CHECKS;

use crate::db::{Db, DbError};
use crate::failure::{Failure, Never};
use crate::outbox::{self, Event};
use crate::page::{Page, Slice};
use crate::payment::{self, Replay};
use serde_json::Value;

/// Whatever in the database should not be: the invariants that do not hold, each with the rows that break it.
pub async fn check(db: &Db) -> Result<Vec<Breach>, DbError> {
    let mut breaches = Vec::new();
    for (invariant, says, query) in sql::checks::INVARIANTS {
        let rows = sql::checks::offending(db, query).await?;
        if !rows.is_empty() {
            tracing::error!(invariant, rows = rows.len(), "{invariant} does not hold: {says}");
            breaches.push(Breach { invariant, says, rows });
        }
    }
    Ok(breaches)
}

/// The names of the invariants that [`check`] looks at.
pub fn invariants() -> impl Iterator<Item = &'static str> {
    sql::checks::INVARIANTS.iter().map(|(invariant, ..)| *invariant)
}

/// One page of Stripe's events, the newest first.
pub async fn stripe_events(
    db: &Db,
    filter: &StripeEventFilter,
    page: &Page<Moment>,
) -> Result<Slice<StripeEvent>, Failure<Refusal>> {
    let events = sql::stripe_events(db, filter, page).await?;
    Ok(page.cut(events, |event| Moment::new(event.received_at, &event.id)))
}

/// One of Stripe's events, and what it said: JSON if it is, text if it is that, else null.
pub async fn stripe_event(
    db: &Db,
    id: &StripeEventId,
) -> Result<(StripeEvent, Value), Failure<Refusal>> {
    let (event, raw) = sql::stripe_event(db, id).await?.ok_or(Refusal::EventNotFound)?;
    Ok((event, log::legible(raw)))
}

/// Makes an event due for the sweep, whatever kept it until now. One that had its effect stays as it is.
pub async fn replay(db: &Db, id: &StripeEventId) -> Result<Replayed, Failure<Refusal>> {
    match payment::replay(db, id.as_str()).await? {
        Replay::Due => Ok(Replayed::Due),
        Replay::Done => Ok(Replayed::Done),
        Replay::OtherMode => Err(Refusal::OtherMode.into()),
        Replay::Unknown => Err(Refusal::EventNotFound.into()),
    }
}

/// What waits in the outbox, and what has failed there.
pub async fn outbox(db: &Db) -> Result<Outbox, DbError> {
    sql::outbox(db).await
}

/// How late the shop is with what it owes to its queues and to Stripe's events.
pub async fn lag(db: &Db) -> Result<Lag, DbError> {
    sql::lag(db).await
}

/// One page of the mails, the newest first.
pub async fn mails(db: &Db, page: &Page<Moment>) -> Result<Slice<Mail>, Failure<Refusal>> {
    let mails = sql::mails(db, page).await?;
    Ok(page.cut(mails, |mail| Moment::new(mail.created_at, &mail.dedupe_key)))
}

/// Tells staff that dead letters lie there, once an hour.
pub async fn report_dead_letters(db: &Db, count: u64) -> Result<(), Failure<Never>> {
    if count == 0 {
        return Ok(());
    }
    tracing::error!(count, "{count} dead letters wait for a person");
    db.transaction(async |tx| {
        let hour = sql::hour(tx).await?;
        Ok(outbox::enqueue(tx, Event::DeadLettersFound { hour }).await?)
    })
    .await
}
