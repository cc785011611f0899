use super::{api, fresh_key, order_body, place};
use domain::id::ProductId;
use serde_json::json;
use testkit::{Product, Shop};

#[tokio::test]
async fn an_order_beyond_the_stock_names_what_is_short_and_changes_nothing() {
    let shop = Shop::open().await;
    let mug = shop.product(Product { sku: "MUG".into(), stock: 1, ..Product::any() }).await;
    let tea = shop.product(Product { sku: "TEA".into(), stock: 0, ..Product::any() }).await;
    let pot = shop.product(Product { sku: "POT".into(), stock: 9, ..Product::any() }).await;
    let buyer = shop.customer().await;
    let before = shop.snapshot().await;

    let response = place(&api(&shop), &buyer, &order_body([(mug, 2), (tea, 1), (pot, 9)])).await;

    assert_eq!(response.refusal(), (409, "out_of_stock"));
    let short = json!([
        {"product": mug, "sku": "MUG", "requested": 2, "available": 1},
        {"product": tea, "sku": "TEA", "requested": 1, "available": 0},
    ]);
    assert_eq!(response.body["lines"], short);
    assert_eq!(shop.snapshot().await, before);
}

#[tokio::test]
async fn a_refused_request_may_be_tried_again_under_its_key() {
    let shop = Shop::open().await;
    let mug = shop.product(Product { stock: 1, ..Product::any() }).await;
    let buyer = shop.customer().await;
    let (api, key) = (api(&shop), fresh_key());
    let body = order_body([(mug, 2)]);
    let first = api.post("/v1/orders", &body).by(&buyer).key(&key).await;
    shop.run("update products set on_hand = 2").await;

    let second = api.post("/v1/orders", &body).by(&buyer).key(&key).await;

    assert_eq!((first.status, second.status), (409, 201));
}

#[tokio::test]
async fn the_shop_names_its_own_prices() {
    let shop = Shop::open().await;
    let mug = shop.product(Product { price: 1250, ..Product::any() }).await;
    let buyer = shop.customer().await;
    let api = api(&shop);
    let before = shop.snapshot().await;
    let line = json!({"product": mug, "quantity": 1});

    for (field, value) in [
        ("price", json!(1)),
        ("unit_price", json!({"amount": 1, "currency": "EUR"})),
        ("unit_minor", json!(1)),
        ("total", json!(1)),
    ] {
        let mut line = line.clone();
        line[field] = value;
        let response = place(&api, &buyer, &json!({"lines": [line]})).await;
        assert_eq!(response.refusal(), (400, "bad_body"), "{field}");
    }
    for field in ["total", "status", "user_id", "currency", "discount", "captured_minor", "id"] {
        let mut body = json!({"lines": [line]});
        body[field] = json!("confirmed");
        let response = place(&api, &buyer, &body).await;
        assert_eq!(response.refusal(), (400, "bad_body"), "{field}");
    }

    assert_eq!(shop.snapshot().await, before);
}

#[tokio::test]
async fn what_is_not_on_offer_cannot_be_bought() {
    let shop = Shop::open().await;
    let mug = shop.product(Product::any()).await;
    let draft = shop.product(Product { status: "draft", ..Product::any() }).await;
    let archived = shop.product(Product { status: "archived", ..Product::any() }).await;
    let buyer = shop.customer().await;
    let api = api(&shop);
    let before = shop.snapshot().await;

    for missing in [draft, archived, ProductId::generate()] {
        let response = place(&api, &buyer, &order_body([(mug, 1), (missing, 1)])).await;

        assert_eq!(response.refusal(), (422, "not_for_sale"));
        assert_eq!(response.body["product"], json!(missing));
    }
    assert_eq!(shop.snapshot().await, before);
}

#[tokio::test]
async fn an_order_has_one_currency() {
    let shop = Shop::open().await;
    let mug = shop.product(Product { currency: "EUR", ..Product::any() }).await;
    let tea = shop.product(Product { currency: "USD", ..Product::any() }).await;
    let buyer = shop.customer().await;
    let before = shop.snapshot().await;

    let response = place(&api(&shop), &buyer, &order_body([(mug, 1), (tea, 1)])).await;

    assert_eq!(response.refusal(), (422, "mixed_currencies"));
    assert_eq!(shop.snapshot().await, before);
}

#[tokio::test]
async fn a_total_beyond_what_can_be_stored_is_refused() {
    let shop = Shop::open().await;
    let pot = || Product { price: 999_999_999_999, stock: 1000, ..Product::any() };
    let (one, other) = (shop.product(pot()).await, shop.product(pot()).await);
    let buyer = shop.customer().await;
    let before = shop.snapshot().await;

    let response = place(&api(&shop), &buyer, &order_body([(one, 1000), (other, 1)])).await;

    assert_eq!(response.refusal(), (422, "total_too_large"));
    assert_eq!(response.body["most"], json!({"amount": 999_999_999_999_i64, "currency": "EUR"}));
    assert_eq!(shop.snapshot().await, before);
}

#[tokio::test]
async fn only_who_is_signed_in_can_buy() {
    let shop = Shop::open().await;
    let mug = shop.product(Product::any()).await;
    let buyer = shop.customer().await;
    let api = api(&shop);
    let body = order_body([(mug, 1)]);
    let before = shop.snapshot().await;
    let call = || api.post("/v1/orders", &body).key(&fresh_key());
    let forged = format!("Bearer {}x", buyer.token);

    for call in [
        call(),
        call().header("authorization", "Bearer "),
        call().header("authorization", &buyer.token),
        call().header("authorization", &forged),
    ] {
        let response = call.await;
        assert_eq!(response.refusal(), (401, "sign_in"));
        assert_eq!(response.header("www-authenticate"), Some("Bearer"));
    }
    assert_eq!(shop.snapshot().await, before);
}
