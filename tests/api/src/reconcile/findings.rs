//! What a run finds, and what it corrects.

use super::Fixture;
use stack::stripe::{Card, Fault, Reply};
use testkit::Log;

/// Stripe answers none of the three attempts to create an intent, and creates none.
pub(super) fn stripe_is_away(fixture: &Fixture) {
    for _ in 0..3 {
        fixture.stripe.inject_on("POST /v1/payment_intents", Fault::Answer(Reply::HTML_503));
    }
}

fn finding(kind: &str, subject: &str, healed: bool) -> (String, String, bool) {
    (kind.to_owned(), subject.to_owned(), healed)
}

#[tokio::test]
async fn a_payment_whose_webhook_was_lost_is_taken_in_one_run_and_once() {
    let fixture = Fixture::open().await;
    let (order, intent) = fixture.paid_without_webhook().await;
    let pending = fixture.status(order).await;

    let first = fixture.next_run().await;
    let found = fixture.findings().await;
    let second = fixture.next_run().await;

    assert_eq!(pending, "pending");
    assert_eq!((first.ran, first.payments, first.healed), (true, 1, 1));
    assert_eq!(found, [finding("payment_behind", &intent, true)]);
    assert_eq!(fixture.status(order).await, "confirmed");
    let emails = "select count(*) from outbox where payload ->> 'type' = 'order_confirmed'";
    assert_eq!(fixture.shop.one::<i64>(emails).await, 1);
    assert_eq!((second.ran, second.payments, second.healed), (true, 1, 0));
    assert_eq!(fixture.findings().await, []);
    fixture.audit().await;
}

#[tokio::test]
async fn a_payment_for_an_order_that_was_given_up_goes_back() {
    let fixture = Fixture::open().await;
    let (order, _) = fixture.paid_without_webhook().await;
    let end = "update orders set status = 'cancelled', cancelled_at = now(), cancel_reason = 'expired', expires_at = null";
    fixture.shop.run(end).await;
    fixture.shop.run("update products set reserved = 0").await;
    fixture
        .shop
        .run(
            "insert into stock_moves (product_id, source, source_id, on_hand_delta, reserved_delta)
                    select id, 'order_cancelled', 'one', 0, -1 from products",
        )
        .await;

    fixture.next_run().await;

    assert_eq!(fixture.status(order).await, "cancelled");
    let late = "select count(*) from refunds where origin = 'late_payment' and amount_minor = 1999";
    assert_eq!(fixture.shop.one::<i64>(late).await, 1);
    fixture.audit().await;
}

#[tokio::test]
async fn a_refund_of_the_dashboard_is_written_down_once() {
    let fixture = Fixture::open().await;
    let (_, intent) = fixture.paid_without_webhook().await;
    fixture.next_run().await;
    fixture.stripe.refund(&intent, Some(500)).unwrap();
    let refund = fixture.stripe.events().iter().rev().find_map(|event| {
        event["data"]["object"]["id"].as_str().filter(|id| id.starts_with("re_")).map(str::to_owned)
    });

    let first = fixture.next_run().await;
    let found = fixture.findings().await;
    let second = fixture.next_run().await;

    assert_eq!(found, [finding("refund_missing", &refund.unwrap(), true)]);
    assert_eq!((first.refunds, first.healed, second.healed), (1, 1, 0));
    assert_eq!(fixture.shop.one::<i64>("select refunded_minor from orders").await, 500);
    assert_eq!(fixture.shop.one::<String>("select origin from refunds").await, "dashboard");
    fixture.audit().await;
}

#[tokio::test]
async fn an_amount_that_differs_is_left_to_a_person_every_hour() {
    let fixture = Fixture::open().await;
    let order = fixture.order().await;
    let intent = fixture.start_payment(order).await.text("/stripe_payment_intent").to_owned();
    fixture.stripe.tamper(&intent, 1, "eur").unwrap();

    for _ in 0..2 {
        fixture.an_hour_later().await;
        let (log, _listening) = Log::of_this_test();
        let report = fixture.reconcile.tick().await.unwrap();

        assert_eq!(report.open, 1);
        assert_eq!(log.containing("1 differences with stripe remain").len(), 1);
        assert_eq!(fixture.findings().await, [finding("payment_differs", &intent, false)]);
    }
    assert_eq!(fixture.status(order).await, "pending");
    fixture.audit().await;
}

