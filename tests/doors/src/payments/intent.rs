use super::Till;
use domain::id::OrderId;
use serde_json::json;
use stack::stripe::{Card, Status};
use testkit::{Order, Product, all};

#[tokio::test]
async fn an_intent_is_over_the_orders_total_and_names_our_payment() {
    let till = Till::open().await;
    let order = till.order(1999).await;

    let answer = till.pay(order).await;

    assert_eq!(answer.status, 200, "{}", answer.body);
    let ledger = till.stripe.ledger();
    let [line] = ledger.as_slice() else { panic!("{ledger:?}") };
    let payment = answer.text("/payment");
    assert_eq!((line.amount, line.currency.as_str()), (1999, "eur"));
    assert_eq!(line.metadata.get("payment_id").map(String::as_str), Some(payment));
    assert_eq!(till.stripe.calls()[0].key.as_deref(), Some(payment));
    assert_eq!(answer.body["amount"], json!({"amount": 1999, "currency": "EUR"}));
    assert_eq!(answer.text("/order"), order.to_string());
    assert_eq!(answer.text("/status"), "requires_payment_method");
    assert_eq!(answer.text("/stripe_payment_intent"), line.intent);
    assert!(answer.text("/client_secret").starts_with(&line.intent));
    let kept = "select provider_pi || ' ' || amount_minor || ' ' || currency from payments";
    assert_eq!(till.shop.one::<String>(kept).await, format!("{} 1999 EUR", line.intent));
    till.shop.check_invariants().await;
}

#[tokio::test]
async fn an_amount_without_decimals_is_charged_as_it_is() {
    let till = Till::open().await;
    let mug = Product { price: 1999, currency: "JPY", ..Product::any() };
    let product = till.shop.product(mug).await;
    let order = till.shop.order(&till.buyer, Order { product, quantity: 2 }).await;

    assert_eq!(till.pay(order).await.status, 200);

    let line = &till.stripe.ledger()[0];
    assert_eq!((line.amount, line.currency.as_str()), (3998, "jpy"));
}

#[tokio::test]
async fn asked_again_the_shop_answers_with_the_same_intent() {
    let till = Till::open().await;
    let order = till.order(1999).await;

    let first = till.pay(order).await;
    let again = till.pay(order).await;

    assert_eq!((first.status, again.status), (200, 200));
    assert_eq!(first.body, again.body);
    assert_eq!(till.stripe.ledger().len(), 1);
}

#[tokio::test]
async fn asked_by_many_at_once_the_shop_makes_one_intent() {
    let till = Till::open().await;
    let order = till.order(1999).await;

    let answers = all((0..6).map(|_| till.pay(order))).await;

    for answer in &answers {
        assert_eq!((answer.status, &answer.body), (200, &answers[0].body));
    }
    assert_eq!(till.stripe.ledger().len(), 1);
    assert_eq!(till.shop.one::<i64>("select count(*) from payments").await, 1);
    till.shop.check_invariants().await;
}

#[tokio::test]
async fn starting_to_pay_holds_the_stock_for_another_half_hour() {
    let till = Till::open().await;
    let order = till.order(1999).await;
    till.shop.run("update orders set expires_at = now() + interval '1 minute'").await;

    till.pay(order).await;

    let held = "select expires_at > now() + interval '29 minutes' from orders";
    assert!(till.shop.one::<bool>(held).await);
}

#[tokio::test]
async fn only_the_buyer_pays_an_order() {
    let till = Till::open().await;
    let order = till.order(1999).await;
    let (stranger, staff) = (till.shop.customer().await, till.shop.staff().await);
    let path = format!("/v1/orders/{order}/payment-intent");
    let post = || till.door.call(axum::http::Method::POST, &path);
    let before = till.shop.snapshot().await;

    assert_eq!(post().await.refusal(), (401, "sign_in"));
    assert_eq!(post().by(&stranger).await.refusal(), (404, "order_not_found"));
    assert_eq!(post().by(&staff).await.refusal(), (404, "order_not_found"));
    assert_eq!(till.pay(OrderId::generate()).await.refusal(), (404, "order_not_found"));
    assert_eq!(till.shop.snapshot().await, before);
    assert!(till.stripe.calls().is_empty());
}

