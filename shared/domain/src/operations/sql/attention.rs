//! SQL statements of what waits for a person. They only read.

use super::super::attention::{AttentionItem, AttentionKind, AttentionPosition, Waiting};
use crate::db::{Db, DbError, Query, Tx, queries};
use crate::money::{Currency, Money};
use crate::page::{PageRequest, TextKey};
use crate::payments::reconciliation::difference;
use tokio_postgres::Row;

/// All that waits, without what was acknowledged in its present state. Each part reads an index that holds little else.
macro_rules! with_waiting {
    ($rest:literal) => {
        concat!(
            "
        with waiting as (
            select * from (
                select 'parked_stripe_event' as kind, received_at as since, event_id as subject,
                       parked_reason || '@' || extract(epoch from next_try_at) as state, null as about,
                       type as what, parked_reason as why,
                       null::bigint as amount_minor, null as currency, null::timestamptz as due_at
                from stripe_events where parked_reason is not null
                union all
                select 'reconciliation_finding', f.since, f.kind || ':' || f.subject, f.differs,
                       'rec_' || replace(f.run::text, '-', ''), f.kind || ' ' || f.subject, f.differs, null, null, null
                from (
                    select kind, subject, min(found_at) as since,
                           (array_agg(reconciliation_id order by reconciliation_id desc))[1] as run,
                           (array_agg(",
            difference!(),
            " order by reconciliation_id desc))[1] as differs
                    from reconciliation_findings f
                    where not healed
                    group by kind, subject) f
                where not exists (
                    select from reconciliation_findings h
                    where h.kind = f.kind and h.subject = f.subject and h.healed and h.reconciliation_id > f.run)
                union all
                select 'stock_discrepancy', d.found_at, d.discrepancy_id::text, '', coalesce(p.sku, d.sku),
                       coalesce(d.reason, 'below_reserved') || ' ' || coalesce(p.sku, d.sku),
                       d.source || ' counted ' || d.counted || ', ' || d.reserved || ' were reserved', null, null, null
                from stock_discrepancies d left join products p on p.id = d.product_id
                where coalesce(d.reason, 'below_reserved') not in ('below_reserved', 'stock_moved')
                   or not exists (
                       select from inventory_sources s
                       where s.product_id = d.product_id and s.source = d.source and s.sequence > d.sequence)
                union all
                select 'failed_email', created_at, dedupe_key, attempts::text, null, kind, failure, null, null, null
                from emails where status = 'failed'
                union all
                select 'failed_refund', r.updated_at, 're_' || replace(r.id::text, '-', ''), '',
                       'pay_' || replace(r.payment_id::text, '-', ''), r.origin,
                       coalesce(r.provider_code, r.failure_reason), r.amount_minor, p.currency, null
                from refunds r join payments p on p.id = r.payment_id
                where r.status in ('failed', 'canceled') and r.given_up_by is null
                  -- Refunds that were requested after it failed make up for those that failed first.
                  and (select sum(f.amount_minor) from refunds f
                       where f.payment_id = r.payment_id and f.status in ('failed', 'canceled') and f.given_up_by is null
                         and (f.updated_at, f.id) <= (r.updated_at, r.id))
                      > (select coalesce(sum(later.amount_minor), 0) from refunds later
                         where later.payment_id = r.payment_id and later.created_at > r.updated_at
                           and later.status not in ('failed', 'canceled'))
                union all
                select 'dispute', d.created_at, 'dp_' || replace(d.id::text, '-', ''), d.status,
                       'ord_' || replace(p.order_id::text, '-', ''), d.status, d.reason,
                       d.amount_minor, d.currency, d.evidence_due_at
                from disputes d join payments p on p.id = d.payment_id join orders o on o.id = p.order_id
                where d.status in ('needs_response', 'warning_needs_response', 'appeal_needs_response')
                   or d.status = 'lost' and o.status = 'confirmed' and o.on_hold
                union all
                select 'fraud_warning', w.opened_at, 'fw_' || replace(w.id::text, '-', ''), '',
                       'ord_' || replace(p.order_id::text, '-', ''), w.kind, w.reason, p.amount_minor, p.currency, null
                from fraud_warnings w join payments p on p.id = w.payment_id join orders o on o.id = p.order_id
                where w.closed_at is null and o.status in ('pending', 'confirmed')
                union all
                select 'requested_return', requested_at, 'ret_' || replace(id::text, '-', ''), '',
                       'ord_' || replace(order_id::text, '-', ''), 'it is to be approved or rejected', null, null, null, null
                from returns where status = 'requested'
                union all
                select 'refunded_order', updated_at, 'ord_' || replace(id::text, '-', ''), '',
                       'ord_' || replace(id::text, '-', ''), 'nothing of it is to be shipped any more', null,
                       refunded_minor, currency, null
                from orders
                where status = 'confirmed' and captured_minor > 0 and refunded_minor = captured_minor
            ) as found
            where not exists (
                select from acknowledgements a
                where a.kind = found.kind and a.subject = found.subject and a.state = found.state)
        ) ",
            $rest
        )
    };
}

queries! {
    LIST: "list what waits for a person" = with_waiting!("
        select kind, since, subject, about, concat_ws(': ', what, why) as detail, amount_minor, currency, due_at
        from waiting
        where (since, kind, subject) > (coalesce($1, '-infinity'::timestamptz), coalesce($2, ''), coalesce($3, ''))
        order by since, kind, subject
        limit $4");

    COUNT: "count what waits for a person" = with_waiting!("
        select kind, count(*) as pieces, min(since) as since from waiting group by kind order by min(since), kind");

    FIND: "look up what waits for a person" = with_waiting!("
        select state from waiting where kind = $1 and subject = $2");

    /// An id that is none is of nothing.
    IS_KNOWN: "look up what may wait for a person" = "
        select case $1::text
            when 'parked_stripe_event' then exists (select from stripe_events where event_id = $2::text)
            when 'reconciliation_finding' then exists (
                select from reconciliation_findings
                where kind = split_part($2, ':', 1) and subject = substr($2, strpos($2, ':') + 1))
            when 'stock_discrepancy' then exists (
                select from stock_discrepancies where discrepancy_id = substring($2 from '^[0-9]{1,18}$')::bigint)
            when 'failed_email' then exists (select from emails where dedupe_key = $2)
            when 'failed_refund' then exists (
                select from refunds where id = substring($2 from '^re_([0-9a-f]{32})$')::uuid)
            when 'dispute' then exists (
                select from disputes where id = substring($2 from '^dp_([0-9a-f]{32})$')::uuid)
            else false end as is_known";
}

pub(in crate::operations) async fn list(
    db: &Db,
    page: &PageRequest<AttentionPosition>,
) -> Result<Vec<AttentionItem>, DbError> {
    let after = page.after.as_ref();
    let since = after.map(|after| after.since);
    let kind = after.map(|after| after.kind.name());
    let subject = after.map(|AttentionPosition { subject: TextKey(subject), .. }| subject.as_str());
    let rows = db.rows(&LIST, &[&since, &kind, &subject, &page.fetch_limit()]).await?;
    rows.iter().map(item).collect()
}

/// None if nothing waits.
pub(in crate::operations) async fn count(db: &Db) -> Result<Option<Waiting>, DbError> {
    let rows = db.rows(&COUNT, &[]).await?;
    let Some(oldest) = rows.first() else { return Ok(None) };
    let count = |row: &Row| {
        let kind = AttentionKind::from_name(row.get("kind"));
        Ok((kind.ok_or(DbError::invalid_row(&COUNT, "kind"))?, row.get("pieces")))
    };
    let counts = rows.iter().map(count).collect::<Result<_, DbError>>()?;
    Ok(Some(Waiting { counts, since: oldest.get("since") }))
}

/// The state in which it waits; none if it does not.
pub(crate) async fn find_waiting(
    tx: &Tx<'_>,
    kind: AttentionKind,
    subject: &str,
) -> Result<Option<String>, DbError> {
    Ok(tx.row(&FIND, &[&kind.name(), &subject]).await?.map(|row| row.get("state")))
}

/// Whether there is such a thing, whether or not it waits.
pub(crate) async fn is_known(
    tx: &Tx<'_>,
    kind: AttentionKind,
    subject: &str,
) -> Result<bool, DbError> {
    let row = tx.row(&IS_KNOWN, &[&kind.name(), &subject]).await?;
    Ok(row.is_some_and(|row| row.get("is_known")))
}

fn item(row: &Row) -> Result<AttentionItem, DbError> {
    let kind = AttentionKind::from_name(row.get("kind"));
    let minor: Option<i64> = row.get("amount_minor");
    Ok(AttentionItem {
        kind: kind.ok_or(DbError::invalid_row(&LIST, "kind"))?,
        since: row.get("since"),
        subject: row.get("subject"),
        about: row.get("about"),
        detail: row.get("detail"),
        amount: minor.map(|minor| amount(&LIST, minor, row)).transpose()?,
        due_at: row.get("due_at"),
    })
}

fn amount(query: &Query, minor: i64, row: &Row) -> Result<Money, DbError> {
    let currency = Currency::from_code(row.get("currency"));
    Ok(Money { minor, currency: currency.ok_or(DbError::invalid_row(query, "currency"))? })
}
