//! The statements behind reconciliations. They hold no rules.

pub(super) mod runs;

use super::super::state::PaymentUpdate;
use super::compare::{Finding, FindingKind, OurPayment, OurRefund, Reconciliation};
use crate::acknowledgement::{self, Acknowledgement, acknowledged};
use crate::db::{Db, DbError, Param, Query, Tx, queries};
use crate::id::{PaymentId, ReconciliationId, RefundId, UserId};
use crate::money::{Currency, Money};
use crate::page::PageRequest;
use crate::payments::Status;
use crate::payments::refund::{RefundStatus, RefundUpdate};
use std::collections::HashSet;
use time::OffsetDateTime;
use tokio_postgres::Row;

/// In what a finding `f` differs, for people. An acknowledgement holds for this state of it.
macro_rules! difference {
    () => {
        "left(concat_ws('; ', 'ours is ' || f.ours, 'Stripe says ' || f.told), 300)"
    };
}
pub(crate) use difference;

/// Every column that [`reconciliation`] reads.
macro_rules! select_reconciliations {
    ($rest:literal) => {
        concat!(
            "
        select c.id, c.requested_by, c.requested_at, c.started_at, c.finished_at, c.payments, c.refunds, c.disputes,
               n.found, n.unhealed - n.acknowledged as open, n.acknowledged
        from reconciliations c cross join lateral (
            select count(*) as found, count(*) filter (where not f.healed) as unhealed,
                   count(*) filter (where not f.healed and exists (
                       select from acknowledgements a
                       where a.kind = 'reconciliation_finding' and a.subject = f.kind || ':' || f.subject
                         and a.state = ",
            difference!(),
            ")) as acknowledged
            from reconciliation_findings f where f.reconciliation_id = c.id) as n ",
            $rest
        )
    };
}

queries! {
    REQUEST: "request a reconciliation" = "
        insert into reconciliations (id, requested_by) values ($1, $2) on conflict do nothing";

    OPEN: "look up the open reconciliation" = select_reconciliations!("where c.finished_at is null");

    FIND: "look up a reconciliation" = select_reconciliations!("where c.id = $1");

    LIST: "list reconciliations" = select_reconciliations!("where c.id < $1 order by c.id desc limit $2");

    FINDINGS: "list a reconciliation's findings" = concat!("
        select kind, subject, ours, told, healed, ",
        acknowledged!("reconciliation_finding", "f.kind || ':' || f.subject", difference!()), "
        from reconciliation_findings f
        where reconciliation_id = $1
        order by healed, kind, subject
        limit 1000");

    RECORD_FINDING: "record a reconciliation's finding" = "
        insert into reconciliation_findings (reconciliation_id, kind, subject, ours, told, healed)
        values ($1, $2, $3, $4, $5, $6)
        on conflict on constraint reconciliation_findings_once do nothing";

    PAYMENTS: "look up payments to compare" = "
        select id, provider_pi as provider, status, amount_minor, currency from payments
        where provider_pi = any($1) or (id = any($2) and provider_pi is null)";

    REFUNDS: "look up refunds to compare" = "
        select r.id, r.provider_refund as provider, r.status, r.amount_minor, p.currency,
               r.status = 'failed' and r.told_at is null as failed_here
        from refunds r join payments p on p.id = r.payment_id
        where r.provider_refund = any($1) or (r.id = any($2) and r.provider_refund is null)";

    OUR_INTENTS: "look up which payments are ours" = "
        select provider_pi from payments where provider_pi = any($1)";

    LAGGING_PAYMENTS: "list payments that are not final for long" = "
        select provider_pi from payments
        where provider_pi is not null and status not in ('succeeded', 'canceled', 'failed') and created_at < $1
        order by created_at
        limit 20";

    LAGGING_REFUNDS: "list refunds that are not final for long" = "
        select r.provider_refund, p.provider_pi
        from refunds r join payments p on p.id = r.payment_id
        where r.status in ('pending', 'requires_action') and r.created_at < $1 and p.provider_pi is not null
        order by r.created_at
        limit 20";

    ABANDON_ABSENT: "abandon payments that Stripe does not have" = "
        update payments set status = 'failed', updated_at = now()
        where status = 'creating' and provider_pi is null
          and not exists (select from checkout_sessions page where page.payment_id = payments.id and page.provider_session is not null)
          and created_at > $1::timestamptz + interval '1 hour'
          and created_at < $1::timestamptz + interval '3 days' - interval '1 hour'
        returning id";
}

pub(super) async fn request(
    tx: &Tx<'_>,
    id: ReconciliationId,
    who: UserId,
) -> Result<Reconciliation, DbError> {
    tx.execute(&REQUEST, &[&id, &who]).await?;
    let row = match tx.row(&OPEN, &[]).await? {
        Some(row) => Some(row),
        // It was finished between the two statements.
        None => tx.row(&LIST, &[&ReconciliationId::LAST, &1_i64]).await?,
    };
    Ok(reconciliation(&row.ok_or(DbError::invalid_row(&OPEN, "a reconciliation does not exist"))?))
}

pub(super) async fn find(db: &Db, id: ReconciliationId) -> Result<Option<Reconciliation>, DbError> {
    Ok(db.row(&FIND, &[&id]).await?.as_ref().map(reconciliation))
}

pub(super) async fn list(
    db: &Db,
    page: &PageRequest<ReconciliationId>,
) -> Result<Vec<Reconciliation>, DbError> {
    let before = page.after.unwrap_or(ReconciliationId::LAST);
    let rows = db.rows(&LIST, &[&before, &page.fetch_limit()]).await?;
    Ok(rows.iter().map(reconciliation).collect())
}

/// Each with its acknowledgement.
pub(super) async fn findings(
    db: &Db,
    id: ReconciliationId,
) -> Result<Vec<(Finding, Option<Acknowledgement>)>, DbError> {
    let rows = db.rows(&FINDINGS, &[&id]).await?;
    rows.iter()
        .map(|row| {
            let kind = FindingKind::from_name(row.get("kind"));
            let finding = Finding {
                kind: kind.ok_or(DbError::invalid_row(&FINDINGS, "kind"))?,
                subject: row.get("subject"),
                ours: row.get("ours"),
                stripe: row.get("told"),
                healed: row.get("healed"),
            };
            Ok((finding, acknowledgement::read(&FINDINGS, row)?))
        })
        .collect()
}

pub(crate) async fn record_finding(
    tx: &Tx<'_>,
    id: ReconciliationId,
    finding: &Finding,
) -> Result<(), DbError> {
    let Finding { kind, subject, ours, stripe, healed } = finding;
    let row: [Param<'_>; 6] = [&id, &kind.name(), subject, ours, stripe, healed];
    tx.execute(&RECORD_FINDING, &row).await.map(drop)
}

pub(crate) async fn find_payments(
    db: &Db,
    update: &[PaymentUpdate],
) -> Result<Vec<OurPayment>, DbError> {
    let providers: Vec<_> = update.iter().filter_map(|update| update.provider.as_deref()).collect();
    let ids: Vec<PaymentId> = update.iter().filter_map(|update| update.payment).collect();
    let rows = db.rows(&PAYMENTS, &[&providers, &ids]).await?;
    rows.iter()
        .map(|row| {
            let status = Status::from_name(row.get("status"));
            Ok(OurPayment {
                id: row.get("id"),
                provider: row.get("provider"),
                status: status.ok_or(DbError::invalid_row(&PAYMENTS, "status"))?,
                amount: amount(&PAYMENTS, row)?,
            })
        })
        .collect()
}

pub(crate) async fn find_refunds(
    db: &Db,
    update: &[RefundUpdate],
) -> Result<Vec<OurRefund>, DbError> {
    let providers: Vec<_> = update.iter().map(|update| update.provider.as_str()).collect();
    let ids: Vec<RefundId> = update.iter().filter_map(|update| update.refund).collect();
    let rows = db.rows(&REFUNDS, &[&providers, &ids]).await?;
    rows.iter()
        .map(|row| {
            let status = RefundStatus::from_name(row.get("status"));
            Ok(OurRefund {
                id: row.get("id"),
                provider: row.get("provider"),
                status: status.ok_or(DbError::invalid_row(&REFUNDS, "status"))?,
                failed_here: row.get("failed_here"),
                amount: amount(&REFUNDS, row)?,
            })
        })
        .collect()
}

/// Those of Stripe's ids of PaymentIntents that are of payments of ours.
pub(crate) async fn our_intents(db: &Db, intents: &[&str]) -> Result<HashSet<String>, DbError> {
    let rows = db.rows(&OUR_INTENTS, &[&intents]).await?;
    Ok(rows.iter().map(|row| row.get("provider_pi")).collect())
}

pub(super) async fn lagging_payments(
    db: &Db,
    since: OffsetDateTime,
) -> Result<Vec<String>, DbError> {
    let rows = db.rows(&LAGGING_PAYMENTS, &[&since]).await?;
    Ok(rows.iter().map(|row| row.get("provider_pi")).collect())
}

pub(super) async fn lagging_refunds(
    db: &Db,
    since: OffsetDateTime,
) -> Result<Vec<(String, String)>, DbError> {
    let rows = db.rows(&LAGGING_REFUNDS, &[&since]).await?;
    Ok(rows.iter().map(|row| (row.get("provider_refund"), row.get("provider_pi"))).collect())
}

pub(super) async fn abandon_absent(
    tx: &Tx<'_>,
    since: OffsetDateTime,
) -> Result<Vec<PaymentId>, DbError> {
    let rows = tx.rows(&ABANDON_ABSENT, &[&since]).await?;
    Ok(rows.iter().map(|row| row.get("id")).collect())
}

fn reconciliation(row: &Row) -> Reconciliation {
    Reconciliation {
        id: row.get("id"),
        requested_by: row.get("requested_by"),
        requested_at: row.get("requested_at"),
        started_at: row.get("started_at"),
        finished_at: row.get("finished_at"),
        payments: row.get("payments"),
        refunds: row.get("refunds"),
        disputes: row.get("disputes"),
        found: row.get("found"),
        open: row.get("open"),
        acknowledged: row.get("acknowledged"),
    }
}

fn amount(query: &Query, row: &Row) -> Result<Money, DbError> {
    let currency = Currency::from_code(row.get("currency"));
    let currency = currency.ok_or(DbError::invalid_row(query, "currency"))?;
    Ok(Money { minor: row.get("amount_minor"), currency })
}
