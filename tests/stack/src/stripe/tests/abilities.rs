use super::{
    super::{Card, DisputeOptions, Fault, Reply, Settlement},
    *,
};
use std::time::Duration;

const CREATE: &str = "v1/payment_intents";
const FORM: &str = "amount=500&currency=eur";

impl Fixture {
    async fn paid(&self) -> String {
        let intent = self.intent(1000).await;
        self.stripe.pay(&intent, Card::Visa).unwrap();
        intent
    }

    async fn refund_part(&self, intent: &str, amount: i64) -> (u16, Value) {
        self.post("v1/refunds", &format!("payment_intent={intent}&amount={amount}")).await
    }

    fn last_event(&self) -> Value {
        self.stripe.events().pop().unwrap()
    }
}

#[tokio::test]
async fn restricted_keys_open_and_live_keys_do_in_live_mode_only() {
    let fixture = Fixture::new().await;
    let opens = async |key: &str| {
        let request = fixture.client.get(fixture.url("v1/events")).bearer_auth(key);
        request.send().await.unwrap().status() == StatusCode::OK
    };

    let in_test_mode = [opens("rk_test_1").await, opens("sk_live_1").await];
    fixture.stripe.set_livemode(true);
    let in_live_mode = [opens("rk_live_1").await, opens("sk_live_1").await];

    assert_eq!((in_test_mode, in_live_mode), ([true, false], [true, true]));
    assert!(!opens("pk_test_1").await);
}

#[tokio::test]
async fn objects_and_their_events_are_of_a_mode() {
    let fixture = Fixture::new().await;
    let test = fixture.intent(500).await;
    fixture.stripe.set_livemode(true);
    let live = fixture.paid().await;

    let modes = |id: &str| fixture.stripe.object(id).unwrap()["livemode"].clone();
    assert_eq!((modes(&test), modes(&live)), (false.into(), true.into()));
    assert_eq!(fixture.last_event()["livemode"], true);
    fixture.stripe.set_object_livemode(&live, false);
    assert_eq!(modes(&live), false);
}

#[tokio::test]
async fn a_removed_object_is_gone_and_out_of_the_lists() {
    let fixture = Fixture::new().await;
    let intent = fixture.intent(500).await;

    fixture.stripe.remove(&intent);

    let (status, error) = fixture.get(&format!("{CREATE}/{intent}")).await;
    assert_eq!((status, &error["error"]["code"]), (404, &"resource_missing".into()));
    assert_eq!(fixture.get(CREATE).await.1["data"], serde_json::json!([]));
}

#[tokio::test]
async fn an_answer_takes_the_place_of_the_call_or_of_its_answer() {
    let fixture = Fixture::new().await;
    let replies = [
        (Reply::KEY_IN_USE, 409, "idempotency_key_in_use"),
        (Reply::LOCK_TIMEOUT, 429, "lock_timeout"),
        (Reply::AMOUNT_TOO_SMALL, 400, "amount_too_small"),
        (Reply::CHARGE_ALREADY_REFUNDED, 400, "charge_already_refunded"),
        (Reply::CHARGE_DISPUTED, 400, "charge_disputed"),
    ];

    for (reply, status, code) in replies {
        fixture.stripe.inject(Fault::Answer(reply));
        let (got, body) = fixture.post_with_key(CREATE, FORM, code).await;
        assert_eq!((got, &body["error"]["code"]), (status, &code.into()));
    }
    assert!(fixture.stripe.ledger().is_empty());
    for (reply, status, kind) in [
        (Reply::FORBIDDEN, 403, "invalid_request_error"),
        (Reply::INSUFFICIENT_BALANCE, 400, "invalid_request_error"),
        (Reply::IDEMPOTENCY_ERROR, 400, "idempotency_error"),
    ] {
        fixture.stripe.inject(Fault::AnswerAfter(reply));
        let (got, body) = fixture.post_with_key(CREATE, FORM, "k").await;
        assert_eq!((got, &body["error"]["type"]), (status, &kind.into()));
        assert_eq!(body["error"]["code"], Value::Null);
    }
    let (again, _) = fixture.post_with_key(CREATE, FORM, "k").await;
    assert_eq!((again, fixture.stripe.ledger().len()), (200, 1));
}

