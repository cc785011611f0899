//! What the database alone can show: the domain's own audit, and what the tests know besides.

use crate::{Books, Error, Found, Harm};
use domain::operations;

/// A promise, and the statement that finds the rows which break it and says what is wrong with them.
struct Promise {
    invariant: &'static str,
    harm: Harm,
    sql: &'static str,
}

const fn lost(invariant: &'static str, sql: &'static str) -> Promise {
    Promise { invariant, harm: Harm::Lost, sql }
}

const fn twice(invariant: &'static str, sql: &'static str) -> Promise {
    Promise { invariant, harm: Harm::Twice, sql }
}

/// At every moment.
const ALWAYS: [Promise; 9] = [
    lost(
        "I2",
        "select format('order %s: captured %s, payments %s', o.id, o.captured_minor, p.paid)
         from orders o cross join lateral (
             select coalesce(sum(amount_minor), 0) as paid from payments
             where order_id = o.id and status = 'succeeded'
         ) p
         where o.captured_minor <> p.paid",
    ),
    twice(
        "I3",
        "select format('order %s: payments %s can all take money', order_id, string_agg(id || ' ' || status, ', '))
         from payments where status not in ('canceled', 'failed')
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
         where o.on_hold <> exists (
             select from disputes d join payments p on p.id = d.payment_id
             where p.order_id = o.id and d.status not in ('warning_closed', 'prevented', 'won'))",
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
    twice(
        "I5",
        "select format('%s was made under the keys %s', made, string_agg(key, ', '))
         from (select key, convert_from(response_body, 'UTF8')::jsonb ->> 'id' as made
               from idempotency_keys where response_status = 201) kept
         where made like 'ord\\_%' or made like 're\\_%'
         group by made having count(*) > 1",
    ),
    twice(
        "I6",
        "select format('%s of %s is entered %s times, for order %s', kind, source_id, count(*), min(order_id::text))
         from ledger group by source, source_id, kind having count(*) > 1",
    ),
    twice(
        "I7",
        "select format('%s is told %s times', dedupe_key, count(*)) from outbox group by dedupe_key having count(*) > 1",
    ),
];

/// Once nothing is on its way any more.
const WHEN_QUIET: [Promise; 4] = [
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
         where m.dedupe_key ~ '^(order_confirmed|order_cancelled|order_shipped|refund_issued):'
           and e.status is distinct from 'sent'",
    ),
    lost(
        "I7",
        "select format('order %s is %s, and nobody was told of %s', o.id, o.status, kind)
         from orders o cross join lateral (
             select 'order_confirmed' as kind where o.status in ('confirmed', 'shipped')
             union all select 'order_shipped' where o.status = 'shipped'
             union all select 'order_cancelled' where o.status = 'cancelled'
         ) due
         where not exists (
             select from outbox where dedupe_key = kind || ':ord_' || replace(o.id::text, '-', ''))",
    ),
];

pub(crate) async fn look(books: &Books<'_>, found: &mut Found) -> Result<(), Error> {
    for breach in operations::check(books.db).await? {
        let says = breach.says;
        for row in breach.rows {
            found.lost(breach.invariant, format!("not so, {says}: {row}"));
        }
    }
    let quiet = WHEN_QUIET.iter().filter(|_| books.is_quiet);
    for Promise { invariant, harm, sql } in ALWAYS.iter().chain(quiet) {
        for row in books.owner.query(*sql, &[]).await? {
            match harm {
                Harm::Lost => found.lost(invariant, row.get::<_, String>(0)),
                Harm::Twice => found.twice(invariant, row.get::<_, String>(0)),
            }
        }
    }
    Ok(())
}
