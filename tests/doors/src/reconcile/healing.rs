//! What is found, and what is set right.

use super::Books;
use stack::stripe::{Card, Fault};

fn finding(kind: &str, subject: &str, healed: bool) -> (String, String, bool) {
    (kind.to_owned(), subject.to_owned(), healed)
}

#[tokio::test]
async fn a_payment_whose_webhook_was_lost_is_taken_in_one_run_and_once() {
    let books = Books::open().await;
    let (order, intent) = books.paid_in_silence().await;
    let pending = books.status(order).await;

    let first = books.next_run().await;
    let found = books.findings().await;
    let second = books.next_run().await;

    assert_eq!(pending, "pending");
    assert_eq!((first.ran, first.payments, first.healed), (true, 1, 1));
    assert_eq!(found, [finding("payment_behind", &intent, true)]);
    assert_eq!(books.status(order).await, "confirmed");
    let told = "select count(*) from outbox where payload ->> 'type' = 'order_confirmed'";
    assert_eq!(books.shop.one::<i64>(told).await, 1);
    assert_eq!((second.ran, second.payments, second.healed), (true, 1, 0));
    assert_eq!(books.findings().await, []);
    books.hold().await;
}

#[tokio::test]
async fn a_payment_for_an_order_that_was_given_up_goes_back() {
    let books = Books::open().await;
    let (order, _) = books.paid_in_silence().await;
    let end = "update orders set status = 'cancelled', cancelled_at = now(), cancel_reason = 'expired', expires_at = null";
    books.shop.run(end).await;
    books.shop.run("update products set reserved = 0").await;
    books
        .shop
        .run(
            "insert into stock_moves (product_id, source, source_id, on_hand_delta, reserved_delta)
                    select id, 'order_cancelled', 'one', 0, -1 from products",
        )
        .await;

    books.next_run().await;

    assert_eq!(books.status(order).await, "cancelled");
    let late = "select count(*) from refunds where origin = 'late_payment' and amount_minor = 1999";
    assert_eq!(books.shop.one::<i64>(late).await, 1);
    books.hold().await;
}

#[tokio::test]
async fn a_refund_of_the_dashboard_is_written_down_once() {
    let books = Books::open().await;
    let (_, intent) = books.paid_in_silence().await;
    books.next_run().await;
    books.stripe.refund(&intent, Some(500)).unwrap();
    let refund = books.stripe.events().iter().rev().find_map(|event| {
        event["data"]["object"]["id"].as_str().filter(|id| id.starts_with("re_")).map(str::to_owned)
    });

    let first = books.next_run().await;
    let found = books.findings().await;
    let second = books.next_run().await;

    assert_eq!(found, [finding("refund_missing", &refund.unwrap(), true)]);
    assert_eq!((first.refunds, first.healed, second.healed), (1, 1, 0));
    assert_eq!(books.shop.one::<i64>("select refunded_minor from orders").await, 500);
    assert_eq!(books.shop.one::<String>("select origin from refunds").await, "dashboard");
    books.hold().await;
}

#[tokio::test]
async fn an_amount_that_differs_is_left_to_a_person_every_hour() {
    let books = Books::open().await;
    let (order, intent) = books.paid_in_silence().await;
    books.stripe.tamper(&intent, 1, "eur").unwrap();

    for _ in 0..2 {
        books.an_hour_later().await;
        let alarm = books.reconcile.tick().await;

        assert!(alarm.unwrap_err().to_string().starts_with("1 things do not agree"));
        assert_eq!(books.findings().await, [finding("payment_differs", &intent, false)]);
    }
    assert_eq!(books.status(order).await, "pending");
    books.hold().await;
}

#[tokio::test]
async fn an_intent_that_stripe_made_and_denied_is_found() {
    let books = Books::open().await;
    let order = books.order().await;
    books.stripe.script_on("POST /v1/payment_intents", Fault::ErrorAfter);
    let denied = books.ask_to_pay(order).await;
    let denied_again = books.ask_to_pay(order).await;

    let report = books.next_run().await;
    let answer = books.ask_to_pay(order).await;

    assert_eq!((denied.status, denied_again.status, report.healed), (502, 502, 1));
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(books.stripe.ledger().len(), 1);
    books.hold().await;
}

#[tokio::test]
async fn an_intent_that_stripe_never_made_does_not_stand_in_the_way_of_the_next() {
    let books = Books::open().await;
    let order = books.order().await;
    books.stripe.script_on("POST /v1/payment_intents", Fault::ErrorKept);
    books.ask_to_pay(order).await;

    let too_soon = books.next_run().await;
    let denied = books.ask_to_pay(order).await;
    books.shop.run("update payments set created_at = created_at - interval '61 minutes'").await;
    let report = books.next_run().await;
    let answer = books.ask_to_pay(order).await;

    assert_eq!((too_soon.healed, denied.status, report.healed), (0, 502, 1));
    assert_eq!(books.findings().await[0].0, "payment_absent");
    assert_eq!(answer.status, 200, "{}", answer.body);
    books.stripe.pay(answer.text("/stripe_payment_intent"), Card::Visa).unwrap();
    books.next_run().await;
    assert_eq!(books.status(order).await, "confirmed");
    books.hold().await;
}

#[tokio::test]
async fn what_takes_longer_than_the_list_goes_back_is_asked_for_by_its_name() {
    let books = Books::open().await;
    let order = books.order().await;
    let intent = books.ask_to_pay(order).await.text("/stripe_payment_intent").to_owned();
    books.shop.run("update payments set created_at = created_at - interval '4 days'").await;

    let report = books.next_run().await;

    // Once in the list of the stand-in, where it is as young as the test.
    assert_eq!((report.payments, report.healed), (2, 0));
    let asked = format!("GET /v1/payment_intents/{intent}");
    assert_eq!(books.stripe.calls().iter().filter(|call| call.call == asked).count(), 1);
    books.hold().await;
}
