use super::{all, api, assert_consistent, path, queued_messages};
use domain::id::OrderId;
use serde_json::{Value, json};
use testkit::{ApiClient, Call, Order, Product, Shop, User};

fn shipment() -> Value {
    json!({"carrier": "DHL", "tracking_number": "003404", "tracking_url": "https://dhl.example/003404"})
}

fn ship(api: &ApiClient, order: OrderId, person: &User) -> Call {
    api.post(&path(order, "ship"), &shipment()).by(person)
}

#[tokio::test]
async fn a_shipped_order_is_taken_from_stock_and_its_buyer_is_told() {
    let shop = Shop::open().await;
    let mug = shop.product(Product { stock: 5, ..Product::any() }).await;
    let (buyer, staff) = (shop.customer().await, shop.staff().await);
    let order = shop.confirmed_order(&buyer, Order { product: mug, quantity: 2 }).await;

    let response = ship(&api(&shop), order, &staff).await;

    assert_eq!((response.status, response.text("/status")), (200, "shipped"), "{}", response.body);
    assert_eq!(response.text("/fulfillment_status"), "fulfilled");
    assert_eq!(response.body["shipment"], shipment());
    assert!(response.body["shipped_at"].is_string());
    assert_eq!(shop.stock(mug).await, (3, 0));
    assert_eq!(queued_messages(&shop).await, format!("order_shipped:{order}"));
    assert_consistent(&shop).await;
}

#[tokio::test]
async fn shipping_again_the_same_way_shows_the_same_order_and_another_way_is_refused() {
    let shop = Shop::open().await;
    let mug = shop.product(Product { stock: 5, ..Product::any() }).await;
    let (buyer, staff) = (shop.customer().await, shop.staff().await);
    let order = shop.confirmed_order(&buyer, Order { product: mug, quantity: 2 }).await;
    let api = api(&shop);
    let first = ship(&api, order, &staff).await;

    let again = ship(&api, order, &staff).await;
    let other = api.post(&path(order, "ship"), &json!({"carrier": "UPS"})).by(&staff).await;

    assert_eq!((again.status, &again.body), (200, &first.body));
    assert_eq!(other.refusal(), (409, "illegal_move"));
    assert_eq!(other.body["allowed"], json!([]));
    assert_eq!(shop.stock(mug).await, (3, 0));
}

#[tokio::test]
async fn eight_who_ship_at_once_move_the_stock_once() {
    let shop = Shop::open().await;
    let mug = shop.product(Product { stock: 5, ..Product::any() }).await;
    let (buyer, staff) = (shop.customer().await, shop.staff().await);
    let order = shop.confirmed_order(&buyer, Order { product: mug, quantity: 2 }).await;
    let api = api(&shop);

    let responses = all((0..8).map(|_| ship(&api, order, &staff))).await;

    assert!(responses.iter().all(|response| response.status == 200));
    assert_eq!(shop.stock(mug).await, (3, 0));
    assert_eq!(queued_messages(&shop).await, format!("order_shipped:{order}"));
    assert_consistent(&shop).await;
}

#[tokio::test]
async fn what_is_shipped_and_cancelled_at_once_is_one_of_both() {
    let shop = Shop::open().await;
    let mug = shop.product(Product { stock: 20, ..Product::any() }).await;
    let (buyer, staff) = (shop.customer().await, shop.staff().await);
    let api = api(&shop);
    for _ in 0..8 {
        let order = shop.confirmed_order(&buyer, Order { product: mug, quantity: 2 }).await;

        let cancel = api.post(&path(order, "cancel"), &json!({})).by(&staff);
        let (shipped, cancelled) = tokio::join!(ship(&api, order, &staff), cancel);

        assert_ne!(shipped.status, cancelled.status);
        for response in [shipped, cancelled] {
            assert!(matches!(response.refusal(), (200, "") | (409, "illegal_move")));
        }
    }
    assert_consistent(&shop).await;
}

