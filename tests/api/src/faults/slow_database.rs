//! A database that answers late or not at all, has no free connection, or is read-only.

use super::{Fixture, order_body, orders_on};
use domain::db::Db;
use serde_json::json;
use stack::proxy::{Direction, NetworkFault, Trigger};
use std::time::Duration;
use stripe_gateway::webhook::SigningSecrets;
use stripe_webhook::Webhook;
use testkit::{ApiClient, Order, Product, Shop, WEBHOOK_SECRET, send_all};
use tokio::time::Instant;

/// Lambda ends a function after ten seconds; its caller must have an answer before that.
const ANSWER_DEADLINE: Duration = Duration::from_secs(8);

#[tokio::test]
async fn a_database_that_falls_silent_is_given_up_in_time() {
    let triggers = [
        (Direction::ToServer, Trigger::text("insert into orders")),
        (Direction::ToServer, Trigger::text("COMMIT")),
        (Direction::ToClient, Trigger::text("COMMIT\0")),
        (Direction::ToClient, Trigger::Byte(0)),
    ];
    let mut fixtures = Vec::new();
    for (number, (direction, trigger)) in triggers.into_iter().enumerate() {
        fixtures.push(tokio::spawn(async move {
            let fixture = Fixture::new().await;
            fixture.proxy.inject(direction, trigger.clone(), NetworkFault::Stall);
            let key = format!("silence, number {number}");
            let started = Instant::now();

            let first = fixture.order(&key).await;

            assert_eq!(first.refusal(), (503, "unavailable"), "{direction:?} {trigger:?}");
            assert!(
                started.elapsed() < ANSWER_DEADLINE,
                "{direction:?} {trigger:?}: {:?}",
                started.elapsed()
            );
            assert_eq!(fixture.proxy.fault_count(), 1);
            fixture.proxy.restore();
            assert_eq!(fixture.order(&key).await.status, 201);
            assert_eq!(fixture.order_count().await, 1, "{direction:?} {trigger:?}");
            fixture.check_invariants().await;
        }));
    }
    for fixture in fixtures {
        fixture.await.unwrap();
    }
}

#[tokio::test]
async fn a_connection_that_fell_silent_while_nobody_used_it_is_replaced() {
    let fixture = Fixture::new().await;
    assert_eq!(fixture.order("the very first order").await.status, 201);
    // Idle for so long that the connection is checked before its next use, with an empty query that gets no answer.
    tokio::time::sleep(Duration::from_millis(1100)).await;
    let empty_query = Trigger::text("Q\0\0\0\u{5}\0");
    fixture.proxy.inject(Direction::ToServer, empty_query, NetworkFault::Stall);
    let started = Instant::now();

    let second = fixture.order("the very second order").await;

    assert_eq!((second.status, fixture.proxy.fault_count()), (201, 1), "{}", second.body);
    assert!(started.elapsed() < ANSWER_DEADLINE, "{:?}", started.elapsed());
    fixture.check_invariants().await;
}

#[tokio::test]
async fn who_is_frozen_in_the_middle_of_an_order_holds_the_stock_for_seconds_only() {
    let fixture = Fixture::new().await;
    let direct = orders_on(&fixture.shop, fixture.shop.db.clone());
    let other = fixture.shop.customer().await;
    // The product's row is locked, and the COMMIT that would release it never arrives.
    fixture.proxy.inject(Direction::ToServer, Trigger::text("COMMIT"), NetworkFault::Stall);
    let frozen =
        tokio::spawn(std::future::IntoFuture::into_future(fixture.order("frozen in the middle")));
    fixture.proxy.wait_for_faults(1).await;

    let started = Instant::now();
    let order = || {
        direct.post("/v1/orders", &order_body(fixture.mug)).by(&other).key("somebody else's order")
    };
    let mut answer = order().await;
    while answer.status != 201 && started.elapsed() < ANSWER_DEADLINE {
        assert!(matches!(answer.status, 409 | 503), "{}", answer.body);
        answer = order().await;
    }

    assert_eq!(answer.status, 201, "{}", answer.body);
    assert_eq!(frozen.await.unwrap().refusal(), (503, "unavailable"));
    assert_eq!(fixture.order_count().await, 1, "the frozen order was rolled back");
    assert_eq!(fixture.shop.stock(fixture.mug).await, (1000, 1));
    fixture.check_invariants().await;
}

