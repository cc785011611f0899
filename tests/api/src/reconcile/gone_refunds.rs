//! Refunds that Stripe once named and does not have any more: staff resolve the finding by asking Stripe for the refund.

use super::Fixture;
use axum::http::Method;
use serde_json::{Value, json};
use stack::stripe::{Card, Fault, RefundStatus};
use testkit::Response;

/// A refund of 5.00 EUR that waits at the bank, by our id of it and Stripe's, and the id of its PaymentIntent.
struct Pending {
    id: String,
    provider: String,
    intent: String,
}

impl Fixture {
    async fn pending_refund(&self) -> Pending {
        let order = self.order().await;
        let intent = self.start_payment(order).await.text("/stripe_payment_intent").to_owned();
        self.stripe.pay(&intent, Card::PendingRefund).unwrap();
        let payment = self.start_payment(order).await.text("/payment").to_owned();
        let refunded = self.refund(&payment, "the first refund of this test").await;
        assert_eq!(refunded.status, 201, "{}", refunded.body);
        let sql = "select provider_refund from refunds order by id desc limit 1";
        let provider = self.shop.one::<String>(sql).await;
        Pending { id: refunded.text("/id").to_owned(), provider, intent }
    }

    async fn refund(&self, payment: &str, key: &str) -> Response {
        let path = format!("/v1/payments/{payment}/refunds");
        let body = json!({"amount": {"amount": 500, "currency": "EUR"}});
        self.payments.post(&path, &body).by(&self.shop.staff().await).key(key).await
    }

    async fn check(&self, refund: &str) -> Response {
        let path = format!("/v1/refunds/{refund}/check");
        self.payments.call(Method::POST, &path).by(&self.shop.staff().await).await
    }

    async fn old_refunds(&self) {
        for table in ["payments", "refunds"] {
            let sql = format!("update {table} set created_at = created_at - interval '4 days'");
            self.shop.run(&sql).await;
        }
    }

    async fn refunded_minor(&self) -> i64 {
        self.shop.one("select refunded_minor from orders").await
    }
}