#[tokio::test]
async fn a_difference_that_was_acknowledged_raises_no_alarm_in_later_runs() {
    let fixture = Fixture::open().await;
    let order = fixture.order().await;
    let intent = fixture.start_payment(order).await.text("/stripe_payment_intent").to_owned();
    fixture.stripe.tamper(&intent, 1, "eur").unwrap();
    assert_eq!(fixture.next_run().await.open, 1);

    let path =
        format!("/v1/ops/attention/reconciliation_finding/payment_differs:{intent}/acknowledge");
    let reason = serde_json::json!({"reason": "Stripe was asked, and mends it"});
    let done = fixture.operations.post(&path, &reason).by(&fixture.admin).await;
    fixture.an_hour_later().await;
    let (log, _listening) = Log::of_this_test();
    let later = fixture.reconcile.tick().await.unwrap();

    assert_eq!((done.status, later.open, later.healed), (200, 0, 0));
    assert_eq!(log.containing("differences with stripe remain").len(), 0);
    assert_eq!(fixture.findings().await, [finding("payment_differs", &intent, false)]);
    let runs = fixture.operations.get("/v1/ops/reconciliations").by(&fixture.admin).await;
    assert_eq!(
        (&runs.body["data"][0]["open"], &runs.body["data"][0]["acknowledged"]),
        (&0.into(), &1.into())
    );
    let shown = format!("/v1/ops/reconciliations/{}", runs.text("/data/0/id"));
    let shown = fixture.operations.get(&shown).by(&fixture.admin).await;
    assert_eq!(shown.body["findings"][0]["acknowledged"], done.body);
    let waiting = fixture.operations.get("/v1/ops/attention").by(&fixture.admin).await;
    assert_eq!(waiting.body["data"], serde_json::json!([]));
    fixture.audit().await;
}

#[tokio::test]
async fn an_intent_that_stripe_made_without_saying_so_is_found() {
    let fixture = Fixture::open().await;
    let order = fixture.order().await;
    for _ in 0..3 {
        fixture.stripe.inject_on("POST /v1/payment_intents", Fault::DisconnectAfter);
    }
    let lost = fixture.start_payment(order).await;

    let report = fixture.next_run().await;
    let response = fixture.start_payment(order).await;

    assert_eq!((lost.status, report.healed), (502, 1));
    assert_eq!(response.status, 200, "{}", response.body);
    assert_eq!(fixture.stripe.ledger().len(), 1);
    fixture.audit().await;
}

#[tokio::test]
async fn an_intent_that_stripe_made_and_denied_is_given_up_and_no_news() {
    let fixture = Fixture::open().await;
    let order = fixture.order().await;
    fixture.stripe.inject_on("POST /v1/payment_intents", Fault::ErrorAfter);
    let denied = fixture.start_payment(order).await;
    let response = fixture.start_payment(order).await;

    let report = fixture.next_run().await;

    assert_eq!((denied.status, response.status), (502, 200), "{}", response.body);
    assert_eq!((report.payments, report.healed), (2, 0));
    fixture.audit().await;
}

#[tokio::test]
async fn an_intent_that_stripe_never_made_does_not_stand_in_the_way_of_the_next() {
    let fixture = Fixture::open().await;
    let order = fixture.order().await;
    stripe_is_away(&fixture);
    fixture.start_payment(order).await;

    let too_soon = fixture.next_run().await;
    stripe_is_away(&fixture);
    let denied = fixture.start_payment(order).await;
    fixture.shop.run("update payments set created_at = created_at - interval '61 minutes'").await;
    let report = fixture.next_run().await;
    let response = fixture.start_payment(order).await;

    assert_eq!((too_soon.healed, denied.status, report.healed), (0, 502, 1));
    assert_eq!(fixture.findings().await[0].0, "payment_absent");
    assert_eq!(response.status, 200, "{}", response.body);
    fixture.stripe.pay(response.text("/stripe_payment_intent"), Card::Visa).unwrap();
    fixture.next_run().await;
    assert_eq!(fixture.status(order).await, "confirmed");
    fixture.audit().await;
}

#[tokio::test]
async fn what_takes_longer_than_the_list_goes_back_is_asked_for_by_its_name() {
    let fixture = Fixture::open().await;
    let order = fixture.order().await;
    let intent = fixture.start_payment(order).await.text("/stripe_payment_intent").to_owned();
    fixture.shop.run("update payments set created_at = created_at - interval '4 days'").await;

    let report = fixture.next_run().await;

    // Compared twice: in the list, because the stand-in created it just now, and by its id.
    assert_eq!((report.payments, report.healed), (2, 0));
    let lookup = format!("GET /v1/payment_intents/{intent}");
    assert_eq!(fixture.stripe.calls().iter().filter(|call| call.call == lookup).count(), 1);
    fixture.audit().await;
}

#[tokio::test]
async fn an_order_that_was_paid_twice_at_stripe_keeps_one_payment_and_the_other_is_refunded() {
    let fixture = Fixture::open().await;
    let order = fixture.order().await;
    let first = fixture.start_payment(order).await.text("/stripe_payment_intent").to_owned();
    fixture.shop.run("update payments set status = 'failed'").await;
    let second = fixture.start_payment(order).await.text("/stripe_payment_intent").to_owned();
    for intent in [&first, &second] {
        fixture.stripe.pay(intent, Card::Visa).unwrap();
    }

    let report = fixture.next_run().await;
    let again = fixture.next_run().await;

    assert_eq!((report.healed, report.open, again.healed, again.open), (2, 0, 0, 0));
    let state = "select concat_ws(' ', o.status, o.captured_minor, r.origin, r.status, r.amount_minor)
                 from orders o join payments p on p.order_id = o.id join refunds r on r.payment_id = p.id
                 where p.surplus_at is not null";
    let ended = "confirmed 1999 late_payment requested 1999";
    assert_eq!(fixture.shop.one::<String>(state).await, ended);
    fixture.shop.check_invariants().await;
}
