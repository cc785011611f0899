use super::Fixture;
use domain::id::OrderId;
use serde_json::json;
use stack::stripe::{Card, Status};
use testkit::{Order, Product, send_all};

#[tokio::test]
async fn an_intent_is_over_the_orders_total_and_names_our_payment() {
    let fixture = Fixture::open().await;
    let order = fixture.order(1999).await;

    let response = fixture.pay(order).await;

    assert_eq!(response.status, 200, "{}", response.body);
    let ledger = fixture.stripe.ledger();
    let [line] = ledger.as_slice() else { panic!("{ledger:?}") };
    let payment = response.text("/payment");
    assert_eq!((line.amount, line.currency.as_str()), (1999, "eur"));
    assert_eq!(line.metadata.get("payment_id").map(String::as_str), Some(payment));
    assert_eq!(fixture.stripe.calls()[0].key.as_deref(), Some(payment));
    assert_eq!(response.body["amount"], json!({"amount": 1999, "currency": "EUR"}));
    assert_eq!(response.text("/order"), order.to_string());
    assert_eq!(response.text("/status"), "requires_payment_method");
    assert_eq!(response.text("/stripe_payment_intent"), line.intent);
    assert!(response.text("/client_secret").starts_with(&line.intent));
    let kept = "select provider_pi || ' ' || amount_minor || ' ' || currency from payments";
    assert_eq!(fixture.shop.one::<String>(kept).await, format!("{} 1999 EUR", line.intent));
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn why_a_card_was_declined_is_shown_to_staff_and_not_to_its_holder() {
    let fixture = Fixture::open().await;
    let payment = fixture.pay(fixture.order(1999).await).await.text("/payment").to_owned();
    fixture.shop.run("update payments set decline_code = 'stolen_card'").await;
    let path = format!("/v1/payments/{payment}");

    let staff = fixture.api.get(&path).by(&fixture.shop.staff().await).await;
    let buyer = fixture.api.get(&path).by(&fixture.buyer).await;

    assert_eq!((staff.status, staff.text("/decline_code")), (200, "stolen_card"));
    assert_eq!((buyer.status, buyer.body.get("decline_code")), (200, None));
}

#[tokio::test]
async fn an_amount_without_decimals_is_charged_as_it_is() {
    let fixture = Fixture::open().await;
    let mug = Product { price: 1999, currency: "JPY", ..Product::any() };
    let product = fixture.shop.product(mug).await;
    let order = fixture.shop.order(&fixture.buyer, Order { product, quantity: 2 }).await;

    assert_eq!(fixture.pay(order).await.status, 200);

    let line = &fixture.stripe.ledger()[0];
    assert_eq!((line.amount, line.currency.as_str()), (3998, "jpy"));
}

#[tokio::test]
async fn asked_again_the_shop_answers_with_the_same_intent() {
    let fixture = Fixture::open().await;
    let order = fixture.order(1999).await;

    let first = fixture.pay(order).await;
    let again = fixture.pay(order).await;

    assert_eq!((first.status, again.status), (200, 200));
    assert_eq!(first.body, again.body);
    assert_eq!(fixture.stripe.ledger().len(), 1);
}

#[tokio::test]
async fn asked_by_many_at_once_the_shop_makes_one_intent() {
    let fixture = Fixture::open().await;
    let order = fixture.order(1999).await;

    let responses = send_all((0..6).map(|_| fixture.pay(order))).await;

    for response in &responses {
        assert_eq!((response.status, &response.body), (200, &responses[0].body));
    }
    assert_eq!(fixture.stripe.ledger().len(), 1);
    assert_eq!(fixture.shop.one::<i64>("select count(*) from payments").await, 1);
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn starting_to_pay_holds_the_stock_for_another_half_hour() {
    let fixture = Fixture::open().await;
    let order = fixture.order(1999).await;
    fixture.shop.run("update orders set expires_at = now() + interval '1 minute'").await;

    fixture.pay(order).await;

    let held = "select expires_at > now() + interval '29 minutes' from orders";
    assert!(fixture.shop.one::<bool>(held).await);
}

#[tokio::test]
async fn only_the_buyer_pays_an_order() {
    let fixture = Fixture::open().await;
    let order = fixture.order(1999).await;
    let (stranger, staff) = (fixture.shop.customer().await, fixture.shop.staff().await);
    let path = format!("/v1/orders/{order}/payment-intent");
    let post = || fixture.api.call(axum::http::Method::POST, &path);
    let before = fixture.shop.snapshot().await;

    assert_eq!(post().await.refusal(), (401, "sign_in"));
    assert_eq!(post().by(&stranger).await.refusal(), (404, "order_not_found"));
    assert_eq!(post().by(&staff).await.refusal(), (404, "order_not_found"));
    assert_eq!(fixture.pay(OrderId::generate()).await.refusal(), (404, "order_not_found"));
    assert_eq!(fixture.shop.snapshot().await, before);
    assert!(fixture.stripe.calls().is_empty());
}

#[tokio::test]
async fn only_a_pending_order_can_be_paid() {
    let fixture = Fixture::open().await;
    let (paid, shipped, cancelled) =
        (fixture.order(1).await, fixture.order(2).await, fixture.order(3).await);
    fixture.shop.pay(paid).await;
    fixture.shop.pay(shipped).await;
    fixture.shop.ship(shipped).await;
    let cancel = "update orders set status = 'cancelled', cancelled_at = now(), expires_at = null,
                                    cancel_reason = 'requested' where total_minor = 3";
    fixture.shop.run(cancel).await;
    let before = fixture.shop.snapshot().await;

    for (order, status) in [(paid, "confirmed"), (shipped, "shipped"), (cancelled, "cancelled")] {
        let response = fixture.pay(order).await;
        assert_eq!(response.refusal(), (409, "not_payable"));
        assert_eq!(response.body["status"], 409);
        assert_eq!(response.body["order_status"], status);
    }
    assert_eq!(fixture.shop.snapshot().await, before);
    assert!(fixture.stripe.calls().is_empty());
}

#[tokio::test]
async fn an_order_that_is_about_to_end_cannot_be_paid() {
    let fixture = Fixture::open().await;
    let order = fixture.order(1999).await;

    fixture.shop.run("update orders set expires_at = now() - interval '1 second'").await;
    assert_eq!(fixture.pay(order).await.refusal(), (409, "order_ending"));
    let ask = "update orders set expires_at = now() + interval '1 hour',
                                 cancel_requested_at = now(), cancel_reason = 'requested'";
    fixture.shop.run(ask).await;
    assert_eq!(fixture.pay(order).await.refusal(), (409, "order_ending"));

    assert!(fixture.stripe.calls().is_empty());
}

#[tokio::test]
async fn the_client_secret_is_written_nowhere() {
    let fixture = Fixture::open().await;
    let order = fixture.order(1999).await;

    let response = fixture.pay(order).await;
    fixture.pay(order).await;

    let secret = response.text("/client_secret");
    assert!(secret.len() > 20);
    assert_eq!(fixture.shop.tables_with(secret).await, [""; 0]);
    assert_eq!(
        fixture.shop.tables_with(response.text("/stripe_payment_intent")).await,
        ["payments"]
    );
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
        let fixture = Fixture::open().await;
        let order = fixture.order(1999).await;
        let first = fixture.pay(order).await;
        let _declined = fixture.stripe.pay(first.text("/stripe_payment_intent"), card);

        let response = fixture.pay(order).await;

        assert_eq!((response.status, response.text("/status")), (200, expected), "{card:?}");
        assert_eq!(response.text("/client_secret"), first.text("/client_secret"));
        fixture.shop.check_invariants().await;
    }
}

#[tokio::test]
async fn a_buyer_who_asks_after_paying_learns_it_although_the_webhook_is_late() {
    let fixture = Fixture::open().await;
    let order = fixture.order(1999).await;
    let first = fixture.pay(order).await;
    fixture.stripe.pay(first.text("/stripe_payment_intent"), Card::Visa).unwrap();

    let after = fixture.pay(order).await;
    let again = fixture.pay(order).await;

    assert_eq!((after.status, after.text("/status")), (200, "succeeded"));
    assert_eq!(again.refusal(), (409, "not_payable"));
    let status = fixture.shop.one::<String>("select status from orders").await;
    assert_eq!(status, "confirmed");
    let lines = fixture.stripe.ledger();
    assert_eq!((lines.len(), lines[0].received, lines[0].status), (1, 1999, Status::Succeeded));
    fixture.shop.check_invariants().await;
}
