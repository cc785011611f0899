//! Tax rates that begin while orders are placed: an order has the rate that was in force when it was placed (K8).

use super::{api, order_body, place};
use domain::id::ProductId;
use futures_util::future::join_all;
use serde_json::{Value, json};
use std::time::Duration;
use testkit::{Product, Shop, TaxRate};

/// A shop that taxes Germany at 10 %, and one of its products, at 10.00 euros.
async fn taxed() -> (Shop, ProductId) {
    let shop = Shop::open().await;
    shop.tax_country("DE", false).await;
    shop.tax_rate(TaxRate { rate_ppm: Some(100_000), ..TaxRate::standard("DE") }).await;
    let mug = shop.product(Product { price: 1000, stock: 10_000, ..Product::any() }).await;
    (shop, mug)
}

/// A rate in parts per million, or `null`, that begins at a time: SQL, such as `now()`.
async fn begin_rate(shop: &Shop, rate_ppm: &str, valid_from: &str) {
    let sql = format!(
        "alter table tax_rates disable trigger tax_rates_begin_later;
         insert into tax_rates (country, category, rate_ppm, label, valid_from)
         values ('DE', 'standard', {rate_ppm}, 'VAT', {valid_from});
         alter table tax_rates enable trigger tax_rates_begin_later"
    );
    shop.admin.batch_execute(&sql).await.unwrap();
}

fn to_berlin(mug: ProductId) -> Value {
    let mut body = order_body([(mug, 1)]);
    body["shipping_address"] = json!({"name": "Ann", "line1": "Hauptstr. 1", "city": "Berlin", "postal_code": "10115",
                                      "country": "DE"});
    body
}

/// The rate that a new order gets.
async fn rate_of_order(shop: &Shop, mug: ProductId) -> Value {
    let buyer = shop.customer().await;
    let placed = place(&api(shop), &buyer, &to_berlin(mug)).await;
    assert_eq!(placed.status, 201, "{}", placed.body);
    placed.body["taxes"][0]["rate"].clone()
}

/// Each order has the rate that was in force when it was placed, as `order_taxes` proves.
async fn check_rates(shop: &Shop) {
    let wrong = "select count(*) from orders o left join order_taxes t on t.order_id = o.id
                 where t.rate_ppm is distinct from (
                     select r.rate_ppm from tax_rates r where r.valid_from <= o.created_at order by r.valid_from desc limit 1)";
    assert_eq!(shop.one::<i64>(wrong).await, 0);
    shop.check_invariants().await;
}

#[tokio::test]
async fn a_rate_holds_from_its_first_second_and_none_before() {
    let (shop, mug) = taxed().await;

    begin_rate(&shop, "200000", "now() - interval '1 second'").await;
    begin_rate(&shop, "300000", "now() + interval '1 hour'").await;
    assert_eq!(rate_of_order(&shop, mug).await, "20 %");
    begin_rate(&shop, "null", "clock_timestamp()").await;
    assert_eq!(rate_of_order(&shop, mug).await, Value::Null);

    check_rates(&shop).await;
}

#[tokio::test]
async fn an_order_that_waits_while_a_rate_begins_has_the_one_before() {
    let (shop, mug) = taxed().await;
    let buyer = shop.customer().await;
    shop.run("begin").await;
    shop.run("update products set name = 'Mug'").await;
    let begins = async {
        shop.until_awaited().await;
        begin_rate(&shop, "200000", "clock_timestamp()").await;
        shop.run("commit").await;
    };

    let (placed, ()) = tokio::join!(place(&api(&shop), &buyer, &to_berlin(mug)), begins);

    assert_eq!(placed.status, 201, "{}", placed.body);
    assert_eq!(placed.body["taxes"][0]["rate"], "10 %");
    assert_eq!(rate_of_order(&shop, mug).await, "20 %");
    check_rates(&shop).await;
}

#[tokio::test]
async fn of_orders_that_are_placed_while_a_rate_begins_each_has_its_own() {
    let (shop, mug) = taxed().await;
    assert_eq!(rate_of_order(&shop, mug).await, "10 %");

    begin_rate(&shop, "200000", "clock_timestamp() + interval '300 milliseconds'").await;
    let placed = async {
        loop {
            let rates = join_all((0..4).map(|_| rate_of_order(&shop, mug))).await;
            if rates.iter().all(|rate| rate == "20 %") {
                break;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(30), placed).await.unwrap();

    check_rates(&shop).await;
    let rates = "select count(distinct rate_ppm) from order_taxes";
    assert_eq!(shop.one::<i64>(rates).await, 2);
}
