//! Operations: invariant checks, backlogs and logs, for operators. Reads all tables and writes none: changes are made
//! by the module that owns the table.

mod attention;
mod dead_letter;
mod sql;
mod views;

pub use attention::{AttentionItem, AttentionKind, AttentionPosition, Waiting};
pub use dead_letter::parse_error;
pub(crate) use sql::attention::{ALL as ATTENTION_QUERIES, find_waiting, is_known};
pub(crate) use sql::checks::ALL as ALL_CHECKS;
pub(crate) use sql::parcels::ALL as PARCEL_CHECKS;
pub(crate) use sql::parts::ALL as PART_CHECKS;
pub(crate) use sql::returns::ALL as RETURN_CHECKS;
pub(crate) use sql::{ALL as ALL_QUERIES, find_mail};
pub use views::{
    FailingMessage, InvariantViolation, Lag, Mail, OutboxStatus, Position, Refusal, ReplayOutcome,
    StripeEvent, StripeEventFilter, StripeEventId, StripeEventState,
};

use crate::db::{Db, DbError};
use crate::failure::{Failure, Never, chain};
use crate::outbox::{self, Event};
use crate::page::{Page, PageRequest};
use crate::payments::{self, Replay};
use serde_json::Value;
use std::time::{Duration, Instant};

/// Checks all invariants. Returns those that do not hold, each with the rows that violate it.
pub async fn check(db: &Db) -> Result<Vec<InvariantViolation>, DbError> {
    let mut violations = Vec::new();
    for invariant in of_records().into_iter().chain(sql::checks::OF_OPERATION) {
        let rows = sql::checks::violations(db, invariant.2).await?;
        violations.extend(violation(invariant, rows));
    }
    Ok(violations)
}

/// Checks the invariants of the records, which hold at any time: not those about delays and about the server, which a
/// failure elsewhere breaks for a while. Logs those that do not hold, and those that could not be checked: each gets an
/// equal share of the time that those before it have left.
pub async fn check_records(db: &Db, time: Duration) {
    let end = Instant::now() + time;
    let mut checks = of_records().into_iter();
    while let Some(invariant) = checks.next() {
        let left = end.saturating_duration_since(Instant::now());
        let share = left / u32::try_from(checks.len() + 1).unwrap_or(u32::MAX);
        match sql::checks::violations_within(db, invariant.2, share).await {
            Ok(rows) => drop(violation(invariant, rows)),
            Err(error) => {
                let (name, says, _) = invariant;
                // A metric filter in template.yaml counts the lines.
                tracing::error!(
                    invariant = name,
                    error = chain(&error),
                    "invariant {name} could not be checked: {says}"
                );
            }
        }
    }
}

/// The invariants of the records: they hold at any time.
fn of_records() -> Vec<&'static sql::checks::Invariant> {
    let of_orders = sql::parts::OF_PARTS.iter().chain(sql::parcels::OF_PARCELS);
    let of_orders = of_orders.chain(sql::returns::OF_RETURNS);
    sql::checks::OF_RECORDS.iter().chain(of_orders).collect()
}

/// Logs an invariant that rows violate. A metric filter in template.yaml counts the lines.
fn violation(
    &(invariant, says, _): &sql::checks::Invariant,
    rows: Vec<Value>,
) -> Option<InvariantViolation> {
    if rows.is_empty() {
        return None;
    }
    tracing::error!(invariant, rows = rows.len(), "invariant {invariant} does not hold: {says}");
    Some(InvariantViolation { invariant, says, rows })
}

/// The names of the invariants that [`check`] checks. A name may occur more than once.
pub fn invariants() -> impl Iterator<Item = &'static str> {
    let all = of_records().into_iter().chain(sql::checks::OF_OPERATION);
    all.map(|(invariant, ..)| *invariant)
}

/// One page of Stripe's events, newest first.
pub async fn stripe_events(
    db: &Db,
    filter: &StripeEventFilter,
    page: &PageRequest<Position>,
) -> Result<Page<StripeEvent>, Failure<Refusal>> {
    let events = sql::stripe_events(db, filter, page).await?;
    Ok(page.paginate(events, |event| Position::new(event.received_at, &event.id)))
}

/// One of Stripe's events, and its body: JSON as it is, other text as a string, other bytes as null.
pub async fn stripe_event(
    db: &Db,
    id: &StripeEventId,
) -> Result<(StripeEvent, Value), Failure<Refusal>> {
    let (event, raw) = sql::stripe_event(db, id).await?.ok_or(Refusal::EventNotFound)?;
    Ok((event, views::raw_to_json(raw)))
}

/// Schedules an event that is waiting or parked for the next sweep. A processed one is not changed.
pub async fn replay(db: &Db, id: &StripeEventId) -> Result<ReplayOutcome, Failure<Refusal>> {
    match payments::replay(db, id.as_str()).await? {
        Replay::Due => Ok(ReplayOutcome::Scheduled),
        Replay::Done => Ok(ReplayOutcome::AlreadyProcessed),
        Replay::Unknown => Err(Refusal::EventNotFound.into()),
    }
}

/// The unsent messages of the outbox, and those that failed repeatedly.
pub async fn outbox(db: &Db) -> Result<OutboxStatus, DbError> {
    sql::outbox(db).await
}

/// The age of the backlogs.
pub async fn lag(db: &Db) -> Result<Lag, DbError> {
    sql::lag(db).await
}

/// One page of the emails, newest first.
pub async fn mails(db: &Db, page: &PageRequest<Position>) -> Result<Page<Mail>, Failure<Refusal>> {
    let mails = sql::mails(db, page).await?;
    Ok(page.paginate(mails, |mail| Position::new(mail.created_at, &mail.dedupe_key)))
}

/// One page of what waits for a person, oldest first. The first begins with the dead letters, of which the caller says how many
/// there are, if SQS told.
pub async fn attention(
    db: &Db,
    page: &PageRequest<AttentionPosition>,
    dead_letters: Option<u64>,
) -> Result<Page<AttentionItem>, Failure<Refusal>> {
    let is_first = page.after.is_none();
    let dead_letters = AttentionItem::dead_letters(dead_letters).filter(|_| is_first);
    let waiting = sql::attention::list(db, page).await?;
    let items = dead_letters.into_iter().chain(waiting).collect();
    Ok(page.paginate(items, AttentionItem::position))
}

/// How much waits for a person; none if nothing does.
pub async fn waiting(db: &Db) -> Result<Option<Waiting>, DbError> {
    sql::attention::count(db).await
}

/// Notifies staff of what waits for a person, at most once a day.
pub async fn report_waiting(db: &Db) -> Result<(), Failure<Never>> {
    if waiting(db).await?.is_none() {
        return Ok(());
    }
    db.transaction(async |tx| {
        let day = sql::hour(tx).await? / 24;
        outbox::enqueue(tx, Event::AttentionNeeded { day });
        Ok(())
    })
    .await
}

/// Notifies staff of dead letters, at most once an hour.
pub async fn report_dead_letters(db: &Db, count: u64) -> Result<(), Failure<Never>> {
    if count == 0 {
        return Ok(());
    }
    tracing::error!(count, "{count} dead letters wait for a person");
    db.transaction(async |tx| {
        let hour = sql::hour(tx).await?;
        outbox::enqueue(tx, Event::DeadLettersFound { hour });
        Ok(())
    })
    .await
}