#[tokio::test]
async fn only_a_pending_order_can_be_paid() {
    let till = Till::open().await;
    let (paid, shipped, cancelled) =
        (till.order(1).await, till.order(2).await, till.order(3).await);
    till.shop.pay(paid).await;
    till.shop.pay(shipped).await;
    till.shop.ship(shipped).await;
    let cancel = "update orders set status = 'cancelled', cancelled_at = now(), expires_at = null,
                                    cancel_reason = 'requested' where total_minor = 3";
    till.shop.run(cancel).await;
    let before = till.shop.snapshot().await;

    for (order, status) in [(paid, "confirmed"), (shipped, "shipped"), (cancelled, "cancelled")] {
        let answer = till.pay(order).await;
        assert_eq!(answer.refusal(), (409, "not_payable"));
        assert_eq!(answer.body["status"], 409);
        assert_eq!(answer.body["order_status"], status);
    }
    assert_eq!(till.shop.snapshot().await, before);
    assert!(till.stripe.calls().is_empty());
}

#[tokio::test]
async fn an_order_that_is_about_to_end_cannot_be_paid() {
    let till = Till::open().await;
    let order = till.order(1999).await;

    till.shop.run("update orders set expires_at = now() - interval '1 second'").await;
    assert_eq!(till.pay(order).await.refusal(), (409, "order_ending"));
    let ask = "update orders set expires_at = now() + interval '1 hour',
                                 cancel_requested_at = now(), cancel_reason = 'requested'";
    till.shop.run(ask).await;
    assert_eq!(till.pay(order).await.refusal(), (409, "order_ending"));

    assert!(till.stripe.calls().is_empty());
}

#[tokio::test]
async fn the_client_secret_is_written_nowhere() {
    let till = Till::open().await;
    let order = till.order(1999).await;

    let answer = till.pay(order).await;
    till.pay(order).await;

    let secret = answer.text("/client_secret");
    assert!(secret.len() > 20);
    assert_eq!(till.shop.tables_with(secret).await, [""; 0]);
    assert_eq!(till.shop.tables_with(answer.text("/stripe_payment_intent")).await, ["payments"]);
}

#[tokio::test]
async fn wherever_an_intent_stands_its_answer_is_understood() {
    for (card, expected) in [
        (Card::Declined, "requires_payment_method"),
        (Card::InsufficientFunds, "requires_payment_method"),
        (Card::AuthenticationRequired, "requires_action"),
        (Card::Slow, "processing"),
        (Card::Visa, "succeeded"),
    ] {
        let till = Till::open().await;
        let order = till.order(1999).await;
        let first = till.pay(order).await;
        let _declined = till.stripe.pay(first.text("/stripe_payment_intent"), card);

        let answer = till.pay(order).await;

        assert_eq!((answer.status, answer.text("/status")), (200, expected), "{card:?}");
        assert_eq!(answer.text("/client_secret"), first.text("/client_secret"));
        till.shop.check_invariants().await;
    }
}

#[tokio::test]
async fn a_buyer_who_asks_after_paying_learns_it_although_the_webhook_is_late() {
    let till = Till::open().await;
    let order = till.order(1999).await;
    let first = till.pay(order).await;
    till.stripe.pay(first.text("/stripe_payment_intent"), Card::Visa).unwrap();

    let after = till.pay(order).await;
    let again = till.pay(order).await;

    assert_eq!((after.status, after.text("/status")), (200, "succeeded"));
    assert_eq!(again.refusal(), (409, "not_payable"));
    let status = till.shop.one::<String>("select status from orders").await;
    assert_eq!(status, "confirmed");
    let lines = till.stripe.ledger();
    assert_eq!((lines.len(), lines[0].received, lines[0].status), (1, 1999, Status::Succeeded));
    till.shop.check_invariants().await;
}
