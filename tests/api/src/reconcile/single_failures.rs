//! What fails for one object is found and reported; the run goes on, and so does the next one.

use super::Fixture;
use axum::http::Method;
use serde_json::{Value, json};
use stack::stripe::{Card, Fault, Reply};
use testkit::Response;

impl Fixture {
    /// Everything that exists was created before the period that Stripe's lists cover.
    async fn four_days_later(&self) {
        for table in ["payments", "refunds"] {
            let sql = format!("update {table} set created_at = created_at - interval '4 days'");
            self.shop.run(&sql).await;
        }
    }

    /// An unpaid PaymentIntent.
    async fn unpaid(&self) -> String {
        let order = self.order().await;
        self.start_payment(order).await.text("/stripe_payment_intent").to_owned()
    }

    /// The newest run as operators see it.
    async fn newest_run(&self) -> Value {
        let list = self.operations.get("/v1/ops/reconciliations?limit=1").by(&self.admin).await;
        let path = format!("/v1/ops/reconciliations/{}", list.text("/data/0/id"));
        self.operations.get(&path).by(&self.admin).await.body
    }

    async fn request_refund(&self, payment: &str) -> Response {
        let path = format!("/v1/payments/{payment}/refunds");
        let staff = self.shop.staff().await;
        self.payments.post(&path, &json!({})).by(&staff).key("one refund of this test").await
    }
}