#[tokio::test]
async fn the_servers_before_the_api_answer_with_pages_or_nothing() {
    let fixture = Fixture::new().await;

    for (reply, status, text) in [(Reply::HTML_503, 503, "<html>"), (Reply::EMPTY_502, 502, "")] {
        fixture.stripe.inject(Fault::Answer(reply));
        let response = fixture.send(CREATE, FORM, "k").await.unwrap();
        assert_eq!(response.status(), status);
        assert_eq!(response.headers()["content-type"], "text/html");
        let body = response.text().await.unwrap();
        assert!(body.starts_with(text) && body.is_empty() == text.is_empty());
    }
    assert_eq!(fixture.post_with_key(CREATE, FORM, "k").await.0, 200);
}

#[tokio::test]
async fn a_kept_error_says_that_a_repetition_is_of_no_use() {
    let fixture = Fixture::new().await;
    fixture.stripe.inject(Fault::Answer(Reply::STORED_500_NO_RETRY));

    for _ in 0..2 {
        let response = fixture.send(CREATE, FORM, "k").await.unwrap();
        assert_eq!(response.status(), 500);
        assert_eq!(response.headers()["stripe-should-retry"], "false");
    }
    assert!(fixture.stripe.ledger().is_empty());
    assert_eq!(fixture.post_with_key(CREATE, FORM, "another").await.0, 200);
}

#[tokio::test]
async fn a_key_ends_after_a_day() {
    let fixture = Fixture::new().await;
    let first = fixture.post_with_key(CREATE, FORM, "k").await;

    fixture.stripe.advance_clock(Duration::from_hours(23));
    let within = fixture.post_with_key(CREATE, FORM, "k").await;
    fixture.stripe.advance_clock(Duration::from_hours(1));
    let later = fixture.post_with_key(CREATE, FORM, "k").await;

    assert_eq!(within, first);
    assert_ne!(id(&later.1), id(&first.1));
    assert!(later.1["created"].as_i64() >= Some(now() + 86_400));
}

