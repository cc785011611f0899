//! The statements behind Stripe's events. They hold no rules.

use super::{EventEnvelope, EventOutcome, StoredEvent};
use crate::db::{Db, DbError, Param, Tx, queries};

queries! {
    RECORD: "store a Stripe event" = "
        insert into stripe_events (event_id, type, object_id, created, livemode, api_version, raw, parked_reason)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
        on conflict (event_id) do nothing";

    /// The next try is due as after the first `TRY_LATER`.
    INSERT_WITH_OUTCOME: "store a Stripe event and its outcome" = "
        insert into stripe_events (event_id, type, object_id, created, livemode, api_version, raw, parked_reason,
                                   processed_at, attempts, next_try_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, case when $9 then now() end, 1, now() + interval '5 seconds')";

    /// Skips an event that another process is working on.
    LOCK_EVENT: "lock a Stripe event" = "
        select attempts from stripe_events
        where event_id = $1 and processed_at is null and parked_reason is null
        for update skip locked";

    MARK_PROCESSED: "mark a Stripe event as processed" = "
        update stripe_events set processed_at = now(), attempts = attempts + 1 where event_id = $1";

    PARK: "park a Stripe event" = "
        update stripe_events set parked_reason = $2, attempts = attempts + 1 where event_id = $1";

    TRY_LATER: "postpone a Stripe event" = "
        update stripe_events
        set attempts = attempts + 1, next_try_at = now() + make_interval(secs => 5 * power(2, attempts))
        where event_id = $1";

    PUT_OFF: "postpone a Stripe event after a failure" = "
        update stripe_events
        set attempts = attempts + 1, next_try_at = now() + make_interval(secs => 5 * power(2, least(attempts, $2))),
            parked_reason = case when attempts >= $2 then 'failing' end
        where event_id = $1 and processed_at is null and parked_reason is null";

    MAKE_DUE: "make a Stripe event due" = "
        update stripe_events set parked_reason = null, attempts = 0, next_try_at = now()
        where event_id = $1 and processed_at is null and parked_reason is distinct from $2";

    IS_PROCESSED: "check whether a Stripe event is processed" = "
        select processed_at is not null as is_processed from stripe_events where event_id = $1";

    DUE_EVENTS: "list Stripe events that are due" = "
        select event_id, raw from stripe_events
        where processed_at is null and parked_reason is null and next_try_at <= now()
        order by next_try_at
        limit $1";
}

pub(super) async fn record(
    db: &Db,
    envelope: &EventEnvelope,
    raw: &[u8],
    parked: Option<&str>,
) -> Result<(), DbError> {
    let EventEnvelope { id, kind, object_id, created, livemode, api_version } = envelope;
    let row: [Param<'_>; 8] = [id, kind, object_id, created, livemode, api_version, &raw, &parked];
    db.execute(&RECORD, &row).await.map(drop)
}

/// Fails by its constraint, [`super::STORED_ONCE`], if the event is stored already.
pub(crate) async fn insert_with_outcome(
    tx: &Tx<'_>,
    envelope: &EventEnvelope,
    raw: &[u8],
    outcome: &EventOutcome,
) -> Result<(), DbError> {
    let EventEnvelope { id, kind, object_id, created, livemode, api_version } = envelope;
    let parked = if let EventOutcome::Parked(code, _) = outcome { Some(code) } else { None };
    let is_done = *outcome == EventOutcome::Done;
    let row: [Param<'_>; 9] =
        [id, kind, object_id, created, livemode, api_version, &raw, &parked, &is_done];
    tx.execute(&INSERT_WITH_OUTCOME, &row).await.map(drop)
}

pub(crate) async fn lock_event(tx: &Tx<'_>, event: &str) -> Result<Option<i32>, DbError> {
    Ok(tx.row(&LOCK_EVENT, &[&event]).await?.map(|row| row.get("attempts")))
}

pub(crate) async fn mark_processed(tx: &Tx<'_>, event: &str) -> Result<(), DbError> {
    tx.execute(&MARK_PROCESSED, &[&event]).await.map(drop)
}

pub(crate) async fn park(tx: &Tx<'_>, event: &str, why: &str) -> Result<(), DbError> {
    tx.execute(&PARK, &[&event, &why]).await.map(drop)
}

pub(crate) async fn try_later(tx: &Tx<'_>, event: &str) -> Result<(), DbError> {
    tx.execute(&TRY_LATER, &[&event]).await.map(drop)
}

pub(super) async fn put_off(db: &Db, event: &str, max_tries: i32) -> Result<(), DbError> {
    db.execute(&PUT_OFF, &[&event, &max_tries]).await.map(drop)
}

pub(super) async fn due_events(db: &Db, limit: u8) -> Result<Vec<StoredEvent>, DbError> {
    let rows = db.rows(&DUE_EVENTS, &[&i64::from(limit)]).await?;
    let event =
        |row: &tokio_postgres::Row| StoredEvent { id: row.get("event_id"), raw: row.get("raw") };
    Ok(rows.iter().map(event).collect())
}

/// Whether it is due now: not if it is processed, or parked for the reason `for_good`.
pub(super) async fn make_due(db: &Db, event: &str, for_good: &str) -> Result<bool, DbError> {
    Ok(db.execute(&MAKE_DUE, &[&event, &for_good]).await? == 1)
}

pub(super) async fn is_processed(db: &Db, event: &str) -> Result<Option<bool>, DbError> {
    let row = db.row(&IS_PROCESSED, &[&event]).await?;
    Ok(row.map(|row| row.get("is_processed")))
}
