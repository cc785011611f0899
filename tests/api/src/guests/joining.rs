//! An account takes over what its owner had ordered as a guest.

use super::{ANN, Fixture, with_token};
use axum::http::Method;
use domain::guests::OrderLink;

#[tokio::test]
async fn an_account_on_a_guests_address_sees_nothing_until_it_is_proven_and_asks() {
    let fixture = Fixture::open().await;
    let (guest, order) = fixture.order(ANN).await;
    fixture.order("bob@example.com").await;
    let user = fixture.account(ANN, false).await;
    let orders = async || {
        fixture.orders.get("/v1/orders").by(&user).await.body["data"].as_array().unwrap().len()
    };

    assert_eq!(fixture.claim_orders(&user).await.refusal(), (409, "email_unproven"));
    assert_eq!((orders().await, fixture.show(&guest, &order).await.status), (0, 200));

    fixture.shop.run("update users set email_verified_at = now()").await;
    assert_eq!(orders().await, 0, "never by the address alone");
    let claimed = fixture.claim_orders(&user).await;
    assert_eq!((claimed.status, &claimed.body["claimed"]), (200, &1.into()));
    assert_eq!(fixture.claim_orders(&user).await.body["claimed"], 0);
    assert_eq!(orders().await, 1);
    assert_eq!(fixture.orders.get(&order).by(&user).await.body["email"], serde_json::Value::Null);
    fixture.audit().await;
}

#[tokio::test]
async fn once_an_order_is_joined_secrets_links_and_their_tokens_open_nothing() {
    let fixture = Fixture::open().await;
    let (guest, order) = fixture.order(ANN).await;
    let id = order.rsplit('/').next().unwrap().parse().unwrap();
    let link = OrderLink::text(&testkit::link_key(), id, 1);
    let exchanged = fixture.use_link(&link).await;
    assert_eq!(with_token(fixture.orders.get(&order), &exchanged).await.status, 200);
    let user = fixture.account(ANN, true).await;

    assert_eq!(fixture.claim_orders(&user).await.body["claimed"], 1);

    assert_eq!(fixture.show(&guest, &order).await.refusal(), (404, "order_not_found"));
    assert_eq!(
        with_token(fixture.orders.get(&order), &exchanged).await.refusal(),
        (404, "order_not_found")
    );
    let pay = fixture.payments.call(Method::POST, &format!("{order}/payment-intent"));
    assert_eq!(guest.shown(pay).await.refusal(), (404, "order_not_found"));
    let cancel = fixture.orders.call(Method::POST, &format!("{order}/cancel"));
    assert_eq!(guest.shown(cancel).await.refusal(), (404, "order_not_found"));
    let checkout = guest.shown(fixture.checkouts.get(&guest.path)).await;
    assert_eq!(checkout.refusal(), (404, "checkout_not_found"));
    for epoch in [1, 2] {
        let link = OrderLink::text(&testkit::link_key(), id, epoch);
        assert_eq!(fixture.use_link(&link).await.refusal(), (400, "bad_link"));
    }
    // To the account it is as any other of its orders.
    assert_eq!(fixture.checkouts.get(&guest.path).by(&user).await.status, 200);
    let pay = fixture.payments.call(Method::POST, &format!("{order}/payment-intent")).by(&user);
    assert_eq!(pay.await.status, 200);
}

#[tokio::test]
async fn orders_placed_while_they_are_claimed_are_claimed_or_stay_a_guests() {
    let fixture = Fixture::with(testkit::Product { stock: 100, ..testkit::Product::any() }).await;
    for round in 0..8 {
        let email = format!("ann{round}@example.com");
        let user = fixture.account(&email, true).await;
        let ip = format!("198.51.100.{round}");
        let guest = fixture.guest_at(&ip, &fixture.wish(&email, 1)).await;

        let (placed, claimed, again) = tokio::join!(
            fixture.complete(&guest, 1250),
            fixture.claim_orders(&user),
            fixture.claim_orders(&user)
        );

        assert_eq!(
            (placed.status, claimed.status, again.status),
            (201, 200, 200),
            "{}",
            placed.body
        );
        let order = format!("/v1/orders/{}", placed.text("/id"));
        let counts = [claimed, again].map(|answer| answer.body["claimed"].as_i64().unwrap());
        let total: i64 = counts.iter().sum();
        assert!(total <= 1, "{counts:?}");
        assert_eq!(fixture.show(&guest, &order).await.status, if total == 1 { 404 } else { 200 });
        assert_eq!(
            fixture.orders.get(&order).by(&user).await.status,
            if total == 1 { 200 } else { 404 }
        );
    }
    fixture.audit().await;
}

#[tokio::test]
async fn an_order_of_last_year_may_be_of_somebody_else_who_had_the_address() {
    let fixture = Fixture::open().await;
    fixture.order(ANN).await;
    let older = "alter table orders disable trigger orders_guard;
                 update orders set created_at = now() - interval '181 days';
                 alter table orders enable trigger orders_guard";
    fixture.shop.admin.batch_execute(older).await.unwrap();
    let user = fixture.account(ANN, true).await;

    assert_eq!(fixture.claim_orders(&user).await.body["claimed"], 0);
}
