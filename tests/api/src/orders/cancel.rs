use super::api;
use domain::id::OrderId;
use serde_json::json;
use testkit::{ApiClient, Call, Order, Product, Shop, User};

fn cancel(api: &ApiClient, order: OrderId, person: &User) -> Call {
    api.call(axum::http::Method::POST, &format!("/v1/orders/{order}/cancel")).by(person)
}

#[tokio::test]
async fn a_buyer_cancels_a_pending_order_and_its_stock_returns() {
    let shop = Shop::open().await;
    let mug = shop.product(Product { stock: 5, ..Product::any() }).await;
    let buyer = shop.customer().await;
    let order = shop.order(&buyer, Order { product: mug, quantity: 2 }).await;

    let response = cancel(&api(&shop), order, &buyer).await;

    assert_eq!((response.status, response.text("/status")), (200, "cancelled"));
    assert_eq!(response.text("/cancel_reason"), "requested");
    assert_eq!(response.body["expires_at"], json!(null));
    assert_eq!(shop.stock(mug).await, (5, 0));
    let queued = "select string_agg(dedupe_key, ' ') from outbox";
    assert_eq!(shop.one::<String>(queued).await, format!("order_cancelled:{order}"));
    shop.check_invariants().await;
}

#[tokio::test]
async fn cancelling_again_shows_the_same_order_and_changes_nothing() {
    let shop = Shop::open().await;
    let mug = shop.product(Product { stock: 5, ..Product::any() }).await;
    let buyer = shop.customer().await;
    let order = shop.order(&buyer, Order { product: mug, quantity: 2 }).await;
    let api = api(&shop);
    let first = cancel(&api, order, &buyer).await;
    let before = shop.snapshot().await;

    let again = cancel(&api, order, &buyer).await;

    assert_eq!((again.status, &again.bytes), (200, &first.bytes));
    assert_eq!(shop.snapshot().await, before);
}

#[tokio::test]
async fn staff_may_cancel_and_strangers_may_not() {
    let shop = Shop::open().await;
    let mug = shop.product(Product::any()).await;
    let (buyer, stranger) = (shop.customer().await, shop.customer().await);
    let staff = shop.staff().await;
    let order = shop.order(&buyer, Order { product: mug, quantity: 1 }).await;
    let api = api(&shop);
    let before = shop.snapshot().await;

    let by_stranger = cancel(&api, order, &stranger).await;
    let path = format!("/v1/orders/{order}/cancel");
    let by_nobody = api.call(axum::http::Method::POST, &path).await;

    assert_eq!(by_stranger.refusal(), (404, "order_not_found"));
    assert_eq!(by_nobody.refusal(), (401, "sign_in"));
    assert_eq!(shop.snapshot().await, before);
    assert_eq!(cancel(&api, order, &staff).await.status, 200);
    assert_eq!(cancel(&api, OrderId::generate(), &staff).await.refusal(), (404, "order_not_found"));
}

#[tokio::test]
async fn an_order_that_is_paid_or_gone_cannot_be_cancelled() {
    let shop = Shop::open().await;
    let mug = shop.product(Product { stock: 5, ..Product::any() }).await;
    let buyer = shop.customer().await;
    let order = shop.order(&buyer, Order { product: mug, quantity: 2 }).await;
    shop.pay(order).await;
    let api = api(&shop);
    let before = shop.snapshot().await;

    let confirmed = cancel(&api, order, &buyer).await;
    assert_eq!(shop.snapshot().await, before);
    shop.ship(order).await;
    let shipped = cancel(&api, order, &buyer).await;

    assert_eq!(confirmed.refusal(), (409, "illegal_move"));
    assert_eq!(confirmed.body["allowed"], json!(["shipped"]));
    assert_eq!(shipped.refusal(), (409, "illegal_move"));
    assert_eq!(shipped.body["allowed"], json!([]));
    assert_eq!(shop.stock(mug).await, (3, 0));
    shop.check_invariants().await;
}

#[tokio::test]
async fn while_stripe_may_take_money_a_cancellation_is_only_noted() {
    let shop = Shop::open().await;
    let mug = shop.product(Product { stock: 5, ..Product::any() }).await;
    let buyer = shop.customer().await;
    let order = shop.order(&buyer, Order { product: mug, quantity: 2 }).await;
    shop.payment(order).await;
    let api = api(&shop);

    let response = cancel(&api, order, &buyer).await;
    let again = cancel(&api, order, &buyer).await;

    assert_eq!((response.status, response.text("/status")), (202, "pending"));
    assert!(!response.text("/cancel_requested_at").is_empty());
    assert_eq!((again.status, &again.bytes), (202, &response.bytes));
    assert_eq!(shop.stock(mug).await, (5, 2));
    assert_eq!(shop.one::<i64>("select count(*) from outbox").await, 0);
    shop.check_invariants().await;
}
