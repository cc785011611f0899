use super::{all, check_books, door, path, told};
use domain::id::{OrderId, PaymentId};
use domain::payment::{self, Way};
use serde_json::json;
use testkit::{Call, Door, Order, Person, Product, Shop};

fn confirm(door: &Door, order: OrderId, person: &Person) -> Call {
    door.post(&path(order, "confirm"), &json!({"reason": "Paid in cash"})).by(person)
}

#[tokio::test]
async fn an_order_paid_past_stripe_is_confirmed_by_hand() {
    let shop = Shop::open().await;
    let mug = shop.product(Product { price: 500, stock: 5, ..Product::any() }).await;
    let (buyer, staff) = (shop.customer().await, shop.staff().await);
    let order = shop.order(&buyer, Order { product: mug, quantity: 2 }).await;

    let answer = confirm(&door(&shop), order, &staff).await;

    assert_eq!((answer.status, answer.text("/status")), (200, "confirmed"), "{}", answer.body);
    assert_eq!(answer.text("/payment_status"), "paid");
    let payment = "select provider || ' ' || status || ' ' || amount_minor from payments";
    assert_eq!(shop.one::<String>(payment).await, "offline succeeded 1000");
    let entry = "select kind || ' ' || source || ' ' || amount_minor from ledger";
    assert_eq!(shop.one::<String>(entry).await, "captured offline 1000");
    assert_eq!(shop.one::<i64>("select captured_minor from orders").await, 1000);
    assert_eq!(told(&shop).await, format!("order_confirmed:{order}"));
    check_books(&shop).await;
}

#[tokio::test]
async fn eight_who_confirm_at_once_enter_the_money_once() {
    let shop = Shop::open().await;
    let mug = shop.product(Product::any()).await;
    let (buyer, staff) = (shop.customer().await, shop.staff().await);
    let order = shop.order(&buyer, Order { product: mug, quantity: 2 }).await;
    let door = door(&shop);

    let answers = all((0..8).map(|_| confirm(&door, order, &staff))).await;
    let body = json!({"reason": "Bank transfer"});
    let other = door.post(&path(order, "confirm"), &body).by(&staff).await;

    assert!(answers.iter().all(|answer| answer.status == 200 && answer.body == answers[0].body));
    assert_eq!(other.refusal(), (409, "illegal_move"));
    assert_eq!(shop.one::<i64>("select count(*) from payments").await, 1);
    assert_eq!(told(&shop).await, format!("order_confirmed:{order}"));
    check_books(&shop).await;
}

#[tokio::test]
async fn while_stripe_may_take_money_nobody_confirms_by_hand() {
    let shop = Shop::open().await;
    let mug = shop.product(Product::any()).await;
    let (buyer, staff) = (shop.customer().await, shop.staff().await);
    let order = shop.order(&buyer, Order { product: mug, quantity: 1 }).await;
    let door = door(&shop);
    let sql = "insert into payments (id, order_id, currency, amount_minor, status)
               select $1, id, currency, total_minor, 'creating' from orders";
    shop.admin.execute(sql, &[&PaymentId::generate()]).await.unwrap();

    let paying = confirm(&door, order, &staff).await;
    door.post(&path(order, "cancel"), &json!({})).by(&buyer).await;
    shop.run("update payments set status = 'failed'").await;
    let ending = confirm(&door, order, &staff).await;

    assert_eq!(paying.refusal(), (409, "payment_in_progress"));
    assert_eq!(ending.refusal(), (409, "order_ending"));
    check_books(&shop).await;
}

#[tokio::test]
async fn confirming_by_hand_needs_staff_a_reason_and_a_pending_order() {
    let shop = Shop::open().await;
    let mug = shop.product(Product::any()).await;
    let (buyer, staff) = (shop.customer().await, shop.staff().await);
    let pending = shop.order(&buyer, Order { product: mug, quantity: 1 }).await;
    let shipped = shop.shipped_order(&buyer, Order { product: mug, quantity: 1 }).await;
    let door = door(&shop);
    let because =
        |reason: &str| door.post(&path(pending, "confirm"), &json!({"reason": reason})).by(&staff);

    assert_eq!(confirm(&door, pending, &buyer).await.refusal(), (403, "wrong_role"));
    let bare = door.post(&path(pending, "confirm"), &json!({})).by(&staff).await;
    assert_eq!(bare.refusal(), (400, "bad_body"));
    for (reason, code) in [(" ", "empty"), ("card 4242 4242 4242 4242", "looks_like_a_card")] {
        let answer = because(reason).await;
        assert_eq!(answer.refusal(), (422, "invalid_value"));
        assert_eq!(answer.text("/errors/0/code"), code);
    }
    assert_eq!(confirm(&door, shipped, &staff).await.refusal(), (409, "illegal_move"));
    let unknown = confirm(&door, OrderId::generate(), &staff).await;
    assert_eq!(unknown.refusal(), (404, "order_not_found"));
}

#[tokio::test]
async fn an_order_is_paid_at_stripe_or_confirmed_by_hand_but_never_both() {
    let shop = Shop::open().await;
    let mug = shop.product(Product { stock: 20, ..Product::any() }).await;
    let (buyer, staff) = (shop.customer().await, shop.staff().await);
    let door = door(&shop);
    for _ in 0..8 {
        let order = shop.order(&buyer, Order { product: mug, quantity: 1 }).await;

        let (by_hand, at_stripe) = tokio::join!(
            confirm(&door, order, &staff),
            payment::start(&shop.db, buyer.id, order, &Way::Intent)
        );

        assert_eq!(by_hand.status == 200, at_stripe.is_err(), "{}", by_hand.body);
        assert!(matches!(by_hand.refusal(), (200, "") | (409, "payment_in_progress")));
    }
    check_books(&shop).await;
}