#[tokio::test]
async fn a_thin_event_names_its_object_only() {
    let (fixture, receiver) = Fixture::with_receiver().await;
    let intent = fixture.intent(500).await;

    fixture.stripe.emit_thin("v1.payment_intent.succeeded", "payment_intent", &intent);
    fixture.stripe.idle().await;

    let (_, body) = receiver.requests().pop().unwrap();
    let event: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(event["object"], "v2.core.event");
    assert_eq!(event["related_object"]["url"], format!("/v1/payment_intents/{intent}"));
    assert!(text(&event["created"]).ends_with('Z') && event["data"].is_null());
    assert_eq!(fixture.get("v1/events").await.1["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_warning_and_a_review_come_before_a_dispute() {
    let fixture = Fixture::new().await;
    let intent = fixture.paid().await;

    let warning = fixture.stripe.early_fraud_warning(&intent);
    let review = fixture.stripe.open_review(&intent);
    let open = fixture.stripe.object(&intent).unwrap();
    fixture.stripe.close_review(&review);

    let (_, warning) = fixture.get(&format!("v1/radar/early_fraud_warnings/{warning}")).await;
    assert_eq!(
        (&warning["actionable"], &warning["payment_intent"]),
        (&true.into(), &intent.into())
    );
    assert_eq!(open["review"], review);
    let (_, closed) = fixture.get(&format!("v1/reviews/{review}")).await;
    assert_eq!((&closed["open"], &closed["closed_reason"]), (&false.into(), &"approved".into()));
    let kinds = ["radar.early_fraud_warning.created", "review.opened", "review.closed"];
    assert!(fixture.kinds().ends_with(&kinds.map(str::to_owned)));
}

#[tokio::test]
async fn a_disputed_part_leaves_the_rest_to_be_refunded() {
    let fixture = Fixture::new().await;
    let intent = fixture.paid().await;
    let options = DisputeOptions { amount: Some(400), ..Default::default() };
    let dispute = fixture.stripe.open_dispute_with(&intent, options).unwrap();

    let (too_much, _) = fixture.refund_part(&intent, 601).await;
    let (rest, _) = fixture.refund_part(&intent, 600).await;
    let (more, error) = fixture.refund_part(&intent, 1).await;

    assert_eq!((too_much, rest, more), (400, 200, 400));
    assert_eq!(error["error"]["code"], "charge_disputed");
    let (_, list) = fixture.get(&format!("v1/disputes?payment_intent={intent}")).await;
    assert_eq!(list["data"][0]["id"], dispute["id"]);
}

#[tokio::test]
async fn an_inquiry_takes_nothing_until_it_becomes_a_dispute() {
    let fixture = Fixture::new().await;
    let intent = fixture.paid().await;
    let options =
        DisputeOptions { status: "warning_needs_response", due_by: Some(0), ..Default::default() };
    let inquiry = fixture.stripe.open_dispute_with(&intent, options).unwrap();

    let (during, _) = fixture.refund_part(&intent, 100).await;
    let dispute = fixture.stripe.set_dispute_status(&id(&inquiry), "needs_response").unwrap();
    let (after, _) = fixture.refund_part(&intent, 100).await;

    assert_eq!((during, after), (200, 400));
    assert_eq!(inquiry["is_charge_refundable"], true);
    assert_eq!(inquiry["evidence_details"]["due_by"], 0);
    assert_eq!(dispute["is_charge_refundable"], false);
    assert!(!fixture.kinds().contains(&"charge.dispute.funds_withdrawn".to_owned()));
}

#[tokio::test]
async fn a_dispute_takes_any_status_and_evidence_over_http() {
    let fixture = Fixture::new().await;
    let intent = fixture.paid().await;
    let dispute = id(&fixture.stripe.open_dispute(&intent, "fraudulent").unwrap());

    let path = format!("v1/disputes/{dispute}");
    let (_, submitted) = fixture.post(&path, "submit=true&metadata[case]=7").await;
    let newer = fixture.stripe.set_dispute_status(&dispute, "appeal_under_review").unwrap();

    assert_eq!(
        (&submitted["status"], &submitted["metadata"]["case"]),
        (&"under_review".into(), &"7".into())
    );
    assert_eq!(newer["status"], "appeal_under_review");
    assert_eq!(fixture.last_event()["type"], "charge.dispute.updated");
}

#[tokio::test]
async fn a_payment_can_succeed_with_a_part_of_its_amount() {
    let fixture = Fixture::new().await;
    let intent = fixture.intent(2500).await;

    let paid = fixture.stripe.succeed_with(&intent, 1000).unwrap();

    assert_eq!((&paid["status"], &paid["amount_received"]), (&"succeeded".into(), &1000.into()));
    assert_eq!(fixture.refund_part(&intent, 1001).await.0, 400);
}

#[tokio::test]
async fn a_voucher_can_be_paid_until_it_ends() {
    let fixture = Fixture::new().await;
    let intent = fixture.intent(2500).await;

    let voucher = fixture.stripe.await_voucher(&intent, 1_800_000_000).unwrap();
    let paid = fixture.stripe.settle(&intent, Settlement::Paid).unwrap();

    let action = &voucher["next_action"]["multibanco_display_details"];
    assert_eq!(
        (&voucher["status"], &action["expires_at"]),
        (&"requires_action".into(), &1_800_000_000.into())
    );
    assert_eq!((&paid["status"], &paid["next_action"]), (&"succeeded".into(), &Value::Null));
}
