use super::{all, api, assert_consistent, path, queued_messages};
use domain::accounts::Claim;
use domain::guests::{Credentials, Opener};
use domain::id::{FamilyId, OrderId, PaymentId};
use domain::payments::PaymentFlow;
use domain::workflows;
use serde_json::json;
use testkit::{ApiClient, Call, Order, Product, Shop, User};

fn confirm(api: &ApiClient, order: OrderId, person: &User) -> Call {
    api.post(&path(order, "confirm"), &json!({"reason": "Paid in cash"})).by(person)
}

#[tokio::test]
async fn an_order_paid_past_stripe_is_confirmed_by_hand() {
    let shop = Shop::open().await;
    let mug = shop.product(Product { price: 500, stock: 5, ..Product::any() }).await;
    let (buyer, staff) = (shop.customer().await, shop.staff().await);
    let order = shop.order(&buyer, Order { product: mug, quantity: 2 }).await;

    let response = confirm(&api(&shop), order, &staff).await;

    assert_eq!(
        (response.status, response.text("/status")),
        (200, "confirmed"),
        "{}",
        response.body
    );
    assert_eq!(response.text("/payment_status"), "paid");
    let payment = "select provider || ' ' || status || ' ' || amount_minor from payments";
    assert_eq!(shop.one::<String>(payment).await, "offline succeeded 1000");
    let entry = "select kind || ' ' || source || ' ' || amount_minor from ledger";
    assert_eq!(shop.one::<String>(entry).await, "captured offline 1000");
    assert_eq!(shop.one::<i64>("select captured_minor from orders").await, 1000);
    assert_eq!(queued_messages(&shop).await, format!("order_confirmed:{order}"));
    assert_consistent(&shop).await;
}

#[tokio::test]
async fn eight_who_confirm_at_once_enter_the_money_once() {
    let shop = Shop::open().await;
    let mug = shop.product(Product::any()).await;
    let (buyer, staff) = (shop.customer().await, shop.staff().await);
    let order = shop.order(&buyer, Order { product: mug, quantity: 2 }).await;
    let api = api(&shop);

    let responses = all((0..8).map(|_| confirm(&api, order, &staff))).await;
    let body = json!({"reason": "Bank transfer"});
    let other = api.post(&path(order, "confirm"), &body).by(&staff).await;

    assert!(
        responses
            .iter()
            .all(|response| response.status == 200 && response.body == responses[0].body)
    );
    assert_eq!(other.refusal(), (409, "illegal_move"));
    assert_eq!(shop.one::<i64>("select count(*) from payments").await, 1);
    assert_eq!(queued_messages(&shop).await, format!("order_confirmed:{order}"));
    assert_consistent(&shop).await;
}

#[tokio::test]
async fn while_stripe_may_take_money_nobody_confirms_by_hand() {
    let shop = Shop::open().await;
    let mug = shop.product(Product::any()).await;
    let (buyer, staff) = (shop.customer().await, shop.staff().await);
    let order = shop.order(&buyer, Order { product: mug, quantity: 1 }).await;
    let api = api(&shop);
    let sql = "insert into payments (id, order_id, currency, amount_minor, status)
               select $1, id, currency, total_minor, 'creating' from orders";
    shop.admin.execute(sql, &[&PaymentId::generate()]).await.unwrap();

    let paying = confirm(&api, order, &staff).await;
    api.post(&path(order, "cancel"), &json!({})).by(&buyer).await;
    shop.run("update payments set status = 'failed'").await;
    let ending = confirm(&api, order, &staff).await;

    assert_eq!(paying.refusal(), (409, "payment_in_progress"));
    assert_eq!(ending.refusal(), (409, "order_ending"));
    assert_consistent(&shop).await;
}

#[tokio::test]
async fn confirming_by_hand_needs_staff_a_reason_and_a_pending_order() {
    let shop = Shop::open().await;
    let mug = shop.product(Product::any()).await;
    let (buyer, staff) = (shop.customer().await, shop.staff().await);
    let pending = shop.order(&buyer, Order { product: mug, quantity: 1 }).await;
    let shipped = shop.shipped_order(&buyer, Order { product: mug, quantity: 1 }).await;
    let api = api(&shop);
    let because =
        |reason: &str| api.post(&path(pending, "confirm"), &json!({"reason": reason})).by(&staff);

    assert_eq!(confirm(&api, pending, &buyer).await.refusal(), (403, "wrong_role"));
    let bare = api.post(&path(pending, "confirm"), &json!({})).by(&staff).await;
    assert_eq!(bare.refusal(), (400, "bad_body"));
    for (reason, code) in [(" ", "empty"), ("card 4242 4242 4242 4242", "looks_like_a_card")] {
        let response = because(reason).await;
        assert_eq!(response.refusal(), (422, "invalid_value"));
        assert_eq!(response.text("/errors/0/code"), code);
    }
    assert_eq!(confirm(&api, shipped, &staff).await.refusal(), (409, "illegal_move"));
    let unknown = confirm(&api, OrderId::generate(), &staff).await;
    assert_eq!(unknown.refusal(), (404, "order_not_found"));
}

#[tokio::test]
async fn an_order_is_paid_at_stripe_or_confirmed_by_hand_but_never_both() {
    let shop = Shop::open().await;
    let mug = shop.product(Product { stock: 20, ..Product::any() }).await;
    let (buyer, staff) = (shop.customer().await, shop.staff().await);
    let payer = Claim { user: buyer.id, epoch: 0, session: FamilyId::generate() };
    let payer = Credentials::One(Opener::Account(payer));
    let api = api(&shop);
    for _ in 0..8 {
        let order = shop.order(&buyer, Order { product: mug, quantity: 1 }).await;

        let (by_hand, at_stripe) = tokio::join!(
            confirm(&api, order, &staff),
            workflows::start_payment(&shop.db, &payer, order, &PaymentFlow::Intent)
        );

        assert_eq!(by_hand.status == 200, at_stripe.is_err(), "{}", by_hand.body);
        assert!(matches!(by_hand.refusal(), (200, "") | (409, "payment_in_progress")));
    }
    assert_consistent(&shop).await;
}
