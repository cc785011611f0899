//! A database that has paused, and answers only after a while: what a schedule starts waits for it.

use crate::migrate::waiting::start_slowly;
use domain::db::Db;
use lambda::dead_letters::DeadLetters;
use lambda::dispatcher::OutboxDispatcher;
use reconcile::Reconcile;
use std::net::Ipv4Addr;
use sweep::{ROUND, Sweep};
use testkit::{Order, Product, Shop};

/// The shop's database behind an address at which nothing listens, and then a server that starts.
fn sleeping(shop: &Shop) -> (Db, impl Future<Output = ()>) {
    let url = shop.url();
    let (user, place) = url.split_once('@').unwrap();
    let (server, database) = place.split_once('/').unwrap();
    let free = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let db = Db::connect(&format!("{user}@127.0.0.1:{port}/{database}"), 1).unwrap();
    (db, start_slowly((Ipv4Addr::LOCALHOST, port), server.to_owned()))
}

#[tokio::test]
async fn a_sweep_waits_for_a_database_that_has_paused() {
    let shop = Shop::open().await;
    let product = shop.product(Product::any()).await;
    shop.order(&shop.customer().await, Order { product, quantity: 1 }).await;
    shop.run("update orders set expires_at = now() - interval '1 second', close_at = now()").await;
    let (db, start) = sleeping(&shop);
    let (_stand_in, stripe) = testkit::stripe().await;
    let sweep = Sweep {
        time: ROUND,
        db,
        dispatcher: OutboxDispatcher::deferred(),
        stripe: stripe.into(),
        dead_letters: DeadLetters::none(),
        live: false,
    };

    let report = tokio::select! {
        report = sweep.round() => report.unwrap(),
        () = start => unreachable!(),
    };

    assert_eq!(report.orders, 1);
    assert_eq!(shop.one::<String>("select status from orders").await, "cancelled");
}

#[tokio::test]
async fn a_comparison_waits_for_a_database_that_has_paused() {
    let shop = Shop::open().await;
    let (db, start) = sleeping(&shop);
    let (_stand_in, stripe) = testkit::stripe().await;
    let dispatcher = OutboxDispatcher::deferred();
    let reconcile = Reconcile { db, dispatcher, stripe: stripe.into() };

    let report = tokio::select! {
        report = reconcile.tick() => report.unwrap(),
        () = start => unreachable!(),
    };

    assert!(report.ran);
    let finished = "select count(*) from reconciliations where finished_at is not null";
    assert_eq!(shop.one::<i64>(finished).await, 1);
}
