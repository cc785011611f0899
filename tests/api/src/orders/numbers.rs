//! The numbers by which people call orders.

use super::{api, fresh_key, order_body, place};
use domain::ordering::OrderNumber;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use testkit::{Order, Product, Response, Shop};

/// From now on `drawn` is the number of each new order.
async fn draw(shop: &Shop, drawn: &str) {
    let sql = format!(
        "create or replace function order_number() returns text language sql volatile as $$ select {drawn} $$"
    );
    shop.admin.batch_execute(&sql).await.unwrap();
}

fn numbers(list: &Response) -> Vec<&Value> {
    let orders = list.body["data"].as_array().unwrap_or_else(|| panic!("{}", list.body));
    orders.iter().map(|order| &order["number"]).collect()
}

#[tokio::test]
async fn an_order_has_a_number_from_the_beginning() {
    let shop = Shop::open().await;
    let buyer = shop.customer().await;
    let mug = shop.product(Product::any()).await;
    let (api, body, key) = (api(&shop), order_body([(mug, 1)]), fresh_key());
    let place = || api.post("/v1/orders", &body).by(&buyer).key(&key);

    let (placed, again) = (place().await, place().await);

    let number: OrderNumber = placed.text("/number").parse().unwrap();
    assert_eq!(number.to_string(), placed.text("/number"));
    assert_eq!(again.text("/number"), placed.text("/number"));
    let address = format!("/v1/orders/{}", placed.text("/id"));
    assert_eq!(api.get(&address).by(&buyer).await.text("/number"), placed.text("/number"));
    let list = api.get("/v1/orders").by(&buyer).await;
    assert_eq!(numbers(&list), [&placed.body["number"]]);

    // As those from before there were numbers.
    shop.run("update orders set number = null").await;
    assert_eq!(api.get(&address).by(&buyer).await.body["number"], Value::Null);
}

#[tokio::test]
async fn a_number_tells_nothing_of_another_one() {
    let shop = Shop::open().await;
    let sql = "select order_number() from generate_series(1, 2000)";
    let drawn = shop.admin.query(sql, &[]).await.unwrap();
    let drawn: BTreeSet<String> = drawn.iter().map(|row| row.get(0)).collect();

    assert_eq!(drawn.len(), 2000);
    for place in 0..10 {
        let seen: BTreeSet<_> = drawn.iter().map(|number| number.as_bytes()[place]).collect();
        assert_eq!(seen.len(), 32, "each character of the alphabet, in place {place}");
    }
    assert!(drawn.iter().all(|number| number.parse::<OrderNumber>().is_ok()));
}

#[tokio::test]
async fn staff_find_an_order_by_its_number_however_it_is_written() {
    let shop = Shop::open().await;
    let (buyer, staff) = (shop.customer().await, shop.staff().await);
    let product = shop.product(Product::any()).await;
    draw(&shop, "'K0QF1AXM4T'").await;
    let order = shop.order(&buyer, Order { product, quantity: 1 }).await;
    draw(&shop, "'ZZZZZZZZZZ'").await;
    shop.confirmed_order(&buyer, Order { product, quantity: 1 }).await;
    let api = api(&shop);
    let find = |query: &str| api.get(&format!("/v1/orders?number={query}")).by(&staff);

    for written in ["K0QF1-AXM4T", "k0qf1axm4t", "KOQFL-AXM4T", "koqfi-axm4t"] {
        let found = find(written).await;
        assert_eq!(numbers(&found), ["K0QF1-AXM4T"], "{written}");
        assert_eq!(found.text("/data/0/id"), order.to_string());
    }
    for (query, found) in [
        ("K0QF1AXM4T&status=pending&payment_status=unpaid", 1),
        ("K0QF1AXM4T&sort=created_at&limit=1", 1),
        ("K0QF1AXM4T&status=confirmed", 0),
        ("K0QF1AXM4T&payment_status=paid", 0),
        ("ZZZZZZZZZZ&payment_status=paid", 1),
        ("AAAAAAAAAA", 0),
    ] {
        assert_eq!(numbers(&find(query).await).len(), found, "{query}");
    }
    for bad in ["", "K0QF1-AXM4", "K0QF1-AXM4U", &order.to_string()] {
        assert_eq!(find(bad).await.refusal(), (400, "bad_query"), "{bad}");
    }
}

#[tokio::test]
async fn a_number_opens_no_order_of_others() {
    let shop = Shop::open().await;
    let (buyer, other) = (shop.customer().await, shop.customer().await);
    let product = shop.product(Product::any()).await;
    let order = shop.order(&buyer, Order { product, quantity: 1 }).await;
    let number = shop.order_number(order).await;
    let api = api(&shop);
    let find = format!("/v1/orders?number={number}");

    assert_eq!(numbers(&api.get(&find).by(&buyer).await), [&json!(number)]);
    for query in ["", "&payment_status=unpaid"] {
        let found = api.get(&format!("{find}{query}")).by(&other).await;
        assert_eq!((found.status, &found.body["data"]), (200, &json!([])), "{query}");
    }
    let address = format!("/v1/orders/{number}");
    assert_eq!(api.get(&address).by(&buyer).await.refusal(), (404, "not_found"));
}

#[tokio::test]
async fn a_number_that_another_order_has_is_drawn_anew() {
    let shop = Shop::open().await;
    let buyer = shop.customer().await;
    let mug = shop.product(Product::any()).await;
    let (api, body) = (api(&shop), order_body([(mug, 1)]));
    draw(&shop, "'AAAAAAAAAA'").await;
    assert_eq!(place(&api, &buyer, &body).await.text("/number"), "AAAAA-AAAAA");
    shop.admin
        .batch_execute("create sequence draws; grant usage on draws to app_rw")
        .await
        .unwrap();
    draw(&shop, "case when nextval('draws') < 3 then 'AAAAAAAAAA' else 'BBBBBBBBBB' end").await;

    let placed = place(&api, &buyer, &body).await;

    assert_eq!((placed.status, placed.text("/number")), (201, "BBBBB-BBBBB"));
    let address = format!("/v1/orders/{}", placed.text("/id"));
    assert_eq!(api.get(&address).by(&buyer).await.text("/number"), "BBBBB-BBBBB");
    assert_eq!(shop.one::<i64>("select last_value from draws").await, 3);
    assert_eq!(shop.stock(mug).await, (10, 2));
    shop.check_invariants().await;
}

#[tokio::test]
async fn an_order_without_a_number_of_its_own_is_not_placed_and_may_be_again() {
    let shop = Shop::open().await;
    let buyer = shop.customer().await;
    let mug = shop.product(Product::any()).await;
    let (api, body, key) = (api(&shop), order_body([(mug, 1)]), fresh_key());
    draw(&shop, "'AAAAAAAAAA'").await;
    place(&api, &buyer, &body).await;
    let again = || api.post("/v1/orders", &body).by(&buyer).key(&key);

    let refused = again().await;

    assert_eq!(refused.refusal(), (409, "busy"));
    assert_eq!(shop.stock(mug).await, (10, 1));
    draw(&shop, "'CCCCCCCCCC'").await;
    assert_eq!(again().await.text("/number"), "CCCCC-CCCCC");
    shop.check_invariants().await;
}
