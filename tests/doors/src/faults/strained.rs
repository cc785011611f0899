//! A database that answers late, not at all, or only so many.

use super::{Scene, orders_on, wish};
use domain::db::Db;
use serde_json::json;
use stack::proxy::{At, Break, Way};
use std::time::Duration;
use stripe_gateway::webhook::Secrets;
use stripe_webhook::Webhook;
use testkit::{Door, Order, Product, Shop, WEBHOOK_SECRET, all};
use tokio::time::Instant;

/// A function is ended after ten seconds; whoever called it shall have an answer before.
const IN_TIME: Duration = Duration::from_secs(8);

#[tokio::test]
async fn a_database_that_falls_silent_is_given_up_in_time() {
    let places = [
        (Way::ToServer, At::text("insert into orders")),
        (Way::ToServer, At::text("COMMIT")),
        (Way::ToClient, At::text("COMMIT\0")),
        (Way::ToClient, At::Byte(0)),
    ];
    let mut scenes = Vec::new();
    for (place, (way, at)) in places.into_iter().enumerate() {
        scenes.push(tokio::spawn(async move {
            let scene = Scene::set().await;
            scene.line.script(way, at.clone(), Break::Stall);
            let key = format!("silence, number {place}");
            let started = Instant::now();

            let first = scene.order(&key).await;

            assert_eq!(first.refusal(), (503, "unavailable"), "{way:?} {at:?}");
            assert!(started.elapsed() < IN_TIME, "{way:?} {at:?}: {:?}", started.elapsed());
            assert_eq!(scene.line.struck(), 1);
            scene.line.mend();
            assert_eq!(scene.order(&key).await.status, 201);
            assert_eq!(scene.orders().await, 1, "{way:?} {at:?}");
            scene.hold().await;
        }));
    }
    for scene in scenes {
        scene.await.unwrap();
    }
}

#[tokio::test]
async fn a_connection_that_fell_silent_while_nobody_used_it_is_replaced() {
    let scene = Scene::set().await;
    assert_eq!(scene.order("the very first order").await.status, 201);
    // Frozen for so long that it must be asked for a sign of life, and gives none.
    tokio::time::sleep(Duration::from_millis(1100)).await;
    let no_statement = At::text("Q\0\0\0\u{5}\0");
    scene.line.script(Way::ToServer, no_statement, Break::Stall);
    let started = Instant::now();

    let second = scene.order("the very second order").await;

    assert_eq!((second.status, scene.line.struck()), (201, 1), "{}", second.body);
    assert!(started.elapsed() < IN_TIME, "{:?}", started.elapsed());
    scene.hold().await;
}

#[tokio::test]
async fn who_is_frozen_in_the_middle_of_an_order_holds_the_shelf_for_seconds_only() {
    let scene = Scene::set().await;
    let direct = orders_on(&scene.shop, scene.shop.db.clone());
    let other = scene.shop.customer().await;
    // The shelf's row is locked, and the word that would free it never arrives.
    scene.line.script(Way::ToServer, At::text("COMMIT"), Break::Stall);
    let frozen =
        tokio::spawn(std::future::IntoFuture::into_future(scene.order("frozen in the middle")));
    scene.line.has_struck(1).await;

    let started = Instant::now();
    let order =
        || direct.post("/v1/orders", &wish(scene.mug)).by(&other).key("somebody else's order");
    let mut answer = order().await;
    while answer.status != 201 && started.elapsed() < IN_TIME {
        assert!(matches!(answer.status, 409 | 503), "{}", answer.body);
        answer = order().await;
    }

    assert_eq!(answer.status, 201, "{}", answer.body);
    assert_eq!(frozen.await.unwrap().refusal(), (503, "unavailable"));
    assert_eq!(scene.orders().await, 1, "of the frozen one nothing is left");
    assert_eq!(scene.shop.stock(scene.mug).await, (1000, 1));
    scene.hold().await;
}

