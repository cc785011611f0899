use super::{all, api, assert_consistent, confirm_refund, path, queued_messages};
use domain::id::OrderId;
use domain::payments::refund;
use serde_json::json;
use testkit::{ApiClient, Call, Order, Product, Shop, User};

fn cancel(api: &ApiClient, order: OrderId, person: &User) -> Call {
    api.post(&path(order, "cancel"), &json!({})).by(person)
}

#[tokio::test]
async fn staff_cancel_a_confirmed_order_and_all_of_its_money_goes_back() {
    let shop = Shop::open().await;
    let mug = shop.product(Product { price: 500, stock: 5, ..Product::any() }).await;
    let (buyer, staff) = (shop.customer().await, shop.staff().await);
    let order = shop.confirmed_order(&buyer, Order { product: mug, quantity: 2 }).await;
    let api = api(&shop);

    let response = cancel(&api, order, &staff).await;

    assert_eq!(
        (response.status, response.text("/status")),
        (200, "cancelled"),
        "{}",
        response.body
    );
    assert_eq!(
        (response.text("/cancel_reason"), response.text("/payment_status")),
        ("requested", "paid")
    );
    assert_eq!(shop.stock(mug).await, (5, 0));
    assert_eq!(queued_messages(&shop).await, format!("order_cancelled:{order}"));
    assert_consistent(&shop).await;

    // The sweep asks Stripe for each due refund, and applies the result.
    let due = refund::due(&shop.db, 9).await.unwrap();
    assert_eq!(due.iter().map(|refund| refund.amount.minor).collect::<Vec<_>>(), [1000]);
    confirm_refund(&shop, &due[0]).await;
    let refunded = api.get(&format!("/v1/orders/{order}")).by(&buyer).await;
    assert_eq!(refunded.text("/payment_status"), "refunded");
    assert_eq!(refunded.text("/status"), "cancelled");
    assert_consistent(&shop).await;
}

#[tokio::test]
async fn eight_who_cancel_at_once_ask_for_one_refund() {
    let shop = Shop::open().await;
    let mug = shop.product(Product { stock: 5, ..Product::any() }).await;
    let (buyer, staff) = (shop.customer().await, shop.staff().await);
    let order = shop.confirmed_order(&buyer, Order { product: mug, quantity: 2 }).await;
    let api = api(&shop);

    let responses = all((0..8).map(|_| cancel(&api, order, &staff))).await;

    assert!(
        responses
            .iter()
            .all(|response| response.status == 200 && response.body == responses[0].body)
    );
    assert_eq!(shop.one::<i64>("select count(*) from refunds").await, 1);
    assert_eq!(shop.stock(mug).await, (5, 0));
    assert_consistent(&shop).await;
}

#[tokio::test]
async fn only_what_was_not_given_back_yet_is_asked_for() {
    let shop = Shop::open().await;
    let mug = shop.product(Product { price: 1000, ..Product::any() }).await;
    let (buyer, staff) = (shop.customer().await, shop.staff().await);
    let order = shop.confirmed_order(&buyer, Order { product: mug, quantity: 1 }).await;
    for (amount, status) in [(300, "requested"), (200, "failed")] {
        shop.run(&format!(
            "insert into refunds (id, payment_id, amount_minor, status, origin)
             select gen_random_uuid(), id, {amount}, '{status}', 'api' from payments"
        ))
        .await;
    }

    let response = cancel(&api(&shop), order, &staff).await;

    assert_eq!(response.text("/status"), "cancelled");
    let asked = "select string_agg(amount_minor::text, ' ' order by amount_minor) from refunds where status = 'requested'";
    assert_eq!(shop.one::<String>(asked).await, "300 700");
    assert_consistent(&shop).await;
}

#[tokio::test]
async fn money_that_came_past_stripe_is_given_back_by_hand_and_noted_at_once() {
    let shop = Shop::open().await;
    let mug = shop.product(Product { price: 500, stock: 5, ..Product::any() }).await;
    let (buyer, staff) = (shop.customer().await, shop.staff().await);
    let order = shop.order(&buyer, Order { product: mug, quantity: 2 }).await;
    let api = api(&shop);
    let cash = json!({"reason": "Paid in cash"});
    api.post(&path(order, "confirm"), &cash).by(&staff).await;

    let response = cancel(&api, order, &staff).await;

    assert_eq!(
        (response.text("/status"), response.text("/payment_status")),
        ("cancelled", "refunded")
    );
    assert_eq!(response.body["refunded"]["amount"], json!(1000));
    assert!(refund::due(&shop.db, 9).await.unwrap().is_empty());
    assert_eq!(shop.stock(mug).await, (5, 0));
    assert!(queued_messages(&shop).await.contains("refund_issued:re_"));
    assert_consistent(&shop).await;
}

#[tokio::test]
async fn what_cost_nothing_is_cancelled_without_a_refund() {
    let shop = Shop::open().await;
    let gift = shop.product(Product { price: 0, stock: 5, ..Product::any() }).await;
    let (buyer, staff) = (shop.customer().await, shop.staff().await);
    let api = api(&shop);
    let placed = super::place(&api, &buyer, &super::order_body(gift, 1)).await;

    let response = cancel(&api, placed.text("/id").parse().unwrap(), &staff).await;

    assert_eq!((response.status, response.text("/status")), (200, "cancelled"));
    assert_eq!(shop.one::<i64>("select count(*) from refunds").await, 0);
    assert_consistent(&shop).await;
}

#[tokio::test]
async fn buyers_cannot_cancel_what_is_paid_and_nobody_what_is_shipped() {
    let shop = Shop::open().await;
    let mug = shop.product(Product::any()).await;
    let (buyer, staff) = (shop.customer().await, shop.staff().await);
    let confirmed = shop.confirmed_order(&buyer, Order { product: mug, quantity: 1 }).await;
    let shipped = shop.shipped_order(&buyer, Order { product: mug, quantity: 1 }).await;
    let api = api(&shop);

    let by_buyer = cancel(&api, confirmed, &buyer).await;
    let too_late = cancel(&api, shipped, &staff).await;

    assert_eq!(by_buyer.refusal(), (409, "illegal_move"));
    assert_eq!(by_buyer.body["allowed"], json!(["shipped"]));
    assert_eq!(too_late.refusal(), (409, "illegal_move"));
    assert_eq!(too_late.body["allowed"], json!([]));
    assert_consistent(&shop).await;
}
