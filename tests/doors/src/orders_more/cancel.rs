use super::{all, check_books, door, path, stripe_gave, told};
use domain::id::OrderId;
use domain::payment::refund;
use serde_json::json;
use testkit::{Call, Door, Order, Person, Product, Shop};

fn cancel(door: &Door, order: OrderId, person: &Person) -> Call {
    door.post(&path(order, "cancel"), &json!({})).by(person)
}

#[tokio::test]
async fn staff_cancel_a_confirmed_order_and_all_of_its_money_goes_back() {
    let shop = Shop::open().await;
    let mug = shop.product(Product { price: 500, stock: 5, ..Product::any() }).await;
    let (buyer, staff) = (shop.customer().await, shop.staff().await);
    let order = shop.confirmed_order(&buyer, Order { product: mug, quantity: 2 }).await;
    let door = door(&shop);

    let answer = cancel(&door, order, &staff).await;

    assert_eq!((answer.status, answer.text("/status")), (200, "cancelled"), "{}", answer.body);
    assert_eq!(
        (answer.text("/cancel_reason"), answer.text("/payment_status")),
        ("requested", "paid")
    );
    assert_eq!(shop.stock(mug).await, (5, 0));
    assert_eq!(told(&shop).await, format!("order_cancelled:{order}"));
    check_books(&shop).await;

    // What the sweep does next.
    let due = refund::due(&shop.db, 9).await.unwrap();
    assert_eq!(due.iter().map(|refund| refund.amount.minor).collect::<Vec<_>>(), [1000]);
    stripe_gave(&shop, &due[0]).await;
    let refunded = door.get(&format!("/v1/orders/{order}")).by(&buyer).await;
    assert_eq!(refunded.text("/payment_status"), "refunded");
    assert_eq!(refunded.text("/status"), "cancelled");
    check_books(&shop).await;
}

#[tokio::test]
async fn eight_who_cancel_at_once_ask_for_one_refund() {
    let shop = Shop::open().await;
    let mug = shop.product(Product { stock: 5, ..Product::any() }).await;
    let (buyer, staff) = (shop.customer().await, shop.staff().await);
    let order = shop.confirmed_order(&buyer, Order { product: mug, quantity: 2 }).await;
    let door = door(&shop);

    let answers = all((0..8).map(|_| cancel(&door, order, &staff))).await;

    assert!(answers.iter().all(|answer| answer.status == 200 && answer.body == answers[0].body));
    assert_eq!(shop.one::<i64>("select count(*) from refunds").await, 1);
    assert_eq!(shop.stock(mug).await, (5, 0));
    check_books(&shop).await;
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

    let answer = cancel(&door(&shop), order, &staff).await;

    assert_eq!(answer.text("/status"), "cancelled");
    let asked = "select string_agg(amount_minor::text, ' ' order by amount_minor) from refunds where status = 'requested'";
    assert_eq!(shop.one::<String>(asked).await, "300 700");
    check_books(&shop).await;
}

#[tokio::test]
async fn money_that_came_past_stripe_is_given_back_by_hand_and_noted_at_once() {
    let shop = Shop::open().await;
    let mug = shop.product(Product { price: 500, stock: 5, ..Product::any() }).await;
    let (buyer, staff) = (shop.customer().await, shop.staff().await);
    let order = shop.order(&buyer, Order { product: mug, quantity: 2 }).await;
    let door = door(&shop);
    let cash = json!({"reason": "Paid in cash"});
    door.post(&path(order, "confirm"), &cash).by(&staff).await;

    let answer = cancel(&door, order, &staff).await;

    assert_eq!((answer.text("/status"), answer.text("/payment_status")), ("cancelled", "refunded"));
    assert_eq!(answer.body["refunded"]["amount"], json!(1000));
    assert!(refund::due(&shop.db, 9).await.unwrap().is_empty());
    assert_eq!(shop.stock(mug).await, (5, 0));
    assert!(told(&shop).await.contains("refund_issued:re_"));
    check_books(&shop).await;
}

#[tokio::test]
async fn what_cost_nothing_is_cancelled_without_a_refund() {
    let shop = Shop::open().await;
    let gift = shop.product(Product { price: 0, stock: 5, ..Product::any() }).await;
    let (buyer, staff) = (shop.customer().await, shop.staff().await);
    let door = door(&shop);
    let placed = super::place(&door, &buyer, &super::wish(gift, 1)).await;

    let answer = cancel(&door, placed.text("/id").parse().unwrap(), &staff).await;

    assert_eq!((answer.status, answer.text("/status")), (200, "cancelled"));
    assert_eq!(shop.one::<i64>("select count(*) from refunds").await, 0);
    check_books(&shop).await;
}

#[tokio::test]
async fn buyers_cannot_cancel_what_is_paid_and_nobody_what_is_shipped() {
    let shop = Shop::open().await;
    let mug = shop.product(Product::any()).await;
    let (buyer, staff) = (shop.customer().await, shop.staff().await);
    let confirmed = shop.confirmed_order(&buyer, Order { product: mug, quantity: 1 }).await;
    let shipped = shop.shipped_order(&buyer, Order { product: mug, quantity: 1 }).await;
    let door = door(&shop);

    let by_buyer = cancel(&door, confirmed, &buyer).await;
    let too_late = cancel(&door, shipped, &staff).await;

    assert_eq!(by_buyer.refusal(), (409, "illegal_move"));
    assert_eq!(by_buyer.body["allowed"], json!(["shipped"]));
    assert_eq!(too_late.refusal(), (409, "illegal_move"));
    assert_eq!(too_late.body["allowed"], json!([]));
    check_books(&shop).await;
}
