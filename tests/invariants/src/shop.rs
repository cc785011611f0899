//! Checks of the database: the audit of the domain, and further invariants that only tests check.

use crate::{Audit, AuditReport, BreachKind, Error};
use domain::operations;

/// An invariant, and the statement that describes the rows which break it.
struct Invariant {
    name: &'static str,
    kind: BreachKind,
    sql: &'static str,
}

const fn lost(name: &'static str, sql: &'static str) -> Invariant {
    Invariant { name, kind: BreachKind::Lost, sql }
}

const fn duplicate(name: &'static str, sql: &'static str) -> Invariant {
    Invariant { name, kind: BreachKind::Duplicate, sql }
}

/// Invariants that always hold.
const ALWAYS: [Invariant; 9] = [
    lost(
        "I2",
        "select format('order %s: captured %s, payments %s', o.id, o.captured_minor, p.paid)
         from orders o cross join lateral (
             select coalesce(sum(amount_minor), 0) as paid from payments
             where order_id = o.id and status = 'succeeded' and surplus_at is null
         ) p
         where o.captured_minor <> p.paid",
    ),
    duplicate(
        "I3",
        "select format('order %s: payments %s can all take money', order_id, string_agg(id || ' ' || status, ', '))
         from payments where status not in ('canceled', 'failed') and surplus_at is null
         group by order_id having count(*) > 1",
    ),
    lost(
        "I4",
        "select format('order %s is %s, captured %s of %s', id, status, captured_minor, total_minor)
         from orders where status = 'pending' and captured_minor > 0",
    ),
    lost(
        "I4",
        "select format('order %s: on hold %s', o.id, o.on_hold)
         from orders o
         where o.on_hold <> (exists (
             select from disputes d join payments p on p.id = d.payment_id
             where p.order_id = o.id and p.surplus_at is null and d.status not in ('warning_closed', 'prevented', 'won')) or exists (
             select from fraud_warnings w join payments p on p.id = w.payment_id
             where p.order_id = o.id and w.closed_at is null))",
    ),
    lost(
        "I5",
        "select format('key %s is taken, and no answer is kept', key) from idempotency_keys where response_status is null",
    ),
    lost(
        "I5",
        "select format('key %s: %s was answered with 201, and is not there', key, made)
         from (select key, convert_from(response_body, 'UTF8')::jsonb ->> 'id' as made
               from idempotency_keys where response_status = 201) kept
         where made like 'ord\\_%' and not exists (select from orders where 'ord_' || replace(id::text, '-', '') = made)
            or made like 're\\_%' and not exists (select from refunds where 're_' || replace(id::text, '-', '') = made)",
    ),
    duplicate(
        "I5",
        "select format('%s was made under the keys %s', made, string_agg(key, ', '))
         from (select key, convert_from(response_body, 'UTF8')::jsonb ->> 'id' as made
               from idempotency_keys where response_status = 201) kept
         where made like 'ord\\_%' or made like 're\\_%'
         group by made having count(*) > 1",
    ),
    duplicate(
        "I6",
        "select format('%s of %s is entered %s times, for order %s', kind, source_id, count(*), min(order_id::text))
         from ledger group by source, source_id, kind having count(*) > 1",
    ),
    duplicate(
        "I7",
        "select format('%s is announced %s times', dedupe_key, count(*)) from outbox group by dedupe_key having count(*) > 1",
    ),
];

/// Invariants that hold when nothing is in progress.
const WHEN_IDLE: [Invariant; 5] = [
    lost(
        "I6",
        "select format('event %s, %s, still waits', event_id, type)
         from stripe_events where processed_at is null and parked_reason is null",
    ),
    lost("I7", "select format('message %s never left', dedupe_key) from outbox where sent_at is null"),
    lost(
        "I7",
        "select format('the mail %s is %s', m.dedupe_key, coalesce(e.status, 'unknown'))
         from outbox m left join emails e using (dedupe_key)
         where m.dedupe_key ~ '^(order_confirmed|order_cancelled|order_shipped|fulfillment_shipped|refund_issued):'
           and e.status is distinct from 'sent'
           -- To an address that nobody has proven, about an order that nobody has paid.
           and not (e.status = 'dropped' and m.dedupe_key in (
               select 'order_cancelled:ord_' || replace(o.id::text, '-', '')
               from orders o join order_guests g on g.order_id = o.id
               where o.captured_minor = 0 and g.proven_at is null))",
    ),
    lost(
        "I7",
        "select format('order %s is %s, but the outbox has no %s', o.id, o.status, kind)
         from orders o cross join lateral (
             select 'order_confirmed' as kind where o.status in ('confirmed', 'shipped')
             union all select 'order_shipped' where o.status = 'shipped'
             union all select 'order_cancelled' where o.status = 'cancelled'
         ) due
         where not exists (
             select from outbox where dedupe_key = kind || ':ord_' || replace(o.id::text, '-', ''))",
    ),
    lost(
        "I7",
        "select format('parcel %s was handed over, and the outbox has no word of it', f.id)
         from fulfillments f join orders o on o.id = f.order_id
         where f.status = 'shipped' and o.status = 'confirmed' and not exists (
             select from outbox where dedupe_key = 'fulfillment_shipped:ful_' || replace(f.id::text, '-', ''))",
    ),
];

pub(crate) async fn check(audit: &Audit<'_>, report: &mut AuditReport) -> Result<(), Error> {
    for breach in operations::check(audit.db).await? {
        let says = breach.says;
        for row in breach.rows {
            report.lost(breach.invariant, format!("not so, {says}: {row}"));
        }
    }
    let idle = WHEN_IDLE.iter().filter(|_| audit.is_idle);
    for Invariant { name: invariant, kind, sql } in ALWAYS.iter().chain(idle) {
        for row in audit.owner.query(*sql, &[]).await? {
            match kind {
                BreachKind::Lost => report.lost(invariant, row.get::<_, String>(0)),
                BreachKind::Duplicate => report.duplicate(invariant, row.get::<_, String>(0)),
            }
        }
    }
    Ok(())
}
