//! A thousand requests a minute, on whatever machine runs the tests.

use super::{catalog_api, order_body, orders_api};
use futures_util::{StreamExt as _, stream};
use std::future::IntoFuture as _;
use std::time::Duration;
use testkit::{Product, Shop};

#[tokio::test]
async fn a_thousand_requests_are_answered_within_a_minute() {
    let shop = Shop::open().await;
    let mug = shop.product(Product { stock: 1000, ..Product::any() }).await;
    let buyers = shop.customers(50).await;
    let (catalog, orders) = (catalog_api(&shop), orders_api(&shop));
    let calls = (0..1000).map(|n| {
        let (buyer, path) = (&buyers[n % 50], format!("/v1/products/{mug}"));
        match n % 10 {
            0 => orders
                .post("/v1/orders", &order_body([(mug, 1)]))
                .by(buyer)
                .key(&format!("order number {:>4}", n % 200)),
            1 | 2 => orders.get("/v1/orders").by(buyer),
            3 | 4 => catalog.get("/v1/products?q=product&sort=price"),
            _ => catalog.get(&path),
        }
        .into_future()
    });

    let responses = stream::iter(calls).buffer_unordered(8).collect::<Vec<_>>();
    let responses = tokio::time::timeout(Duration::from_mins(1), responses).await.unwrap();

    let failed: Vec<_> = responses.iter().filter(|response| response.status >= 400).collect();
    assert!(failed.is_empty(), "{failed:?}");
    assert_eq!(responses.len(), 1000);
    shop.check_invariants().await;
}
