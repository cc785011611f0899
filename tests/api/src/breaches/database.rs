//! Breaches that the database alone can show.

use super::{Fixture, expect};
use invariants::BreachKind::{self, Duplicate, Lost};
use std::time::Duration;
use tokio::time::timeout;

/// The order's status, the SQL that corrupts its rows, and the breaches to be found.
type Corruption = (&'static str, &'static str, &'static [(&'static str, BreachKind, &'static str)]);

/// Found at any time.
const AT_ANY_TIME: [Corruption; 25] = [
    (
        "pending",
        "insert into stock_moves (product_id, source, source_id, on_hand_delta, reserved_delta)
         select id, 'nobody', 'nobody', 0, 1 from products; update products set reserved = 4",
        &[("I1", Lost, "\"held_by_orders\":3")],
    ),
    ("pending", "update products set on_hand = 11", &[("I1", Lost, "\"on_hand_moved\":10")]),
    (
        "shipped",
        "insert into stock_moves (product_id, source, source_id, on_hand_delta, reserved_delta)
         select id, 'return', 're_1', 1, 0 from products; update products set on_hand = on_hand + 1",
        &[("I1", Lost, "\"refund\":\"re_1\"")],
    ),
    ("confirmed", "delete from ledger", &[("I2", Lost, "\"captured_by_ledger\":0")]),
    (
        "confirmed",
        "insert into refunds (id, payment_id, amount_minor, status, origin)
         select gen_random_uuid(), id, 3751, 'requested', 'api' from payments",
        &[
            ("I2", Lost, "\"with_those_on_their_way\":3751"),
            ("I16", Lost, "\"net_refunded\":3751"),
        ],
    ),
    (
        "pending",
        "insert into payments (id, order_id, currency, amount_minor, status)
         select gen_random_uuid(), id, 'EUR', total_minor - 1, 'creating' from orders",
        &[("I4", Lost, "\"total\":3750")],
    ),
    (
        "confirmed",
        "update payments set amount_minor = 3749",
        &[("I2", Lost, "captured 3750, payments 3749")],
    ),
    (
        "pending",
        "drop index payments_one_per_order;
         insert into payments (id, order_id, currency, amount_minor, status)
         select gen_random_uuid(), id, 'EUR', total_minor, 'creating' from orders, generate_series(1, 2)",
        &[("I3", Duplicate, "creating, ")],
    ),
    (
        "confirmed",
        "drop index payments_one_per_order; update payments set amount_minor = 1750;
         insert into payments (id, order_id, currency, provider_pi, amount_minor, status)
         select gen_random_uuid(), id, 'EUR', 'pi_other', 2000, 'succeeded' from orders",
        &[("I3", Lost, "\"payments\":[\"pay_"), ("I3", Duplicate, "succeeded, ")],
    ),
    (
        "confirmed",
        "insert into payments (id, order_id, currency, provider_pi, amount_minor, status, surplus_at)
         select gen_random_uuid(), id, 'EUR', 'pi_other', 2000, 'succeeded', now() from orders;
         insert into refunds (id, payment_id, amount_minor, status, origin)
         select gen_random_uuid(), id, 2000, 'requested', 'late_payment' from payments where surplus_at is not null",
        &[("I2", Lost, "\"captured_by_ledger\":0")],
    ),
    (
        "pending",
        "update order_history set from_status = 'shipped'",
        &[("I4", Lost, "\"from\":\"shipped\"")],
    ),
    ("pending", "delete from order_history", &[("I4", Lost, "\"status\":\"pending\"")]),
    (
        "confirmed",
        "update orders set status = 'pending', expires_at = now(); update order_history set to_status = 'pending'
         where version = 2; delete from order_history where from_status is not null",
        &[("I4", Lost, "is pending, captured 3750 of 3750")],
    ),
    ("confirmed", "update orders set on_hold = true", &[("I4", Lost, "on hold t")]),
    (
        "pending",
        "insert into idempotency_keys (user_id, key, method, route, fingerprint)
         select user_id, 'a key without an answer', 'POST', '/v1/orders', sha256('') from orders",
        &[("I5", Lost, "key a key without an answer is taken")],
    ),
    (
        "pending",
        "insert into idempotency_keys (user_id, key, method, route, fingerprint, response_status, response_body)
         select user_id, 'a key of an order', 'POST', '/v1/orders', sha256(''), 201, '{\"id\": \"ord_1\"}' from orders",
        &[("I5", Lost, "key a key of an order: ord_1 ")],
    ),
    (
        "pending",
        "insert into idempotency_keys (user_id, key, method, route, fingerprint, response_status, response_body)
         select user_id, 'a key of an order, ' || n, 'POST', '/v1/orders', sha256(''), 201,
                convert_to('{\"id\": \"ord_' || replace(id::text, '-', '') || '\"}', 'UTF8')
         from orders, generate_series(1, 2) n",
        &[("I5", Duplicate, "a key of an order, 1, a key of an order, 2")],
    ),
    (
        "pending",
        "insert into stripe_events (event_id, type, created, livemode, raw, next_try_at)
         values ('evt_1', 'charge.refunded', now(), false, '{}', now() - interval '6 minutes')",
        &[("I6", Lost, "\"event\":\"evt_1\"")],
    ),
    (
        "confirmed",
        "alter table ledger drop constraint ledger_once;
         insert into ledger (order_id, kind, amount_minor, source, source_id)
         select id, 'dispute_withdrawn', 100, 'stripe', 'dp_1' from orders, generate_series(1, 2)",
        &[("I6", Duplicate, "dispute_withdrawn of dp_1 is entered 2 times")],
    ),
    (
        "pending",
        "insert into outbox (topic, dedupe_key, payload, available_at)
         values ('mail', 'one', '{}', now() - interval '6 minutes')",
        &[("I7", Lost, "\"message\":\"one\"")],
    ),
    (
        "pending",
        "alter table outbox drop constraint outbox_once;
         insert into outbox (topic, dedupe_key, payload) select 'mail', 'one', '{}' from generate_series(1, 2)",
        &[("I7", Duplicate, "one is announced 2 times")],
    ),
    ("pending", "alter table products drop constraint products_reserved_not_negative; update products set reserved = -1", &[
        ("I1", Lost, "\"reserved\":-1"),
        ("I1", Lost, "\"reserved_moved\":3"),
    ]),
    (
        "confirmed",
        "update orders set refunded_minor = 1; insert into ledger (order_id, kind, amount_minor, source, source_id)
         select id, 'refunded', 1, 'stripe', 're_1' from orders",
        &[("I2", Lost, "\"refunded_by_refunds\":0")],
    ),
    (
        "pending",
        "alter table order_taxes disable trigger order_taxes_add_up;
         insert into order_taxes (order_id, country, region, component, label, rate_ppm, base_minor, tax_minor, included)
         select id, 'DE', '', 'tax', 'MwSt', 190000, 3750, 599, true from orders",
        &[("I13", Lost, "\"tax_by_rate\":599")],
    ),
    (
        "confirmed",
        "insert into refunds (id, payment_id, amount_minor, tax_minor, status, origin)
         select gen_random_uuid(), id, 100, 16, 'requested', 'api' from payments",
        &[("I16", Lost, "\"tax_refunded\":16")],
    ),
];

/// Found only once nothing is in flight any more ([`invariants::Audit::when_idle`]).
const WHEN_QUIET: [Corruption; 5] = [
    (
        "pending",
        "insert into stripe_events (event_id, type, created, livemode, raw)
         values ('evt_1', 'charge.refunded', now(), false, '{}')",
        &[("I6", Lost, "event evt_1, charge.refunded, still waits")],
    ),
    (
        "pending",
        "insert into outbox (topic, dedupe_key, payload) values ('mail', 'one', '{}')",
        &[("I7", Lost, "message one never left")],
    ),
    (
        "pending",
        "insert into outbox (topic, dedupe_key, payload, sent_at) values ('mail', 'refund_issued:re_1', '{}', now())",
        &[("I7", Lost, "the mail refund_issued:re_1 is unknown")],
    ),
    ("confirmed", "select", &[("I7", Lost, "is confirmed, but the outbox has no order_confirmed")]),
    ("cancelled", "select", &[("I7", Lost, "is cancelled, but the outbox has no order_cancelled")]),
];

#[tokio::test]
async fn each_crime_is_named_with_its_row() {
    for (status, sql, found) in AT_ANY_TIME {
        let fixture = Fixture::with_order(status).await;

        fixture.corrupt(sql).await;

        expect(fixture.shop.audit(), found).await;
    }
}

#[tokio::test]
async fn what_is_still_on_its_way_when_all_should_be_quiet_is_named() {
    for (status, sql, found) in WHEN_QUIET {
        let fixture = Fixture::with_order(status).await;

        fixture.corrupt(sql).await;

        expect(fixture.shop.audit(), &[]).await;
        expect(fixture.shop.audit().when_idle(), found).await;
    }
}

#[tokio::test]
async fn a_session_that_keeps_its_transaction_waiting_is_named() {
    let fixture = Fixture::with_order("pending").await;
    let idle = fixture.shop.connect_as_app_rw().await;
    let begin = "set idle_in_transaction_session_timeout = 0; begin; select 'the idle one'";
    idle.batch_execute(begin).await.unwrap();

    let found = async {
        while fixture.shop.audit().run().await.unwrap().breaches.is_empty() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };

    timeout(Duration::from_secs(20), found).await.unwrap();
    expect(fixture.shop.audit(), &[("I11", Lost, "the idle one")]).await;
}

#[tokio::test]
async fn transactions_that_locked_each_other_out_are_named() {
    let fixture = Fixture::with_order("pending").await;
    let (one, other) =
        (fixture.shop.connect_as_app_rw().await, fixture.shop.connect_as_app_rw().await);
    for session in [&one, &other] {
        session.batch_execute("begin").await.unwrap();
    }
    one.batch_execute("update orders set note = null").await.unwrap();
    other.batch_execute("update products set name = 'Mug'").await.unwrap();

    let ends = tokio::join!(
        one.batch_execute("update products set name = 'Cup'"),
        other.batch_execute("update orders set note = null"),
    );

    assert!(ends.0.is_err() || ends.1.is_err(), "PostgreSQL ended neither of the two");
    for session in [one, other] {
        session.batch_execute("rollback").await.unwrap();
        drop(session);
    }
    // A session reports its deadlocks to `pg_stat_database` only once it is idle.
    let found = async {
        while fixture.shop.audit().run().await.unwrap().breaches.is_empty() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    timeout(Duration::from_secs(20), found).await.unwrap();
    expect(fixture.shop.audit(), &[("I11", Lost, "\"deadlocks\":1")]).await;
}
