//! What buyers who have not verified their address can hold.

use super::{all, api, assert_consistent, order_body, path, place};
use domain::id::OrderId;
use serde_json::json;
use testkit::{ApiClient, Call, Product, Shop, User};

/// An order of a mug that is sent from this IP address.
fn place_from(api: &ApiClient, buyer: &User, body: &serde_json::Value, source: usize) -> Call {
    place(api, buyer, body).sent_from(&format!("198.51.{source}.7"))
}

async fn verify(shop: &Shop, user: &User) {
    let sql = "update users set email_verified_at = now() where id = $1";
    shop.admin.execute(sql, &[&user.id]).await.unwrap();
}

#[tokio::test]
async fn of_ten_orders_at_once_two_may_wait_for_payment_until_the_address_is_verified() {
    let shop = Shop::open().await;
    let mug = shop.product(Product { stock: 100, ..Product::any() }).await;
    let buyer = shop.unproven_customer().await;
    let (api, body) = (api(&shop), order_body(mug, 1));

    let responses = all((0..10).map(|source| place_from(&api, &buyer, &body, source))).await;

    let count = |refusal| responses.iter().filter(|a| a.refusal() == refusal).count();
    assert_eq!((count((201, "")), count((409, "too_many_unpaid"))), (2, 8));
    let refused = responses.iter().find(|response| response.status == 409).unwrap();
    assert_eq!((&refused.body["most"], &refused.body["most_verified"]), (&json!(2), &json!(5)));
    assert!(refused.text("/detail").contains("verify your email address"), "{}", refused.body);
    verify(&shop, &buyer).await;
    let responses = all((0..10).map(|_| place(&api, &buyer, &body))).await;
    let placed = responses.iter().filter(|response| response.status == 201).count();
    assert_eq!((placed, shop.stock(mug).await), (3, (100, 5)));
    assert_consistent(&shop).await;
}

#[tokio::test]
async fn twenty_pieces_of_a_product_wait_for_payment_in_however_many_orders() {
    let shop = Shop::open().await;
    let mug = shop.product(Product { stock: 100, ..Product::any() }).await;
    let cup = shop.product(Product { stock: 100, ..Product::any() }).await;
    let buyer = shop.unproven_customer().await;
    let api = api(&shop);
    let order = async |product, pieces, source| {
        place_from(&api, &buyer, &order_body(product, pieces), source).await
    };

    let too_many = order(mug, 21, 1).await;
    let first = order(mug, 12, 2).await;
    let around_it = order(mug, 9, 3).await;
    let another = order(cup, 20, 4).await;
    let id: OrderId = first.text("/id").parse().unwrap();
    api.post(&path(id, "cancel"), &json!({})).by(&buyer).await;
    let after_the_end_of_the_first = order(mug, 20, 5).await;

    for refused in [too_many, around_it] {
        assert_eq!(refused.refusal(), (409, "too_many_unpaid_pieces"), "{}", refused.body);
        assert_eq!((&refused.body["product"], &refused.body["most"]), (&json!(mug), &json!(20)));
    }
    for placed in [first, another, after_the_end_of_the_first] {
        assert_eq!(placed.status, 201, "{}", placed.body);
    }
    verify(&shop, &buyer).await;
    assert_eq!(order(mug, 60, 6).await.status, 201);
    assert_eq!((shop.stock(mug).await, shop.stock(cup).await), ((100, 80), (100, 20)));
    assert_consistent(&shop).await;
}

#[tokio::test]
async fn stock_is_held_half_as_long_as_for_others() {
    let shop = Shop::open().await;
    let mug = shop.product(Product::any()).await;
    let api = api(&shop);
    for (buyer, minutes) in [(shop.unproven_customer().await, 15), (shop.customer().await, 30)] {
        let placed = place(&api, &buyer, &order_body(mug, 1)).await;

        assert_eq!(placed.status, 201, "{}", placed.body);
        let held = format!(
            "select expires_at = created_at + interval '{minutes} minutes' from orders order by id desc limit 1"
        );
        assert!(shop.one::<bool>(&held).await, "{minutes}");
    }
}

#[tokio::test]
async fn six_orders_in_ten_minutes_come_from_one_place_whoever_sends_them() {
    let shop = Shop::open().await;
    let mug = shop.product(Product { stock: 7, ..Product::any() }).await;
    let (api, body) = (api(&shop), order_body(mug, 1));
    let first = shop.unproven_customer().await;
    let key = "the key of the first";
    let send = || api.post("/v1/orders", &body).by(&first).key(key).sent_from("198.51.100.7");

    let placed = send().await;
    let refused = place_from(&api, &first, &order_body(mug, 8), 100).await;
    for _ in 0..5 {
        let buyer = shop.unproven_customer().await;
        assert_eq!(place_from(&api, &buyer, &body, 100).await.status, 201);
    }
    let next = shop.unproven_customer().await;
    let too_many = place_from(&api, &next, &body, 100).await;

    assert_eq!(refused.refusal(), (409, "out_of_stock"), "it does not count");
    assert_eq!(too_many.refusal(), (429, "too_many_requests"), "{}", too_many.body);
    assert_eq!(too_many.header("retry-after"), Some("100"));
    assert_eq!(too_many.header("ratelimit-policy"), Some("\"unproven_orders\";q=6;w=600"));
    assert!(too_many.text("/detail").contains("verify your email address"));
    let again = send().await;
    assert_eq!((again.status, &again.bytes), (201, &placed.bytes), "a repetition does not count");
    let known = place_from(&api, &shop.customer().await, &body, 100).await;
    assert_eq!((known.status, known.header("ratelimit-policy")), (201, None));
    shop.run("update products set on_hand = on_hand + 1").await;
    assert_eq!(place_from(&api, &next, &body, 101).await.status, 201, "from another place");
}

#[tokio::test]
async fn what_costs_nothing_is_for_those_who_proved_their_address() {
    let shop = Shop::open().await;
    let gift = shop.product(Product { price: 0, ..Product::any() }).await;
    let buyer = shop.unproven_customer().await;
    let (api, body) = (api(&shop), order_body(gift, 1));

    let refused = place(&api, &buyer, &body).await;
    verify(&shop, &buyer).await;
    let placed = place(&api, &buyer, &body).await;

    assert_eq!(refused.refusal(), (409, "email_unproven"), "{}", refused.body);
    assert_eq!((placed.status, placed.text("/status")), (201, "confirmed"));
    assert_eq!(shop.stock(gift).await, (10, 1));
}