#[tokio::test]
async fn only_a_confirmed_order_is_shipped() {
    let shop = Shop::open().await;
    let mug = shop.product(Product::any()).await;
    let (buyer, staff) = (shop.customer().await, shop.staff().await);
    let api = api(&shop);
    let pending = shop.order(&buyer, Order { product: mug, quantity: 1 }).await;
    let cancelled = shop.order(&buyer, Order { product: mug, quantity: 1 }).await;
    api.post(&path(cancelled, "cancel"), &json!({})).by(&buyer).await;

    let unpaid = ship(&api, pending, &staff).await;
    let ended = ship(&api, cancelled, &staff).await;
    let unknown = ship(&api, OrderId::generate(), &staff).await;

    assert_eq!(unpaid.refusal(), (409, "illegal_move"));
    assert_eq!(unpaid.body["allowed"], json!(["confirmed", "cancelled"]));
    assert_eq!(ended.refusal(), (409, "illegal_move"));
    assert_eq!(ended.body["allowed"], json!([]));
    assert_eq!(unknown.refusal(), (404, "order_not_found"));
}

#[tokio::test]
async fn what_is_disputed_or_given_back_stays_in_the_shop() {
    let shop = Shop::open().await;
    let mug = shop.product(Product::any()).await;
    let (buyer, staff) = (shop.customer().await, shop.staff().await);
    let api = api(&shop);
    let order = shop.confirmed_order(&buyer, Order { product: mug, quantity: 1 }).await;

    shop.run(
        "insert into disputes (id, payment_id, provider_dispute, amount_minor, currency, reason, status, told_at)
         select gen_random_uuid(), id, 'dp_1', amount_minor, currency, 'fraudulent', 'needs_response', now() from payments",
    )
    .await;
    shop.run("update orders set on_hold = true").await;
    let held = ship(&api, order, &staff).await;
    let not_cancelled = api.post(&path(order, "cancel"), &json!({})).by(&staff).await;
    let seen = api.get(&format!("/v1/orders/{order}")).by(&staff).await;
    shop.run("update orders set on_hold = false").await;
    shop.run(
        "insert into refunds (id, payment_id, amount_minor, status, origin)
         select gen_random_uuid(), id, amount_minor, 'requested', 'api' from payments",
    )
    .await;
    let refunded = ship(&api, order, &staff).await;

    assert_eq!(held.refusal(), (409, "on_hold"));
    assert_eq!(not_cancelled.refusal(), (409, "on_hold"));
    assert_eq!(seen.text("/payment_status"), "disputed");
    assert_eq!(refunded.refusal(), (409, "order_refunded"));
    assert_eq!(shop.stock(mug).await, (10, 1));
}

#[tokio::test]
async fn only_staff_ship_and_only_with_a_carrier_and_a_safe_link() {
    let shop = Shop::open().await;
    let mug = shop.product(Product::any()).await;
    let (buyer, staff) = (shop.customer().await, shop.staff().await);
    let order = shop.confirmed_order(&buyer, Order { product: mug, quantity: 1 }).await;
    let (api, path) = (api(&shop), path(order, "ship"));

    assert_eq!(ship(&api, order, &buyer).await.refusal(), (403, "wrong_role"));
    assert_eq!(api.post(&path, &shipment()).await.refusal(), (401, "sign_in"));
    assert_eq!(api.post(&path, &json!({})).by(&staff).await.refusal(), (400, "bad_body"));
    for (body, at) in [
        (json!({"carrier": " "}), "/carrier"),
        (json!({"carrier": "DHL", "tracking_number": "a\u{0}b"}), "/tracking_number"),
        (json!({"carrier": "DHL", "tracking_url": "http://dhl.example"}), "/tracking_url"),
        (json!({"carrier": "DHL", "tracking_url": "javascript:alert(1)"}), "/tracking_url"),
    ] {
        let response = api.post(&path, &body).by(&staff).await;
        assert_eq!(response.refusal(), (422, "invalid_value"), "{body}");
        assert_eq!(response.text("/errors/0/pointer"), at);
    }
}
