//! What does not open a checkout or an order is not found, whatever is wrong with it.

use super::{ANN, Fixture, Guest, HOME, with_token};
use axum::http::Method;
use serde_json::json;
use testkit::Call;

/// Every request about a checkout and about an order that takes a secret.
fn requests(fixture: &Fixture, checkout: &str, order: &str) -> Vec<Call> {
    let urls =
        json!({"success_url": "https://shop.example/ok", "cancel_url": "https://shop.example/no"});
    let total = json!({"expected_total": {"amount": 1250, "currency": "EUR"}});
    let (of_checkouts, of_orders) = (&fixture.checkouts, &fixture.orders);
    let line = format!("{checkout}/lines/{}", fixture.mug);
    vec![
        of_checkouts.get(checkout),
        of_checkouts.patch(checkout, &json!({"note": "x"})).header("if-match", "*"),
        of_checkouts.call(Method::PUT, &line).json(&json!({"quantity": 3})),
        of_checkouts.call(Method::POST, &format!("{checkout}/cancel")),
        of_orders
            .post(&format!("{checkout}/complete"), &total)
            .header("if-match", "*")
            .key("sixteen letters and more"),
        of_orders.get(order),
        of_orders.get(&format!("{order}/events")),
        of_orders.call(Method::POST, &format!("{order}/cancel")),
        of_orders.get(&format!("{order}/returns")),
        of_orders.post(&format!("{order}/returns"), &json!({})).key("sixteen letters too"),
        fixture.payments.get(&format!("{order}/payments")),
        fixture.payments.call(Method::POST, &format!("{order}/payment-intent")),
        fixture.payments.post(&format!("{order}/checkout-session"), &urls),
    ]
}

#[tokio::test]
async fn a_wrong_secret_and_that_of_another_checkout_open_nothing_and_change_nothing() {
    let fixture = Fixture::open().await;
    let open = fixture.guest(ANN, 1).await;
    let (_, order) = fixture.order(ANN).await;
    let other = fixture.guest("eve@example.com", 1).await;
    let before = fixture.shop.snapshot().await;

    for secret in [&other.secret, "cks_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "", "x"] {
        let wrong = Guest { secret: secret.to_owned(), ..open.clone() };
        for call in requests(&fixture, &open.path, &order) {
            let answer = wrong.shown(call).await;
            let code = if answer.text("/code").starts_with("check") {
                "checkout_not_found"
            } else {
                "order_not_found"
            };
            assert_eq!(answer.refusal(), (404, code), "{secret}");
        }
    }
    assert_eq!(fixture.shop.snapshot().await, before);
}

#[tokio::test]
async fn the_token_of_a_link_opens_its_own_order_and_no_checkout() {
    let fixture = Fixture::open().await;
    let (guest, order) = fixture.order(ANN).await;
    let (_, other) = fixture.order(ANN).await;
    let id = order.rsplit('/').next().unwrap().parse().unwrap();
    let link = domain::guests::OrderLink::text(&testkit::link_key(), id, 1);
    let exchanged = fixture.use_link(&link).await;
    assert_eq!(exchanged.status, 200, "{}", exchanged.body);

    let shown = with_token(fixture.orders.get(&order), &exchanged).await;
    assert_eq!(shown.status, 200, "{}", shown.body);
    for call in requests(&fixture, &guest.path, &other) {
        assert_eq!(with_token(call, &exchanged).await.status, 404);
    }
    // Beside the secret of a new cart, it opens its order all the same.
    let cart = fixture.guest(ANN, 1).await;
    let both = cart.shown(with_token(fixture.orders.get(&order), &exchanged)).await;
    assert_eq!(both.status, 200, "{}", both.body);
    // It is no token of an account.
    let list = with_token(fixture.orders.get("/v1/orders"), &exchanged).await;
    assert_eq!(list.refusal(), (401, "sign_in"));
}

#[tokio::test]
async fn an_account_beside_the_secret_decides_about_all_that_the_secret_does_not_open() {
    let fixture = Fixture::open().await;
    let (user, staff) = (fixture.shop.customer().await, fixture.shop.staff().await);
    let (guest, order) = fixture.order(ANN).await;
    let own = fixture.shop.order(&user, testkit::Order { product: fixture.mug, quantity: 1 }).await;

    let both = |path: &str| guest.shown(fixture.orders.get(path)).by(&user);

    assert_eq!(both(&order).await.status, 200);
    assert_eq!(both(&format!("/v1/orders/{own}")).await.status, 200);
    assert_eq!(fixture.orders.get(&order).by(&user).await.refusal(), (404, "order_not_found"));
    // Staff see all.
    let shown = fixture.orders.get(&order).by(&staff).await;
    assert_eq!((shown.status, shown.text("/email")), (200, ANN));
    let bad =
        guest.shown(fixture.orders.get(&order)).header("authorization", "Bearer nonsense").await;
    assert_eq!(bad.refusal(), (401, "sign_in"));
}

#[tokio::test]
async fn a_request_that_shows_nothing_is_asked_to_sign_in() {
    let fixture = Fixture::open().await;
    let (guest, order) = fixture.order(ANN).await;

    for call in requests(&fixture, &guest.path, &order) {
        assert_eq!(call.sent_from(HOME).await.refusal(), (401, "sign_in"));
    }
}