#[tokio::test]
async fn a_refund_that_stripe_lost_is_given_up_by_staff_and_can_be_made_again() {
    let fixture = Fixture::open().await;
    let Pending { id, provider, .. } = fixture.pending_refund().await;
    fixture.old_refunds().await;
    fixture.stripe.remove(&provider);
    fixture.reconcile.tick().await.unwrap();
    let found = fixture.findings().await;
    let before = fixture.refunded_minor().await;

    let checked = fixture.check(&id).await;
    let again = fixture.check(&id).await;

    assert_eq!(found, [("refund_gone".to_owned(), provider, false)]);
    let failed = (200, "failed", "refund_gone");
    for response in [&checked, &again] {
        let shown = (response.status, response.text("/status"), response.text("/failure_reason"));
        assert_eq!(shown, failed, "{}", response.body);
    }
    assert_eq!((before, fixture.refunded_minor().await), (500, 0));
    let audited =
        "select string_agg(entity_type || ' ' || action, ', ' order by seq) from audit_log
                   where seq > 1";
    assert_eq!(fixture.shop.one::<String>(audited).await, "refund changed, order changed");
    let next = fixture.next_run().await;
    assert_eq!((next.open, next.healed), (0, 0));
    let mails = "select count(*) from outbox where dedupe_key like 'refund_failed:%'";
    assert_eq!(fixture.shop.one::<i64>(mails).await, 1);
    let payment = checked.text("/payment").to_owned();
    let repeated = fixture.refund(&payment, "the second refund of this test").await;
    assert_eq!((repeated.status, fixture.refunded_minor().await), (201, 500), "{}", repeated.body);
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn a_refund_that_was_given_up_counts_each_time_that_stripe_has_it_all_the_same() {
    for is_told_by_event in [true, false] {
        let fixture = Fixture::open().await;
        let Pending { id, provider, .. } = fixture.pending_refund().await;
        let webhook = crate::stripe_webhook::api(&fixture.shop);
        let of_refund = |event: &Value| event["data"]["object"]["id"] == *provider;
        // Stripe tells of it again, twice, and then that it went through.
        let mut sums = Vec::new();
        for round in 0..3 {
            if round == 2 {
                fixture.stripe.update_refund(&provider, RefundStatus::Succeeded).unwrap();
            } else {
                fixture.stripe.remove(&provider);
                let given_up = fixture.check(&id).await;
                assert_eq!(given_up.text("/status"), "failed", "{}", given_up.body);
                sums.push(fixture.refunded_minor().await);
                fixture.stripe.restore_refund(&provider);
            }
            for again in 0..2 {
                if is_told_by_event {
                    let mut event =
                        fixture.stripe.events().into_iter().rev().find(of_refund).unwrap();
                    event["id"] = json!(format!("evt_told_again_{round}_{again}"));
                    assert_eq!(webhook.stripe_event(&event).await.status, 200);
                } else {
                    fixture.next_run().await;
                }
                sums.push(fixture.refunded_minor().await);
                fixture.shop.check_invariants().await;
            }
        }

        assert_eq!(sums, [0, 500, 500, 0, 500, 500, 500, 500]);
        let ledger = "select string_agg(kind || ' ' || replace(source_id, $$PROVIDER$$, 're'), ', ' order by entry_id)
                      from ledger where kind <> 'captured'";
        let entered = fixture.shop.one::<String>(&ledger.replace("PROVIDER", &provider)).await;
        let twice =
            "refunded re, refund_failed re, refunded re#2, refund_failed re#2, refunded re#3";
        assert_eq!(entered, twice);
        fixture.audit().await;
    }
}

#[tokio::test]
async fn who_gave_up_a_refund_stands_in_the_timeline() {
    let fixture = Fixture::open().await;
    let Pending { id, provider, .. } = fixture.pending_refund().await;
    fixture.stripe.remove(&provider);
    let staff = fixture.shop.staff().await;
    let path = format!("/v1/refunds/{id}/check");

    fixture.payments.call(Method::POST, &path).by(&staff).await;

    let order: domain::id::OrderId = fixture.shop.one("select id from orders").await;
    let orders = orders::Orders {
        app: fixture.shop.app(),
        dispatcher: lambda::dispatcher::OutboxDispatcher::deferred(),
    };
    let api = testkit::ApiClient::new(orders::routes(), orders);
    let timeline = api.get(&format!("/v1/orders/{order}/events")).by(&staff).await;
    let entries = timeline.body["data"].as_array().unwrap();
    let failed = entries.iter().find(|entry| entry["type"] == "refund_failed").unwrap();
    assert_eq!(failed["actor"], json!(staff.id), "{failed}");
}

#[tokio::test]
async fn a_refund_that_stripe_has_is_taken_over_as_stripe_says() {
    for (status, expected) in
        [(RefundStatus::Succeeded, "succeeded"), (RefundStatus::Failed, "failed")]
    {
        let fixture = Fixture::open().await;
        let Pending { id, provider, .. } = fixture.pending_refund().await;
        fixture.stripe.update_refund(&provider, status).unwrap();

        let checked = fixture.check(&id).await;

        assert_eq!((checked.status, checked.text("/status")), (200, expected), "{}", checked.body);
        fixture.shop.check_invariants().await;
    }
}

#[tokio::test]
async fn nothing_is_given_up_while_stripe_may_have_the_refund() {
    let fixture = Fixture::open().await;
    let Pending { id, provider, intent } = fixture.pending_refund().await;
    let before: Value = fixture.shop.one("select to_jsonb(r) from refunds r").await;
    for _ in 0..3 {
        fixture.stripe.inject_on("GET /v1/refunds", Fault::ErrorBefore);
    }

    let away = fixture.check(&id).await;
    // As with the key of another account.
    fixture.stripe.remove(&provider);
    fixture.stripe.remove(&intent);
    let foreign = fixture.check(&id).await;

    assert_eq!(away.refusal(), (502, "upstream_failed"));
    assert_eq!(foreign.refusal(), (409, "payment_not_at_stripe"));
    let after: Value = fixture.shop.one("select to_jsonb(r) from refunds r").await;
    assert_eq!(before, after);
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn two_who_give_up_a_refund_at_once_free_its_amount_once() {
    let fixture = Fixture::open().await;
    let Pending { id, provider, .. } = fixture.pending_refund().await;
    fixture.stripe.remove(&provider);

    let (one, other) = tokio::join!(fixture.check(&id), fixture.check(&id));

    assert_eq!((one.status, other.status), (200, 200));
    let ledger = "select string_agg(kind, ' ' order by entry_id) from ledger";
    let entered = fixture.shop.one::<String>(ledger).await;
    assert_eq!(entered, "captured refunded refund_failed");
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn a_refund_that_is_not_there_cannot_be_checked() {
    let fixture = Fixture::open().await;
    let unknown = domain::id::RefundId::generate().to_string();

    assert_eq!(fixture.check(&unknown).await.refusal(), (404, "refund_not_found"));
    assert_eq!(fixture.stripe.calls().len(), 0);
}
