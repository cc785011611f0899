//! SQL statements of operations. They only read.

pub(super) mod attention;
pub(super) mod checks;
pub(super) mod parcels;
pub(super) mod parts;
pub(super) mod returns;

use super::views::{
    FailingMessage, Lag, Mail, OutboxStatus, Position, StripeEvent, StripeEventFilter,
    StripeEventId, StripeEventState,
};
use crate::acknowledgement::{self, acknowledged};
use crate::db::{Db, DbError, Param, Query, Tx, queries};
use crate::page::{PageRequest, TextKey};
use tokio_postgres::Row;

/// The columns that [`event`] reads; the state is computed.
macro_rules! select_events {
    ($columns:literal, $rest:literal) => {
        concat!(
            "
        with events as (
            select *, case when processed_at is not null then 'processed'
                           when parked_reason is not null then 'parked'
                           else 'waiting' end as state
            from stripe_events
        )
        select event_id, type, object_id, state, livemode, attempts, parked_reason, created, received_at,
               processed_at, next_try_at, ",
            acknowledged!(
                "parked_stripe_event",
                "event_id",
                "parked_reason || '@' || extract(epoch from next_try_at)"
            ),
            $columns,
            "
        from events ",
            $rest
        )
    };
}

/// An email that fails again waits again: it has one attempt more.
macro_rules! select_mail {
    () => {
        concat!(
            "
        select dedupe_key, kind, status, attempts, failure, created_at, sent_at, ",
            acknowledged!("failed_email", "dedupe_key", "attempts::text"),
            " from emails"
        )
    };
}

queries! {
    STRIPE_EVENTS: "list Stripe's events" = select_events!("", "
        where ($1::text is null or state = $1)
          and ($2::text is null or type = $2)
          and (received_at, event_id) < (coalesce($3, 'infinity'::timestamptz), coalesce($4, ''))
        order by received_at desc, event_id desc
        limit $5");

    STRIPE_EVENT: "look up one of Stripe's events" = select_events!(", raw", "
        where event_id = $1");

    OUTBOX: "measure the outbox" = "
        select count(*) as waiting, floor(extract(epoch from now() - min(created_at)))::bigint as oldest
        from outbox where sent_at is null";

    LAG: "measure the backlogs" = "
        select coalesce(floor(extract(epoch from now() - min(outbox.created_at)))::bigint, 0) as outbox,
               (select coalesce(floor(extract(epoch from now() - min(received_at)))::bigint, 0)
                from stripe_events where processed_at is null and parked_reason is null) as events
        from outbox where sent_at is null";

    FAILING: "list failing messages" = "
        select dedupe_key, topic, attempts, created_at, available_at
        from outbox
        where sent_at is null and attempts > 1
        order by attempts desc, id
        limit 100";

    MAIL: "look up what became of an email" = concat!(select_mail!(), " where dedupe_key = $1");

    MAILS: "list emails" = concat!(select_mail!(), "
        where (created_at, dedupe_key) < (coalesce($1, 'infinity'::timestamptz), coalesce($2, ''))
        order by created_at desc, dedupe_key desc
        limit $3");

    HOUR: "read the clock" = "select floor(extract(epoch from now()) / 3600)::bigint as hour";
}

pub(super) async fn stripe_events(
    db: &Db,
    filter: &StripeEventFilter,
    page: &PageRequest<Position>,
) -> Result<Vec<StripeEvent>, DbError> {
    let (at, id) = cursor_of(page);
    let with: [Param<'_>; 5] =
        [&filter.state.map(StripeEventState::name), &filter.kind, &at, &id, &page.fetch_limit()];
    db.rows(&STRIPE_EVENTS, &with).await?.iter().map(|row| event(&STRIPE_EVENTS, row)).collect()
}

pub(super) async fn stripe_event(
    db: &Db,
    id: &StripeEventId,
) -> Result<Option<(StripeEvent, Vec<u8>)>, DbError> {
    let row = db.row(&STRIPE_EVENT, &[&id.as_str()]).await?;
    row.map(|row| Ok((event(&STRIPE_EVENT, &row)?, row.get("raw")))).transpose()
}

pub(super) async fn lag(db: &Db) -> Result<Lag, DbError> {
    let row = db.row(&LAG, &[]).await?.ok_or(DbError::invalid_row(&LAG, "no row was returned"))?;
    Ok(Lag { outbox: row.get("outbox"), events: row.get("events") })
}

pub(super) async fn outbox(db: &Db) -> Result<OutboxStatus, DbError> {
    let row = db.row(&OUTBOX, &[]).await?;
    let row = row.ok_or(DbError::invalid_row(&OUTBOX, "no row was returned"))?;
    let failing = |row: &Row| FailingMessage {
        dedupe_key: row.get("dedupe_key"),
        topic: row.get("topic"),
        attempts: row.get("attempts"),
        created_at: row.get("created_at"),
        next_try_at: row.get("available_at"),
    };
    Ok(OutboxStatus {
        waiting: row.get("waiting"),
        oldest_seconds: row.get("oldest"),
        failing: db.rows(&FAILING, &[]).await?.iter().map(failing).collect(),
    })
}

pub(crate) async fn find_mail(tx: &Tx<'_>, key: &str) -> Result<Option<Mail>, DbError> {
    tx.row(&MAIL, &[&key]).await?.map(|row| mail(&MAIL, &row)).transpose()
}

pub(super) async fn mails(db: &Db, page: &PageRequest<Position>) -> Result<Vec<Mail>, DbError> {
    let (at, id) = cursor_of(page);
    let rows = db.rows(&MAILS, &[&at, &id, &page.fetch_limit()]).await?;
    rows.iter().map(|row| mail(&MAILS, row)).collect()
}

fn mail(query: &Query, row: &Row) -> Result<Mail, DbError> {
    Ok(Mail {
        dedupe_key: row.get("dedupe_key"),
        kind: row.get("kind"),
        status: row.get("status"),
        attempts: row.get("attempts"),
        failure: row.get("failure"),
        created_at: row.get("created_at"),
        sent_at: row.get("sent_at"),
        acknowledged: acknowledgement::read(query, row)?,
    })
}

/// Hours since 1970, by the clock of the database.
pub(super) async fn hour(tx: &Tx<'_>) -> Result<i64, DbError> {
    let row = tx.row(&HOUR, &[]).await?;
    Ok(row.ok_or(DbError::invalid_row(&HOUR, "no row was returned"))?.get("hour"))
}

fn cursor_of(page: &PageRequest<Position>) -> (Option<time::OffsetDateTime>, Option<&str>) {
    let end = page.after.as_ref().map(|Position { at, id: TextKey(id) }| (*at, id.as_str()));
    end.unzip()
}

fn event(query: &Query, row: &Row) -> Result<StripeEvent, DbError> {
    let state = StripeEventState::from_name(row.get("state"));
    Ok(StripeEvent {
        id: row.get("event_id"),
        kind: row.get("type"),
        object_id: row.get("object_id"),
        state: state.ok_or(DbError::invalid_row(query, "state"))?,
        livemode: row.get("livemode"),
        attempts: row.get("attempts"),
        parked_reason: row.get("parked_reason"),
        created_at: row.get("created"),
        received_at: row.get("received_at"),
        processed_at: row.get("processed_at"),
        next_try_at: row.get("next_try_at"),
        acknowledged: acknowledgement::read(query, row)?,
    })
}
