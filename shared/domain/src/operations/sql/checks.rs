//! Invariants of the data, as SQL statements that return the rows that violate them.
//!
//! Each is a single statement, so that it reads one snapshot while other transactions go on.

use crate::db::{Db, DbError, Query, queries};
use serde_json::Value;
use std::time::Duration;

/// Name, description and statement. Numbered like the invariants of the tests (I1 to I21), without those that cannot be
/// checked in the database alone.
pub(in crate::operations) type Invariant = (&'static str, &'static str, &'static Query);

/// The invariants of the records. They hold at any time.
pub(in crate::operations) const OF_RECORDS: &[Invariant] = &[
    (
        "I1",
        "the reserved quantity is the sum of what is left to ship of pending and confirmed orders, and at most the quantity on hand",
        &RESERVED,
    ),
    ("I1", "the movements of a product sum to its quantities", &MOVED),
    ("I1", "the stock movements of returns equal the restocked quantities of refunds", &RETURNED),
    (
        "I2",
        "the amounts of an order are the sums of its ledger, and refunded <= captured <= total",
        &LEDGER,
    ),
    (
        "I2",
        "the refunds of an order sum to its refunded amount, and with requested ones to at most the captured amount",
        &REFUNDS,
    ),
    (
        "I2",
        "what a payment brought to an order that was paid already is in the ledger, apart from the order's sums",
        &SURPLUS,
    ),
    ("I3", "an order has at most one succeeded payment without a refund", &PAID_ONCE),
    (
        "I4",
        "the history of an order is a sequence of allowed transitions that ends in its status",
        &HISTORY,
    ),
    (
        "I4",
        "a confirmed or shipped order is paid in full, a payment that is under way is over its order's total, and every order has a history",
        &STATUS,
    ),
];

/// The invariants of delays and of the server. A failure elsewhere breaks them for a while.
pub(in crate::operations) const OF_OPERATION: &[Invariant] = &[
    (
        "I6",
        "an event of Stripe's is processed or parked within five minutes after it is due",
        &EVENTS,
    ),
    ("I7", "a message of the outbox is sent within five minutes after it is due", &MESSAGES),
    ("I11", "no database session is idle in a transaction for more than five seconds", &SESSIONS),
    ("I11", "there are no deadlocks", &DEADLOCKS),
];

queries! {
    RESERVED: "check reserved quantities" = "
        with held as (
            select l.product_id, sum(l.quantity - l.shipped - l.removed) as pieces
            from order_lines l join orders o on o.id = l.order_id
            where o.status in ('pending', 'confirmed')
            group by l.product_id
        )
        select jsonb_build_object(
            'product', 'prod_' || replace(p.id::text, '-', ''), 'sku', p.sku, 'on_hand', p.on_hand,
            'reserved', p.reserved, 'held_by_orders', coalesce(held.pieces, 0)) as found
        from products p left join held on held.product_id = p.id
        where p.reserved <> coalesce(held.pieces, 0) or p.reserved < 0 or p.reserved > p.on_hand
        order by p.id
        limit 100";

    MOVED: "check stock movements" = "
        with moved as (
            select product_id, sum(on_hand_delta) as on_hand, sum(reserved_delta) as reserved
            from stock_moves
            group by product_id
        )
        select jsonb_build_object(
            'product', 'prod_' || replace(p.id::text, '-', ''), 'sku', p.sku,
            'on_hand', p.on_hand, 'on_hand_moved', coalesce(moved.on_hand, 0),
            'reserved', p.reserved, 'reserved_moved', coalesce(moved.reserved, 0)) as found
        from products p left join moved on moved.product_id = p.id
        where (p.on_hand, p.reserved) is distinct from (coalesce(moved.on_hand, 0), coalesce(moved.reserved, 0))
        order by p.id
        limit 100";

    RETURNED: "check restocked quantities" = "
        with said as (
            select 're_' || replace(refund_id::text, '-', '') as refund, product_id, restocked
            from refund_lines
            where restocked > 0
        ), moved as (
            select source_id as refund, product_id, on_hand_delta from stock_moves where source = 'return'
        )
        select jsonb_build_object(
            'refund', refund, 'product', 'prod_' || replace(product_id::text, '-', ''),
            'restocked', said.restocked, 'moved', moved.on_hand_delta) as found
        from said full join moved using (refund, product_id)
        where said.restocked is distinct from moved.on_hand_delta
        order by refund
        limit 100";

    LEDGER: "check the ledger" = "
        with entered as (
            select order_id,
                   coalesce(sum(amount_minor) filter (where kind = 'captured'), 0) as captured,
                   coalesce(sum(amount_minor) filter (where kind = 'refunded'), 0)
                   - coalesce(sum(amount_minor) filter (where kind = 'refund_failed'), 0) as refunded
            from ledger
            group by order_id
        )
        select jsonb_build_object(
            'order', 'ord_' || replace(o.id::text, '-', ''), 'status', o.status, 'total', o.total_minor,
            'captured', o.captured_minor, 'captured_by_ledger', coalesce(e.captured, 0),
            'refunded', o.refunded_minor, 'refunded_by_ledger', coalesce(e.refunded, 0)) as found
        from orders o left join entered e on e.order_id = o.id
        where (o.captured_minor, o.refunded_minor) is distinct from (coalesce(e.captured, 0), coalesce(e.refunded, 0))
           or o.refunded_minor < 0 or o.refunded_minor > o.captured_minor or o.captured_minor > o.total_minor
        order by o.id
        limit 100";

    REFUNDS: "check refunds" = "
        with back as (
            select p.order_id,
                   coalesce(sum(r.amount_minor) filter (where r.status in ('pending', 'requires_action', 'succeeded')), 0)
                       as moved,
                   coalesce(sum(r.amount_minor) filter (where r.status not in ('failed', 'canceled')), 0) as active
            from refunds r join payments p on p.id = r.payment_id
            where p.surplus_at is null
            group by p.order_id
        )
        select jsonb_build_object(
            'order', 'ord_' || replace(o.id::text, '-', ''), 'captured', o.captured_minor, 'refunded', o.refunded_minor,
            'refunded_by_refunds', coalesce(b.moved, 0), 'with_those_on_their_way', coalesce(b.active, 0)) as found
        from orders o left join back b on b.order_id = o.id
        where o.refunded_minor <> coalesce(b.moved, 0) or coalesce(b.active, 0) > o.captured_minor
        order by o.id
        limit 100";

    SURPLUS: "check surplus payments" = "
        select jsonb_build_object(
            'order', 'ord_' || replace(p.order_id::text, '-', ''), 'payment', 'pay_' || replace(p.id::text, '-', ''),
            'captured', p.amount_minor, 'captured_by_ledger', coalesce(l.amount_minor, 0)) as found
        from payments p
        left join ledger l on l.source = 'stripe' and l.source_id = p.provider_pi and l.kind = 'surplus_captured'
        where p.surplus_at is not null and l.amount_minor is distinct from p.amount_minor
        order by p.id
        limit 100";

    /// Of a surplus payment that a bank decides on, or has taken back, nothing can be refunded.
    PAID_ONCE: "check for orders paid twice" = "
        select jsonb_build_object(
            'order', 'ord_' || replace(p.order_id::text, '-', ''),
            'payments', jsonb_agg('pay_' || replace(p.id::text, '-', '') order by p.id)) as found
        from payments p
        where p.status = 'succeeded'
          and not exists (
              select from refunds r
              where r.payment_id = p.id and r.status not in ('failed', 'canceled') and r.amount_minor > 0)
          and not (p.surplus_at is not null and exists (
              select from disputes d
              where d.payment_id = p.id and (d.status = 'lost'
                  or d.closed_at is null and not starts_with(d.status, 'warning_'))))
        group by p.order_id
        having count(*) > 1
        order by p.order_id
        limit 100";

    HISTORY: "check order histories" = "
        with steps as (
            select order_id, version, from_status, to_status,
                   lag(to_status) over (partition by order_id order by version) as before,
                   lead(version) over (partition by order_id order by version) is null as is_last
            from order_history
            where from_status is distinct from to_status
        )
        select jsonb_build_object(
            'order', 'ord_' || replace(o.id::text, '-', ''), 'status', o.status, 'version', s.version,
            'before', s.before, 'from', s.from_status, 'to', s.to_status) as found
        from steps s join orders o on o.id = s.order_id
        where s.from_status is distinct from s.before
           or s.from_status is null and s.to_status not in ('pending', 'confirmed')
           or s.from_status is not null and (s.from_status, s.to_status) not in (
               ('pending', 'confirmed'), ('pending', 'cancelled'),
               ('confirmed', 'shipped'), ('confirmed', 'cancelled'))
           or s.is_last and s.to_status <> o.status
        order by o.id, s.version
        limit 100";

    STATUS: "check order statuses" = "
        select jsonb_build_object(
            'order', 'ord_' || replace(o.id::text, '-', ''), 'status', o.status,
            'captured', o.captured_minor, 'total', o.total_minor) as found
        from orders o
        where o.status in ('confirmed', 'shipped') and o.captured_minor <> o.total_minor
           or o.status = 'pending' and exists (
                  select from payments p
                  where p.order_id = o.id and p.status not in ('succeeded', 'canceled', 'failed')
                    and p.amount_minor <> o.total_minor)
           or not exists (select from order_history h where h.order_id = o.id)
        order by o.id
        limit 100";

    EVENTS: "check for overdue events" = "
        select jsonb_build_object(
            'event', event_id, 'type', type, 'attempts', attempts, 'received_at', received_at,
            'due_since', next_try_at) as found
        from stripe_events
        where processed_at is null and parked_reason is null and next_try_at < now() - interval '5 minutes'
        order by next_try_at
        limit 100";

    MESSAGES: "check for overdue messages" = "
        select jsonb_build_object(
            'message', dedupe_key, 'topic', topic, 'attempts', attempts, 'created_at', created_at,
            'due_since', available_at) as found
        from outbox
        where sent_at is null and available_at < now() - interval '5 minutes'
        order by available_at
        limit 100";

    /// Sessions of our own role only: PostgreSQL hides the state of others.
    SESSIONS: "check for idle transactions" = "
        select jsonb_build_object('process', pid, 'idle_since', state_change, 'statement', query) as found
        from pg_stat_activity
        where datname = current_database() and state like 'idle in transaction%'
          and state_change < clock_timestamp() - interval '5 seconds'
        order by state_change
        limit 100";

    /// Since the statistics were last reset.
    DEADLOCKS: "check for deadlocks" = "
        select jsonb_build_object('deadlocks', deadlocks, 'since', stats_reset) as found
        from pg_stat_database
        where datname = current_database() and deadlocks > 0";
}

pub(in crate::operations) async fn violations(
    db: &Db,
    query: &Query,
) -> Result<Vec<Value>, DbError> {
    Ok(db.rows(query, &[]).await?.iter().map(|row| row.get("found")).collect())
}

/// As [`violations`], of a statement that may take this long.
pub(in crate::operations) async fn violations_within(
    db: &Db,
    query: &Query,
    time: Duration,
) -> Result<Vec<Value>, DbError> {
    Ok(db.rows_within(query, time).await?.iter().map(|row| row.get("found")).collect())
}
