//! A27: a thousand requests a minute, on whatever machine runs the tests.

use super::{counter, shelves, wish};
use futures_util::{StreamExt as _, stream};
use std::future::IntoFuture as _;
use std::time::Duration;
use testkit::{Product, Shop};

#[tokio::test]
async fn a_thousand_requests_are_answered_within_a_minute() {
    let shop = Shop::open().await;
    let mug = shop.product(Product { stock: 1000, ..Product::any() }).await;
    let buyers = shop.customers(50).await;
    let (shelves, counter) = (shelves(&shop), counter(&shop));
    let calls = (0..1000).map(|n| {
        let (buyer, path) = (&buyers[n % 50], format!("/v1/products/{mug}"));
        match n % 10 {
            0 => counter
                .post("/v1/orders", &wish([(mug, 1)]))
                .by(buyer)
                .key(&format!("order number {:>4}", n % 200)),
            1 | 2 => counter.get("/v1/orders").by(buyer),
            3 | 4 => shelves.get("/v1/products?q=product&sort=price"),
            _ => shelves.get(&path),
        }
        .into_future()
    });

    let answers = stream::iter(calls).buffer_unordered(8).collect::<Vec<_>>();
    let answers = tokio::time::timeout(Duration::from_mins(1), answers).await.unwrap();

    let failed: Vec<_> = answers.iter().filter(|answer| answer.status >= 400).collect();
    assert!(failed.is_empty(), "{failed:?}");
    assert_eq!(answers.len(), 1000);
    shop.check_invariants().await;
}
