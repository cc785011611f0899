//! The statements behind Stripe's events. They hold no rules.

use super::{EventEnvelope, EventOutcome, StoredEvent};
use crate::db::{Ask, Db, DbError, Param, Tx, params, queries};
use tokio_postgres::Row;

queries! {
    RECORD: "store a Stripe event" = "
        insert into stripe_events (event_id, type, object_id, created, livemode, api_version, raw, minimized, parked_reason)
        values ($1, $2, $3, $4, $5, $6, $7, true, $8)
        on conflict (event_id) do nothing";

    INSERT_WITH_OUTCOME: "store a Stripe event and its outcome" = "
        insert into stripe_events (event_id, type, object_id, created, livemode, api_version, raw, minimized, parked_reason,
                                   processed_at, attempts, next_try_at)
        values ($1, $2, $3, $4, $5, $6, $7, true, $8, case when $9 then now() end, 1, now() + make_interval(secs => $10::int4))";

    /// Skips an event that another process is working on.
    LOCK_EVENT: "lock a Stripe event" = "
        select attempts, livemode from stripe_events
        where event_id = $1 and processed_at is null and parked_reason is null
        for update skip locked";

    MARK_PROCESSED: "mark a Stripe event as processed" = "
        update stripe_events set processed_at = now(), attempts = attempts + 1
        where event_id = $1 and processed_at is null";

    /// Skips an event that the sweep is applying.
    MARK_OBJECT_PROCESSED: "mark an object's Stripe events as processed" = "
        update stripe_events set processed_at = now(), attempts = attempts + 1
        where event_id in (select event_id from stripe_events
                           where object_id = $1 and processed_at is null and parked_reason is null
                           for update skip locked)";

    PARK: "park a Stripe event" = "
        update stripe_events set parked_reason = $2, attempts = attempts + 1 where event_id = $1";

    TRY_LATER: "postpone a Stripe event" = "
        update stripe_events
        set attempts = attempts + 1, next_try_at = now() + make_interval(secs => $2::int4)
        where event_id = $1";

    PUT_OFF: "postpone a Stripe event after a failure" = "
        update stripe_events
        set attempts = attempts + 1, next_try_at = now() + make_interval(secs => 5 * power(2, least(attempts, $2))),
            parked_reason = case when attempts >= $2 then 'failing' end
        where event_id = $1 and processed_at is null and parked_reason is null
        returning parked_reason is not null as is_parked";

    /// Not counted as a try.
    POSTPONE: "postpone a Stripe event until Stripe answers" = "
        update stripe_events set next_try_at = now() + interval '1 minute'
        where event_id = $1 and processed_at is null and parked_reason is null";

    MAKE_DUE: "make a Stripe event due" = "
        update stripe_events set parked_reason = null, attempts = 0, next_try_at = now()
        where event_id = $1 and processed_at is null";

    IS_PROCESSED: "check whether a Stripe event is processed" = "
        select processed_at is not null as is_processed from stripe_events where event_id = $1";

    /// A refund and a dispute are known by their payment as well.
    IS_ANY_KNOWN: "check whether objects of Stripe's are known" = "
        select exists (select from payments where provider_pi = any($1))
            or exists (select from checkout_sessions where provider_session = any($1))
            or exists (select from refunds where provider_refund = any($1))
            or exists (select from disputes where provider_dispute = any($1))
            or exists (select from fraud_warnings where provider = any($1)) as is_known";

    /// Its row is written before Stripe is asked for the intent.
    IS_INTENT_ON_ITS_WAY: "check whether an intent may become known" = "
        select exists (
            select from payments
            where status = 'creating' and provider_pi is null and provider = 'stripe') as is_on_its_way";

    DUE_EVENTS: "list Stripe events that are due" = "
        select event_id, raw from stripe_events
        where processed_at is null and parked_reason is null and next_try_at <= now()
        order by next_try_at
        limit $1";

    NOT_MINIMIZED: "list Stripe events to shorten" = "
        select event_id, raw from stripe_events where not minimized limit $1";

    MINIMIZE: "shorten a Stripe event" = "
        update stripe_events set raw = $2, minimized = true where event_id = $1 and not minimized";
}

