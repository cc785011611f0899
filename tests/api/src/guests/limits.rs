//! How much somebody may hold who has proven nothing.

use super::{ANN, Fixture};
use axum::http::Method;
use serde_json::json;
use testkit::{Discount, Product};

#[tokio::test]
async fn twenty_checkouts_under_one_address_at_once_are_two_unpaid_orders() {
    let fixture = Fixture::with(Product { stock: 100, ..Product::any() }).await;
    let mut guests = Vec::new();
    for _ in 0..20 {
        guests.push(fixture.guest(ANN, 1).await);
    }

    let answers = testkit::send_all(guests.iter().map(|guest| fixture.complete(guest, 1250))).await;

    let placed = answers.iter().filter(|answer| answer.status == 201).count();
    let refused = answers.iter().filter(|answer| answer.refusal() == (409, "too_many_unpaid"));
    assert_eq!((placed, refused.count(), fixture.orders_count().await), (2, 18, 2));
    let held = "select reserved from products";
    assert_eq!(fixture.shop.one::<i32>(held).await, 2);
    fixture.audit().await;
}

#[tokio::test]
async fn strangers_who_type_an_address_keep_its_owner_out_only_if_they_are_many() {
    let fixture = Fixture::with(Product { stock: 100, ..Product::any() }).await;
    for stranger in 1..=3 {
        for _ in 0..2 {
            let ip = format!("203.0.113.{stranger}");
            let guest = fixture.guest_at(&ip, &fixture.wish(ANN, 1)).await;
            assert_eq!(fixture.complete(&guest, 1250).await.status, 201);
        }
        if stranger == 2 {
            // Two places are not enough: Ann buys as ever, and thinks better of it.
            let (ann, order) = fixture.order(ANN).await;
            let cancel = fixture.orders.call(Method::POST, &format!("{order}/cancel"));
            assert_eq!(ann.shown(cancel).await.status, 200);
        }
    }

    let seventh = fixture.complete(&fixture.guest(ANN, 1).await, 1250).await;
    assert_eq!(seventh.refusal(), (409, "too_many_unpaid"));
    // Her account is another matter.
    let user = fixture.account(ANN, true).await;
    fixture.shop.order(&user, testkit::Order { product: fixture.mug, quantity: 1 }).await;
    fixture.audit().await;
}

#[tokio::test]
async fn one_place_places_six_orders_in_ten_minutes_whatever_the_addresses() {
    let fixture = Fixture::with(Product { stock: 100, ..Product::any() }).await;
    for number in 0..6 {
        fixture.order(&format!("guest{number}@example.com")).await;
    }

    let seventh = fixture.complete(&fixture.guest("guest7@example.com", 1).await, 1250).await;

    assert_eq!(seventh.refusal(), (429, "too_many_requests"));
    assert!(seventh.header("retry-after").is_some());
    assert_eq!(fixture.orders_count().await, 6);
}

#[tokio::test]
async fn a_guest_holds_twenty_pieces_for_a_quarter_of_an_hour_and_nothing_for_free() {
    let fixture = Fixture::with(Product { stock: 100, ..Product::any() }).await;
    let many = fixture.guest(ANN, 21).await;
    assert_eq!(fixture.complete(&many, 26250).await.refusal(), (409, "too_many_unpaid_pieces"));

    let (first, order) = fixture.order(ANN).await;
    let held = "select extract(epoch from expires_at - created_at)::int8 from orders";
    assert_eq!(fixture.shop.one::<i64>(held).await, 15 * 60);
    // Those of the other order count.
    let rest = fixture.guest(ANN, 20).await;
    assert_eq!(fixture.complete(&rest, 25000).await.refusal(), (409, "too_many_unpaid_pieces"));

    // An hour from placing, however often it is paid for, and three times at most.
    fixture.shop.run("update orders set created_at = created_at").await;
    let intent =
        || first.shown(fixture.payments.call(Method::POST, &format!("{order}/payment-intent")));
    assert_eq!(intent().await.status, 200);
    let most = "select extract(epoch from expires_at - created_at)::int8 <= 3600 from orders";
    assert!(fixture.shop.one::<bool>(most).await);

    fixture
        .shop
        .discount(Discount { code: Some("FREE"), percent_bp: 10000, ..Discount::any() })
        .await;
    let mut body = fixture.wish("eve@example.com", 1);
    body["discount_codes"] = json!(["FREE"]);
    let free = fixture.guest_at("192.0.2.9", &body).await;
    let refused = fixture.complete(&free, 0).await;
    assert_eq!(refused.refusal(), (409, "checkout_not_ready"));
    assert_eq!(refused.body["bill"]["problems"][0]["code"], "email_unproven");
}

#[tokio::test]
async fn fifty_orders_of_strangers_on_an_address_are_no_mail() {
    let fixture = Fixture::with(Product { stock: 100, ..Product::any() }).await;
    for stranger in 0..50 {
        let ip = format!("203.0.113.{stranger}");
        let guest = fixture.guest_at(&ip, &fixture.wish(ANN, 1)).await;
        let placed = fixture.complete(&guest, 1250).await;
        assert_eq!(placed.status, 201, "{}", placed.body);
        let cancel = format!("/v1/orders/{}/cancel", placed.text("/id"));
        let cancelled = guest.shown(fixture.orders.call(Method::POST, &cancel)).await;
        assert_eq!(cancelled.status, 200);
    }

    assert_eq!(fixture.mails_to(ANN).await, Vec::<String>::new());
    assert_eq!(fixture.orders_count().await, 50);
    fixture.audit().await;
}