#[tokio::test]
async fn who_finds_no_connection_is_told_soon_and_the_shop_recovers_by_itself() {
    let shop = Shop::open().await;
    let connection_limit = |count: i32| {
        format!(
            "do $$ begin execute format('alter database %I connection limit {count}', current_database()); end $$"
        )
    };
    shop.admin.batch_execute(&connection_limit(3)).await.unwrap();
    let buyers = shop.customers(5).await;
    let mug = shop.product(Product { stock: 100, ..Product::any() }).await;
    // Ten instances with one connection each, of which the database admits three.
    let apis: Vec<_> =
        (0..10).map(|_| orders_on(&shop, Db::connect(shop.url(), 1).unwrap())).collect();
    let calls = || -> Vec<_> {
        let call = |n: usize| {
            let call = apis[n % apis.len()].post("/v1/orders", &order_body(mug));
            call.by(&buyers[n % 5]).key(&format!("while there are few, {n}"))
        };
        (0..20).map(call).collect()
    };
    let started = Instant::now();

    let answers = send_all(calls()).await;

    assert!(started.elapsed() < ANSWER_DEADLINE, "{:?}", started.elapsed());
    let refused: Vec<_> = answers.iter().filter(|answer| answer.status != 201).collect();
    assert!(!refused.is_empty() && refused.len() < 20, "{} refused", refused.len());
    for answer in refused {
        assert_eq!(answer.refusal(), (503, "unavailable"), "{}", answer.body);
        assert!(answer.header("retry-after").is_some());
    }
    shop.admin.batch_execute(&connection_limit(-1)).await.unwrap();
    for answer in send_all(calls()).await {
        assert_eq!(answer.status, 201, "{}", answer.body);
    }
    assert_eq!(shop.one::<i64>("select count(*) from orders").await, 20);
    let audit = apis.iter().fold(shop.audit(), |audit, api| audit.with_exchanges(api.exchanges()));
    audit.assert_holds().await;
}

#[tokio::test]
async fn who_waits_for_a_lock_too_long_is_told_to_come_back_and_nobody_else_waits() {
    let fixture = Fixture::new().await;
    let tea = fixture.shop.product(Product::any()).await;
    let holder = fixture.shop.connect_as_app_rw().await;
    holder
        .batch_execute(
            "set idle_in_transaction_session_timeout = 0; begin; set local statement_timeout = 0",
        )
        .await
        .unwrap();
    holder.query("select 1 from products where id = $1 for update", &[&fixture.mug]).await.unwrap();
    let direct = orders_on(&fixture.shop, fixture.shop.db.clone());
    let other_buyer = fixture.shop.customer().await;
    let started = Instant::now();

    let waiting =
        tokio::spawn(std::future::IntoFuture::into_future(fixture.order("waits for the lock")));
    let other = direct
        .post("/v1/orders", &order_body(tea))
        .by(&other_buyer)
        .key("wants something else")
        .await;
    assert_eq!(other.status, 201, "{}", other.body);
    assert!(started.elapsed() < Duration::from_secs(2));
    let waited = waiting.await.unwrap();

    assert!(matches!(waited.status, 409 | 503), "{}", waited.body);
    assert!(waited.header("retry-after").is_some());
    assert!(
        started.elapsed() < ANSWER_DEADLINE + Duration::from_secs(1),
        "{:?}",
        started.elapsed()
    );
    holder.batch_execute("rollback").await.unwrap();
    assert_eq!(fixture.order("waits for the lock").await.status, 201);
    fixture.check_invariants().await;
}

#[tokio::test]
async fn a_database_that_only_reads_acknowledges_nothing() {
    let shop = Shop::open().await;
    let mug = shop.product(Product::any()).await;
    let buyer = shop.customer().await;
    let order = shop.order(&buyer, Order { product: mug, quantity: 1 }).await;
    let event = shop.payment(order).await.event("succeeded", 0);
    let read_only = |on: &str| {
        format!(
            "do $$ begin execute format('alter database %I set default_transaction_read_only = {on}', current_database()); end $$"
        )
    };
    shop.admin.batch_execute(&read_only("on")).await.unwrap();
    let connect = || {
        let db = Db::connect(shop.url(), 1).unwrap();
        let webhook = Webhook {
            db: db.clone(),
            clock: testkit::clock(),
            dispatcher: lambda::dispatcher::OutboxDispatcher::deferred(),
            secrets: SigningSecrets::parse(WEBHOOK_SECRET).unwrap().into(),
            live: false,
        };
        (orders_on(&shop, db), ApiClient::new(stripe_webhook::routes(), webhook))
    };
    let place = |api: &ApiClient| {
        api.post("/v1/orders", &order_body(mug)).by(&buyer).key("into a read-only database")
    };

    let (orders, webhook) = connect();
    let (read, placed) = (orders.get("/v1/orders").by(&buyer).await, place(&orders).await);
    let received = webhook.stripe_event(&event).await;

    assert_eq!(read.status, 200, "{}", read.body);
    assert_eq!(placed.refusal(), (503, "unavailable"), "{}", placed.body);
    assert_eq!(received.status, 503, "{}", received.body);
    shop.admin.batch_execute("set default_transaction_read_only = off").await.unwrap();
    shop.admin.batch_execute(&read_only("off")).await.unwrap();
    let (orders, webhook) = connect();
    assert_eq!(place(&orders).await.status, 201);
    assert_eq!(webhook.stripe_event(&event).await.body["received"], json!(true));
    assert_eq!(shop.one::<i64>("select count(*) from orders where status = 'confirmed'").await, 1);
    shop.check_invariants().await;
}