/// Whether it was not stored before.
pub(super) async fn record(
    db: &Db,
    envelope: &EventEnvelope,
    raw: &[u8],
    parked: Option<&str>,
) -> Result<bool, DbError> {
    let EventEnvelope { id, kind, object_id, created, livemode, api_version, .. } = envelope;
    let row: [Param<'_>; 8] = [id, kind, object_id, created, livemode, api_version, &raw, &parked];
    Ok(db.execute(&RECORD, &row).await? == 1)
}

/// Fails by its constraint, [`super::STORED_ONCE`], if the event is stored already.
pub(crate) fn insert_with_outcome(
    tx: &Tx<'_>,
    envelope: &EventEnvelope,
    raw: &[u8],
    outcome: &EventOutcome,
) {
    let EventEnvelope { id, kind, object_id, created, livemode, api_version, .. } =
        envelope.clone();
    let parked = if let EventOutcome::Parked(code, _) = outcome { Some(*code) } else { None };
    let pause =
        if let EventOutcome::TryLater { pause_seconds } = outcome { *pause_seconds } else { 0 };
    let is_done = *outcome == EventOutcome::Done;
    #[rustfmt::skip]
    let row = params![
        id, kind, object_id, created, livemode, api_version, raw.to_vec(), parked, is_done, pause,
    ];
    tx.defer(Ask::write(&INSERT_WITH_OUTCOME, row));
}

/// How often the event was tried before, and its `livemode`; none if there is nothing to do.
pub(crate) async fn lock_event(tx: &Tx<'_>, event: &str) -> Result<Option<(i32, bool)>, DbError> {
    let row = tx.row(&LOCK_EVENT, &[&event]).await?;
    Ok(row.map(|row| (row.get("attempts"), row.get("livemode"))))
}

pub(crate) fn mark_processed(tx: &Tx<'_>, event: &str) {
    tx.defer(Ask::write(&MARK_PROCESSED, params![event.to_owned()]));
}

/// Marks what waits of the events about an object of Stripe's as processed.
pub(crate) fn mark_object_processed(tx: &Tx<'_>, object: &str) {
    tx.defer(Ask::write(&MARK_OBJECT_PROCESSED, params![object.to_owned()]));
}

pub(crate) fn park(tx: &Tx<'_>, event: &str, why: &'static str) {
    tx.defer(Ask::write(&PARK, params![event.to_owned(), why]));
}

pub(crate) fn try_later(tx: &Tx<'_>, event: &str, pause_seconds: i32) {
    tx.defer(Ask::write(&TRY_LATER, params![event.to_owned(), pause_seconds]));
}

/// Whether it is parked now.
pub(super) async fn put_off(db: &Db, event: &str, max_tries: i32) -> Result<bool, DbError> {
    let row = db.row(&PUT_OFF, &[&event, &max_tries]).await?;
    Ok(row.is_some_and(|row| row.get("is_parked")))
}

pub(super) async fn postpone(db: &Db, event: &str) -> Result<(), DbError> {
    db.execute(&POSTPONE, &[&event]).await.map(drop)
}

/// Whether one of Stripe's ids is stored.
pub(crate) async fn is_any_known(tx: &Tx<'_>, ids: &[String]) -> Result<bool, DbError> {
    let row = tx.row(&IS_ANY_KNOWN, &[&ids]).await?;
    Ok(row.is_some_and(|row| row.get("is_known")))
}

/// Whether a payment of ours may exist at Stripe under an id that is not stored yet.
pub(crate) async fn is_intent_on_its_way(tx: &Tx<'_>) -> Result<bool, DbError> {
    let row = tx.row(&IS_INTENT_ON_ITS_WAY, &[]).await?;
    Ok(row.is_some_and(|row| row.get("is_on_its_way")))
}

pub(super) async fn due_events(db: &Db, limit: u8) -> Result<Vec<StoredEvent>, DbError> {
    Ok(db.rows(&DUE_EVENTS, &[&i64::from(limit)]).await?.iter().map(stored).collect())
}

fn stored(row: &Row) -> StoredEvent {
    StoredEvent { id: row.get("event_id"), raw: row.get("raw") }
}

pub(super) async fn not_minimized(db: &Db, limit: u8) -> Result<Vec<StoredEvent>, DbError> {
    Ok(db.rows(&NOT_MINIMIZED, &[&i64::from(limit)]).await?.iter().map(stored).collect())
}

pub(super) async fn minimize(db: &Db, event: &str, raw: &[u8]) -> Result<(), DbError> {
    db.execute(&MINIMIZE, &[&event, &raw]).await.map(drop)
}

/// Whether it is due now: not if it is processed.
pub(super) async fn make_due(db: &Db, event: &str) -> Result<bool, DbError> {
    Ok(db.execute(&MAKE_DUE, &[&event]).await? == 1)
}

pub(super) async fn is_processed(db: &Db, event: &str) -> Result<Option<bool>, DbError> {
    let row = db.row(&IS_PROCESSED, &[&event]).await?;
    Ok(row.map(|row| row.get("is_processed")))
}
