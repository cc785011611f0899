//! Breaches that only Stripe's ledger, the sent mails or the logs can show.

use super::{Fixture, expect};
use axum::Router;
use domain::id::OrderId;
use invariants::BreachKind::{Duplicate, Lost};
use invariants::{Logs, SentMail};
use lambda::dispatcher::OutboxDispatcher;
use payments::Payments;
use serde_json::json;
use stack::stripe::{Card, StandIn};
use testkit::ApiClient;
use tokio::net::TcpListener;

/// A pending order with a payment intent at the Stripe stand-in, not paid yet.
struct PaymentFixture {
    base: Fixture,
    stripe: StandIn,
    api: ApiClient,
    intent: String,
}

impl PaymentFixture {
    async fn new() -> Self {
        let base = Fixture::with_order("pending").await;
        let (stand_in, stripe) = testkit::stripe().await;
        let app = base.shop.app();
        let payments =
            Payments { app, dispatcher: OutboxDispatcher::deferred(), stripe: stripe.into() };
        let api = ApiClient::new(payments::routes(), payments);
        let mut fixture = Self { base, stripe: stand_in, api, intent: String::new() };
        fixture.intent = fixture.start_payment().await;
        fixture.audit().assert_holds().await;
        fixture
    }

    /// Stripe's id of the order's payment intent.
    async fn start_payment(&self) -> String {
        let path = format!("/v1/orders/{}/payment-intent", self.base.order);
        let answer = self.api.post(&path, &json!({})).by(&self.base.buyer).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.text("/stripe_payment_intent").to_owned()
    }

    /// Writes the order as paid into our database, whatever Stripe has.
    async fn mark_paid(&self) {
        self.base
            .shop
            .run(
                "with paid as (update payments set status = 'succeeded' returning order_id, amount_minor, provider_pi),
                 entered as (
                     insert into ledger (order_id, kind, amount_minor, source, source_id)
                     select order_id, 'captured', amount_minor, 'stripe', provider_pi from paid
                 )
                 update orders set status = 'confirmed', captured_minor = total_minor, expires_at = null",
            )
            .await;
    }

    fn audit(&self) -> invariants::Audit<'_> {
        self.base.shop.audit().with_stripe(&self.stripe)
    }
}

#[tokio::test]
async fn money_that_we_say_came_and_stripe_does_not_is_named() {
    let fixture = PaymentFixture::new().await;
    fixture.mark_paid().await;

    let row = format!("captured 3750, refunded 0; {} 0 and 0", fixture.intent);
    expect(fixture.audit(), &[("I2", Lost, &row)]).await;

    let elsewhere = Fixture::with_order("confirmed").await;
    let audit = elsewhere.shop.audit().with_stripe(&fixture.stripe);
    expect(audit, &[("I2", Lost, "captured 3750, and not at Stripe")]).await;
}

#[tokio::test]
async fn money_that_went_back_in_our_ledger_only_is_named() {
    let fixture = PaymentFixture::new().await;
    fixture.stripe.pay(&fixture.intent, Card::Visa).unwrap();
    fixture.mark_paid().await;
    fixture.audit().assert_holds().await;
    fixture.base.shop.refund(fixture.base.order, 700).await;

    let row = format!("captured 3750, refunded 700; {} 3750 and 0", fixture.intent);
    expect(fixture.audit(), &[("I2", Lost, &row)]).await;
}

#[tokio::test]
async fn money_that_stripe_has_is_in_our_ledger_once_all_is_quiet() {
    let fixture = PaymentFixture::new().await;
    fixture.stripe.pay(&fixture.intent, Card::Visa).unwrap();

    fixture.audit().assert_holds().await;
    let row = format!("captured 0, refunded 0; {} 3750 and 0", fixture.intent);
    let quiet = [("I2", Lost, &*row), ("I2", Lost, "is pending, and 0 of 3750 are back")];
    expect(fixture.audit().when_idle(), &quiet).await;

    fixture.base.corrupt("delete from payments").await;
    let lost = format!("{}: 3750 were paid, and no order has them", fixture.intent);
    expect(fixture.audit(), &[("I2", Lost, &lost)]).await;
}

#[tokio::test]
async fn a_refund_that_stripe_gave_twice_is_named() {
    let fixture = PaymentFixture::new().await;
    for refund in ["re_1", "re_2"] {
        let given = json!({"object": "refund", "id": refund, "status": "succeeded", "metadata": {"refund_id": "re_ours"}});
        fixture.stripe.emit("refund.created", given);
    }

    expect(fixture.audit(), &[("I2", Duplicate, "re_ours was given as re_1 and as re_2")]).await;
}

