use super::{all, api, assert_consistent, order_body, path, place};
use serde_json::json;
use testkit::{Product, Shop};

#[tokio::test]
async fn of_twenty_orders_of_one_buyer_at_once_five_may_wait_for_payment() {
    let shop = Shop::open().await;
    let mug = shop.product(Product { stock: 100, ..Product::any() }).await;
    let (buyer, other) = (shop.customer().await, shop.customer().await);
    let (api, body) = (api(&shop), order_body(mug, 1));

    let responses = all((0..20).map(|_| place(&api, &buyer, &body))).await;

    let count = |refusal| responses.iter().filter(|a| a.refusal() == refusal).count();
    assert_eq!((count((201, "")), count((409, "too_many_unpaid"))), (5, 15));
    let refused = responses.iter().find(|response| response.status == 409).unwrap();
    assert_eq!(refused.body["most"], json!(5));
    assert_eq!(shop.stock(mug).await, (100, 5));
    assert_eq!(place(&api, &other, &body).await.status, 201);
    assert_consistent(&shop).await;
}

#[tokio::test]
async fn who_pays_or_cancels_may_order_again_under_the_same_key() {
    let shop = Shop::open().await;
    let mug = shop.product(Product { stock: 100, ..Product::any() }).await;
    let (buyer, staff) = (shop.customer().await, shop.staff().await);
    let (api, body) = (api(&shop), order_body(mug, 1));
    let mut placed = Vec::new();
    for _ in 0..5 {
        placed.push(place(&api, &buyer, &body).await.text("/id").parse().unwrap());
    }
    let sixth = || api.post("/v1/orders", &body).by(&buyer).key("the key of the sixth");

    let refused = sixth().await;
    api.post(&path(placed[0], "confirm"), &json!({"reason": "cash"})).by(&staff).await;
    let granted = sixth().await;
    let seventh = place(&api, &buyer, &body).await;
    api.post(&path(placed[1], "cancel"), &json!({})).by(&buyer).await;
    let eighth = place(&api, &buyer, &body).await;

    assert_eq!(refused.refusal(), (409, "too_many_unpaid"));
    assert_eq!(granted.status, 201, "{}", granted.body);
    assert_eq!(seventh.refusal(), (409, "too_many_unpaid"));
    assert_eq!(eighth.status, 201, "{}", eighth.body);
}

#[tokio::test]
async fn a_total_that_the_buyer_did_not_expect_is_told_and_nothing_is_ordered() {
    let shop = Shop::open().await;
    let mug = shop.product(Product { price: 500, ..Product::any() }).await;
    let buyer = shop.customer().await;
    let api = api(&shop);
    let mut body = order_body(mug, 2);
    body["expected_total"] = json!({"amount": 1000, "currency": "EUR"});

    let fine = place(&api, &buyer, &body).await;
    shop.run("update products set price_minor = 600").await;
    let changed = place(&api, &buyer, &body).await;
    body["expected_total"]["currency"] = json!("USD");
    let foreign = place(&api, &buyer, &body).await;

    assert_eq!(fine.status, 201, "{}", fine.body);
    for response in [changed, foreign] {
        assert_eq!(response.refusal(), (409, "total_changed"));
        assert_eq!(response.body["total"], json!({"amount": 1200, "currency": "EUR"}));
    }
    assert_eq!(shop.stock(mug).await, (10, 2));
    assert_eq!(shop.one::<i64>("select count(*) from orders").await, 1);
}