#[tokio::test]
async fn a_payment_that_stripe_does_not_have_is_found_and_the_run_goes_on() {
    let fixture = Fixture::open().await;
    let (gone, paid) = (fixture.unpaid().await, fixture.unpaid().await);
    fixture.four_days_later().await;
    fixture.stripe.remove(&gone);
    fixture.stripe.pay(&paid, Card::Visa).unwrap();

    let report = fixture.reconcile.tick().await.unwrap();
    let found = fixture.findings().await;
    fixture.an_hour_later().await;
    let again = fixture.reconcile.tick().await.unwrap();

    assert_eq!((report.open, again.open), (1, 1));
    let run = fixture.newest_run().await;
    assert!(run["finished_at"].is_string(), "{run}");
    let gone_now = ("payment_gone".to_owned(), gone, false);
    let behind = ("payment_behind".to_owned(), paid, true);
    assert_eq!(found, [gone_now, behind]);
    let runs = "select count(*) from reconciliations where finished_at is not null";
    assert_eq!(fixture.shop.one::<i64>(runs).await, 2);
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn a_refund_that_stripe_does_not_have_is_found_and_the_run_goes_on() {
    let fixture = Fixture::open().await;
    let order = fixture.order().await;
    let paying = fixture.start_payment(order).await;
    fixture.stripe.pay(paying.text("/stripe_payment_intent"), Card::PendingRefund).unwrap();
    fixture.start_payment(order).await;
    let refund = fixture.request_refund(paying.text("/payment")).await;
    let provider = fixture.shop.one::<String>("select provider_refund from refunds").await;
    fixture.four_days_later().await;
    fixture.stripe.remove(&provider);

    let report = fixture.reconcile.tick().await.unwrap();

    assert_eq!(refund.status, 201, "{}", refund.body);
    assert_eq!(report.open, 1);
    assert_eq!(fixture.findings().await, [("refund_gone".to_owned(), provider, false)]);
    assert!(fixture.newest_run().await["finished_at"].is_string());
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn a_key_without_rights_ends_the_tick_and_no_single_payment_is_blamed() {
    let fixture = Fixture::open().await;
    let intent = fixture.unpaid().await;
    fixture.four_days_later().await;
    fixture.stripe.inject_on(&intent, Fault::Answer(Reply::FORBIDDEN));

    let alarm = fixture.reconcile.tick().await;
    let unfinished = fixture.newest_run().await;
    fixture.shop.run("update reconciliations set leased_until = now()").await;
    fixture.reconcile.tick().await.unwrap();

    assert!(alarm.is_err());
    assert_eq!((&unfinished["finished_at"], &unfinished["found"]), (&Value::Null, &json!(0)));
    assert!(fixture.newest_run().await["finished_at"].is_string());
    assert_eq!(fixture.shop.one::<i64>("select count(*) from reconciliations").await, 1);
}

#[tokio::test]
async fn an_entry_of_ours_that_cannot_be_read_is_reported_and_others_are_compared() {
    let fixture = Fixture::open().await;
    let (odd, paid) = (fixture.unpaid().await, fixture.unpaid().await);
    fixture.stripe.tamper(&odd, 1999, "xyz").unwrap();
    fixture.stripe.create_foreign_intent(500, "eur").unwrap();
    fixture.stripe.pay(&paid, Card::Visa).unwrap();

    let report = fixture.reconcile.tick().await.unwrap();

    assert_eq!(report.open, 1);
    let run = fixture.newest_run().await;
    assert!(run["finished_at"].is_string(), "{run}");
    let expected = [("not_comparable", odd.as_str(), false), ("payment_behind", &paid, true)];
    let found = fixture.findings().await;
    let found: Vec<_> = found.iter().map(|(kind, id, healed)| (&**kind, &**id, *healed)).collect();
    assert_eq!(found, expected);
    assert!(run["findings"][0]["stripes"].as_str().unwrap().contains("currency"), "{run}");
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn an_entry_that_cannot_be_parsed_is_one_finding_and_the_rest_of_the_page_is_compared() {
    let fixture = Fixture::open().await;
    let (odd, paid) = (fixture.unpaid().await, fixture.unpaid().await);
    let foreign = fixture.stripe.create_foreign_intent(500, "eur").unwrap();
    for intent in [&odd, &paid] {
        fixture.stripe.pay(intent, Card::Visa).unwrap();
    }
    let refund = fixture.stripe.refund(&odd, Some(100)).unwrap();
    let dispute = fixture.stripe.open_dispute(&odd, "fraudulent").unwrap();
    let text = |value: &Value| value["id"].as_str().unwrap().to_owned();
    let (refund, dispute) = (text(&refund), text(&dispute));
    for id in [&odd, &text(&foreign), &refund, &dispute] {
        fixture.stripe.distort(id);
    }

    let report = fixture.reconcile.tick().await.unwrap();

    assert_eq!(report.open, 3);
    let run = fixture.newest_run().await;
    assert!(run["finished_at"].is_string(), "{run}");
    let mut expected = [
        ("not_comparable", odd.as_str(), false),
        ("not_comparable", &refund, false),
        ("not_comparable", &dispute, false),
        ("payment_behind", &paid, true),
    ];
    let found = fixture.findings().await;
    let mut found: Vec<_> =
        found.iter().map(|(kind, id, healed)| (&**kind, &**id, *healed)).collect();
    expected.sort_unstable();
    found.sort_unstable();
    assert_eq!(found, expected);
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn a_defect_that_one_payment_hits_does_not_keep_the_others_from_being_compared() {
    let fixture = Fixture::open().await;
    let (trapped, paid) = (fixture.unpaid().await, fixture.unpaid().await);
    for intent in [&trapped, &paid] {
        fixture.stripe.pay(intent, Card::Visa).unwrap();
    }
    let trap = format!("alter table ledger add constraint trap check (source_id <> '{trapped}')");
    fixture.shop.run(&trap).await;

    let report = fixture.reconcile.tick().await.unwrap();

    assert_eq!(report.open, 1);
    let not_comparable = ("not_comparable".to_owned(), trapped, false);
    let behind = ("payment_behind".to_owned(), paid, true);
    assert_eq!(fixture.findings().await, [not_comparable, behind]);
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn a_run_that_fails_for_six_hours_is_given_up_and_the_next_one_begins() {
    let fixture = Fixture::open().await;
    fixture.paid_without_webhook().await;
    fixture.stripe.accept_only_key("sk_test_another");
    let asked =
        fixture.operations.call(Method::POST, "/v1/ops/reconciliations").by(&fixture.admin).await;
    let early = fixture.reconcile.tick().await;
    let unfinished = fixture.newest_run().await;
    let old = "update reconciliations set leased_until = now(), requested_at = now() - interval '6 hours 1 second',
                                          started_at = started_at - interval '6 hours'";
    fixture.shop.run(old).await;

    let late = fixture.reconcile.tick().await;
    let given_up = fixture.newest_run().await;
    fixture.stripe.accept_only_key("sk_test_of_this_run");
    let next = fixture.reconcile.tick().await.unwrap();

    assert!(early.is_err() && late.is_err());
    assert_eq!((&unfinished["finished_at"], &unfinished["found"]), (&Value::Null, &json!(0)));
    assert!(given_up["finished_at"].is_string(), "{given_up}");
    let finding = &given_up["findings"][0];
    assert_eq!((&finding["kind"], &finding["healed"]), (&json!("not_all_compared"), &json!(false)));
    assert_eq!(finding["subject"], asked.body["id"]);
    assert!(finding["stripes"].as_str().unwrap().contains("401"), "{finding}");
    assert_eq!((next.ran, next.healed), (true, 1));
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn a_refund_that_we_gave_up_and_stripe_gave_is_found_and_counts() {
    let fixture = Fixture::open().await;
    let order = fixture.order().await;
    let paying = fixture.start_payment(order).await;
    let intent = paying.text("/stripe_payment_intent").to_owned();
    fixture.stripe.pay(&intent, Card::Visa).unwrap();
    fixture.start_payment(order).await;
    fixture.request_refund(paying.text("/payment")).await;
    // As if the answer was lost and we gave up.
    let give_up = "update refunds set status = 'failed', told_at = null, provider_refund = null";
    fixture.shop.run(give_up).await;
    fixture.shop.run("update orders set refunded_minor = 0").await;
    fixture.shop.run("delete from ledger where kind = 'refunded'").await;

    let report = fixture.next_run().await;
    let again = fixture.next_run().await;

    let found = fixture.shop.one::<String>("select kind from reconciliation_findings").await;
    assert_eq!((found.as_str(), report.healed, again.healed), ("refund_behind", 1, 0));
    assert_eq!(fixture.shop.one::<String>("select status from refunds").await, "succeeded");
    assert_eq!(fixture.shop.one::<i64>("select refunded_minor from orders").await, 1999);
    fixture.audit().await;
}