#[tokio::test]
async fn an_order_that_is_paid_twice_is_named() {
    let fixture = PaymentFixture::new().await;
    fixture.base.shop.run("update payments set status = 'failed'").await;
    let other = fixture.start_payment().await;
    for intent in [&fixture.intent, &other] {
        fixture.stripe.pay(intent, Card::Visa).unwrap();
    }

    let order = fixture.base.order;
    let twice = format!("{order} is paid by {} and by {other}", fixture.intent);
    expect(fixture.audit(), &[("I3", Duplicate, &twice)]).await;
}

#[tokio::test]
async fn an_event_that_was_taken_and_not_kept_is_named() {
    let fixture = PaymentFixture::new().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async { axum::serve(listener, Router::new().fallback(async || "taken")).await });
    fixture.stripe.set_webhook(url, ["whsec_of_nobody"]);

    let event = fixture.stripe.emit("charge.refunded", json!({}));
    fixture.stripe.idle().await;

    let lost = format!("event {} was taken, and is not there", event["id"].as_str().unwrap());
    expect(fixture.audit(), &[("I6", Lost, &lost)]).await;
}

fn sent_mail(message_id: &str, order: OrderId) -> SentMail {
    let (message_id, subject) = (message_id.to_owned(), format!("We have your order {order}"));
    SentMail { message_id, to: "ada@example.com".to_owned(), subject }
}

#[tokio::test]
async fn a_mail_that_is_missing_doubled_or_unknown_is_named_by_its_key() {
    let fixture = Fixture::with_order("pending").await;
    let sent = "insert into emails (dedupe_key, kind, status, claim_token, claimed_until, ses_message_id, sent_at)
                values ('order_placed:1', 'order_received', 'sent', gen_random_uuid(), now(), 'receipt-2', now())";
    fixture.shop.run(sent).await;
    let (one, other) =
        (sent_mail("receipt-1", fixture.order), sent_mail("receipt-2", fixture.order));
    let audit = |mails: &[&SentMail]| {
        fixture.shop.audit().when_idle().with_mails(mails.iter().copied().cloned().collect())
    };

    let lost = "the mail order_placed:1 is noted as sent (receipt-2), and was not";
    let unknown =
        format!("a mail to ada@example.com (receipt-1: We have your order {})", fixture.order);
    expect(audit(&[&one]), &[("I7", Lost, lost), ("I7", Lost, &unknown)]).await;
    let twice = "the mail order_placed:1 went out again (receipt-1), claimed once";
    expect(audit(&[&one, &other]), &[("I7", Duplicate, twice)]).await;

    fixture.shop.run("update emails set attempts = 2").await;
    let found = expect(audit(&[&one, &other]), &[]).await;
    assert_eq!(found.resent_mails, ["order_placed:1"]);
    let third = sent_mail("receipt-3", fixture.order);
    let twice = "the mail order_placed:1 went out again (receipt-3)";
    expect(audit(&[&one, &other, &third]), &[("I7", Duplicate, twice)]).await;
}

#[tokio::test]
async fn a_log_that_tells_a_secret_or_fails_unexpectedly_is_named() {
    let fixture = Fixture::with_order("pending").await;
    let logs = |line: &str| {
        let logs = Logs::of([("Orders".to_owned(), line.to_owned())]);
        logs.without_secrets(["a nice long passphrase"])
            .expecting_failures(["the connection broke"])
    };
    let audit = |line: &str| fixture.shop.audit().with_logs(logs(line));

    for fine in [
        r#"{"level":"INFO","fields":{}}"#,
        r#"{"level":"ERROR","fields":{"message":"the connection broke"}}"#,
    ] {
        expect(audit(fine), &[]).await;
    }
    let secret = r#"{"level":"INFO","fields":{"password":"a nice long passphrase"}}"#;
    expect(audit(secret), &[("I10", Lost, secret)]).await;
    let token = r#"{"level":"INFO","fields":{"authorization":"Bearer abc"}}"#;
    expect(audit(token), &[("I10", Lost, "Orders tells \"Bearer \"")]).await;
    let failure = r#"{"level":"ERROR","fields":{"message":"something unexpected"}}"#;
    expect(audit(failure), &[("I9", Lost, failure)]).await;
    expect(audit("thread 'main' panicked"), &[("I9", Lost, "panicked")]).await;
}
