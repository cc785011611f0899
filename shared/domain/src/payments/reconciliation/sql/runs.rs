//! The statements that begin, continue and end a run.

use crate::db::{Db, DbError, Tx, queries};
use crate::id::ReconciliationId;
use crate::payments::reconciliation::{List, Mark, Run};
use tokio_postgres::Row;

queries! {
    SCHEDULE: "schedule a reconciliation" = "
        insert into reconciliations (id)
        select $1 where not exists (
            select from reconciliations where finished_at is null or started_at > now() - interval '1 hour')
        on conflict do nothing";

    LEASE: "lease a reconciliation" = "
        update reconciliations
        set started_at = coalesce(started_at, now()), leased_until = now() + interval '2 minutes'
        where finished_at is null and leased_until <= now()
        returning id, started_at - interval '3 days' as since, payments_after, payments_read, refunds_after, refunds_read,
                  disputes_after, disputes_read, now() as leased_at,
                  started_at = now() as is_first, requested_at < now() - interval '6 hours' as is_overdue";

    /// If another process has moved the mark meanwhile, nothing is counted.
    MARK_PAYMENTS: "record how far payments were read" = "
        update reconciliations set payments_after = $3, payments_read = $4, payments = payments + $5
        where id = $1 and not payments_read and payments_after is not distinct from $2";

    /// Like that of payments.
    MARK_REFUNDS: "record how far refunds were read" = "
        update reconciliations set refunds_after = $3, refunds_read = $4, refunds = refunds + $5
        where id = $1 and not refunds_read and refunds_after is not distinct from $2";

    /// Like that of payments.
    MARK_DISPUTES: "record how far disputes were read" = "
        update reconciliations set disputes_after = $3, disputes_read = $4, disputes = disputes + $5
        where id = $1 and not disputes_read and disputes_after is not distinct from $2";

    PAUSE: "end the lease of a reconciliation" = "
        update reconciliations set leased_until = now() where id = $1";

    START_OVER: "restart a reconciliation" = "
        update reconciliations
        set started_at = now(), payments = 0, payments_after = null, payments_read = false,
            refunds = 0, refunds_after = null, refunds_read = false,
            disputes = 0, disputes_after = null, disputes_read = false
        where id = $1 and finished_at is null";

    FINISH: "finish a reconciliation" = "
        update reconciliations set finished_at = now(), payments = payments + $2, refunds = refunds + $3
        where id = $1 and finished_at is null";

    GIVE_UP: "give up a reconciliation" = "
        update reconciliations set finished_at = now() where id = $1 and finished_at is null";
}

pub(in crate::payments::reconciliation) async fn schedule(
    db: &Db,
    id: ReconciliationId,
) -> Result<(), DbError> {
    db.execute(&SCHEDULE, &[&id]).await.map(drop)
}

pub(in crate::payments::reconciliation) async fn lease(db: &Db) -> Result<Option<Run>, DbError> {
    let row = db.row(&LEASE, &[]).await?;
    Ok(row.map(|row| Run {
        id: row.get("id"),
        since: row.get("since"),
        payments: read_mark(&row, "payments_after", "payments_read"),
        refunds: read_mark(&row, "refunds_after", "refunds_read"),
        disputes: read_mark(&row, "disputes_after", "disputes_read"),
        leased_at: row.get("leased_at"),
        is_first: row.get("is_first"),
        is_overdue: row.get("is_overdue"),
    }))
}

pub(in crate::payments::reconciliation) async fn mark(
    db: &Db,
    id: ReconciliationId,
    list: List,
    from: &Mark,
    to: &Mark,
    count: i32,
) -> Result<(), DbError> {
    let query = match list {
        List::Payments => &MARK_PAYMENTS,
        List::Refunds => &MARK_REFUNDS,
        List::Disputes => &MARK_DISPUTES,
    };
    let is_end = *to == Mark::End;
    db.execute(query, &[&id, &from.last(), &to.last(), &is_end, &count]).await.map(drop)
}

pub(in crate::payments::reconciliation) async fn pause(
    db: &Db,
    id: ReconciliationId,
) -> Result<(), DbError> {
    db.execute(&PAUSE, &[&id]).await.map(drop)
}

pub(in crate::payments::reconciliation) async fn start_over(
    db: &Db,
    id: ReconciliationId,
) -> Result<(), DbError> {
    db.execute(&START_OVER, &[&id]).await.map(drop)
}

pub(in crate::payments::reconciliation) async fn finish(
    db: &Db,
    id: ReconciliationId,
    payments: i32,
    refunds: i32,
) -> Result<(), DbError> {
    db.execute(&FINISH, &[&id, &payments, &refunds]).await.map(drop)
}

/// False if it was finished before.
pub(in crate::payments::reconciliation) async fn give_up(
    tx: &Tx<'_>,
    id: ReconciliationId,
) -> Result<bool, DbError> {
    Ok(tx.execute(&GIVE_UP, &[&id]).await? == 1)
}

fn read_mark(row: &Row, after: &str, read: &str) -> Mark {
    match row.get::<_, Option<String>>(after) {
        _ if row.get(read) => Mark::End,
        Some(last) => Mark::Behind(last),
        None => Mark::Beginning,
    }
}
