//! The newest PostgreSQL that the shop supports, whichever one this machine has.

use super::{Fixture, Sale};
use domain::db::Db;
use serde_json::json;
use stack::{Postgres, Progress};
use testkit::{Product, Shop};

#[tokio::test]
async fn an_order_is_placed_paid_and_refunded_on_the_newest_postgresql() {
    let server = Postgres::start_newest(&Progress::silent()).await.unwrap();
    let shop = Shop::open_on(&server).await;
    let version = shop.one::<String>("show server_version_num").await;
    assert!(version.parse::<u32>().unwrap() >= 180_000, "{version}");
    let fixture = Fixture::on(shop, false).await;
    let mug = fixture.shop.product(Product { price: 1250, ..Product::any() }).await;
    let body = json!({"lines": [{"product": mug, "quantity": 3}]});
    let orders = fixture.orders_api();

    let placed =
        orders.post("/v1/orders", &body).by(&fixture.buyer).key("the key of this order").await;
    assert_eq!(placed.status, 201, "{}", placed.body);
    let sale = Sale::of(fixture, placed.text("/id").parse().unwrap()).await;
    let refunded = sale.refund("a key of twenty one..", &json!({"reason": "Broken"})).await;

    assert_eq!(refunded.status, 201, "{}", refunded.body);
    assert_eq!((sale.refunded_amount().await, sale.refunded_by_stripe()), (3750, 3750));
    sale.fixture.audit().await;
    let again = Db::connect(&server.url("shop"), 1).unwrap().migrate().await;
    assert_eq!(again.unwrap(), 0);
}