#[tokio::test]
async fn who_finds_no_connection_is_told_soon_and_the_shop_recovers_by_itself() {
    let shop = Shop::open().await;
    let limit = |count: i32| {
        format!(
            "do $$ begin execute format('alter database %I connection limit {count}', current_database()); end $$"
        )
    };
    shop.admin.batch_execute(&limit(3)).await.unwrap();
    let buyers = shop.customers(5).await;
    let mug = shop.product(Product { stock: 100, ..Product::any() }).await;
    // Ten instances with a connection each, where three may have one.
    let doors: Vec<_> =
        (0..10).map(|_| orders_on(&shop, Db::connect(shop.url(), 1).unwrap())).collect();
    let calls = || -> Vec<_> {
        let call = |n: usize| {
            let call = doors[n % doors.len()].post("/v1/orders", &wish(mug));
            call.by(&buyers[n % 5]).key(&format!("while there are few, {n}"))
        };
        (0..20).map(call).collect()
    };
    let started = Instant::now();

    let answers = all(calls()).await;

    assert!(started.elapsed() < IN_TIME, "{:?}", started.elapsed());
    let refused: Vec<_> = answers.iter().filter(|answer| answer.status != 201).collect();
    assert!(!refused.is_empty() && refused.len() < 20, "{} refused", refused.len());
    for answer in refused {
        assert_eq!(answer.refusal(), (503, "unavailable"), "{}", answer.body);
        assert!(answer.header("retry-after").is_some());
    }
    shop.admin.batch_execute(&limit(-1)).await.unwrap();
    for answer in all(calls()).await {
        assert_eq!(answer.status, 201, "{}", answer.body);
    }
    assert_eq!(shop.one::<i64>("select count(*) from orders").await, 20);
    let books = doors.iter().fold(shop.books(), |books, door| books.with_answers(door.notes()));
    books.hold().await;
}

#[tokio::test]
async fn who_waits_for_a_lock_too_long_is_told_to_come_back_and_nobody_else_waits() {
    let scene = Scene::set().await;
    let tea = scene.shop.product(Product::any()).await;
    let holder = scene.shop.as_function().await;
    holder
        .batch_execute(
            "set idle_in_transaction_session_timeout = 0; begin; set local statement_timeout = 0",
        )
        .await
        .unwrap();
    holder.query("select 1 from products where id = $1 for update", &[&scene.mug]).await.unwrap();
    let direct = orders_on(&scene.shop, scene.shop.db.clone());
    let somebody = scene.shop.customer().await;
    let started = Instant::now();

    let waiting =
        tokio::spawn(std::future::IntoFuture::into_future(scene.order("waits for the shelf")));
    let other =
        direct.post("/v1/orders", &wish(tea)).by(&somebody).key("wants something else").await;
    assert_eq!(other.status, 201, "{}", other.body);
    assert!(started.elapsed() < Duration::from_secs(2));
    let told = waiting.await.unwrap();

    assert!(matches!(told.status, 409 | 503), "{}", told.body);
    assert!(told.header("retry-after").is_some());
    assert!(started.elapsed() < IN_TIME + Duration::from_secs(1), "{:?}", started.elapsed());
    holder.batch_execute("rollback").await.unwrap();
    assert_eq!(scene.order("waits for the shelf").await.status, 201);
    scene.hold().await;
}

#[tokio::test]
async fn a_database_that_only_reads_acknowledges_nothing() {
    let shop = Shop::open().await;
    let mug = shop.product(Product::any()).await;
    let buyer = shop.customer().await;
    let order = shop.order(&buyer, Order { product: mug, quantity: 1 }).await;
    let event = shop.payment(order).await.event("succeeded", 0);
    let only = |on: &str| {
        format!(
            "do $$ begin execute format('alter database %I set default_transaction_read_only = {on}', current_database()); end $$"
        )
    };
    shop.admin.batch_execute(&only("on")).await.unwrap();
    let doors = || {
        let db = Db::connect(shop.url(), 1).unwrap();
        let webhook = Webhook {
            db: db.clone(),
            clock: testkit::clock(),
            dispatch: lambda::dispatch::Dispatch::later(),
            secrets: Secrets::parse(WEBHOOK_SECRET).unwrap().into(),
            live: false,
        };
        (orders_on(&shop, db), Door::new(stripe_webhook::routes(), webhook))
    };
    let place =
        |door: &Door| door.post("/v1/orders", &wish(mug)).by(&buyer).key("into a full disk");

    let (orders, webhook) = doors();
    let (read, placed) = (orders.get("/v1/orders").by(&buyer).await, place(&orders).await);
    let told = webhook.stripe_event(&event).await;

    assert_eq!(read.status, 200, "{}", read.body);
    assert_eq!(placed.refusal(), (503, "unavailable"), "{}", placed.body);
    assert_eq!(told.status, 503, "{}", told.body);
    shop.admin.batch_execute("set default_transaction_read_only = off").await.unwrap();
    shop.admin.batch_execute(&only("off")).await.unwrap();
    let (orders, webhook) = doors();
    assert_eq!(place(&orders).await.status, 201);
    assert_eq!(webhook.stripe_event(&event).await.body["received"], json!(true));
    assert_eq!(shop.one::<i64>("select count(*) from orders where status = 'confirmed'").await, 1);
    shop.check_invariants().await;
}
