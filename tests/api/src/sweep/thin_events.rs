//! Thin events: the webhook stores them, and the sweep applies them by what Stripe says of their object.

use super::Fixture;
use crate::stripe_webhook;
use serde_json::Value;
use stack::stripe::{Card, DisputeOutcome, Fault, Reply};

impl Fixture {
    /// Stripe tells the webhook of an object of its own, without showing it.
    pub(super) async fn hear_of(&self, kind: &str, object_type: &str, id: &str) -> Value {
        let event = self.stripe.emit_thin(kind, object_type, id);
        self.hear(&event).await;
        event
    }

    pub(super) async fn hear(&self, event: &Value) {
        let answer = stripe_webhook::api(&self.shop).stripe_event(event).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
    }

    /// What has become of an event.
    pub(super) async fn outcome(&self, event: &Value) -> String {
        let sql = "select case when processed_at is not null then 'done' else coalesce(parked_reason, 'waits') end
                   from stripe_events where event_id = $1";
        self.shop.admin.query_one(sql, &[&event["id"].as_str()]).await.unwrap().get(0)
    }

    /// A payment that was paid at Stripe, of which we do not know yet.
    async fn paid_at_stripe(&self) -> (domain::id::OrderId, String) {
        let (order, intent) = self.open_payment().await;
        self.stripe.pay(&intent, Card::Visa).unwrap();
        (order, intent)
    }

    /// A paid order.
    async fn paid(&self) -> (domain::id::OrderId, String) {
        let (order, intent) = self.paid_at_stripe().await;
        self.hear_of("v1.payment_intent.succeeded", "payment_intent", &intent).await;
        self.round().await;
        assert!(self.state(order).await.starts_with("confirmed 1999 0"));
        (order, intent)
    }
}

#[tokio::test]
async fn a_thin_event_is_stored_first_and_then_has_the_effect_of_a_whole_one() {
    let fixture = Fixture::open().await;
    let (order, intent) = fixture.paid_at_stripe().await;

    let event = fixture.hear_of("v1.payment_intent.succeeded", "payment_intent", &intent).await;
    let stored = fixture.outcome(&event).await;
    let report = fixture.round().await;

    assert_eq!((stored.as_str(), report.events), ("waits", 1));
    assert_eq!(fixture.outcome(&event).await, "done");
    assert_eq!(fixture.state(order).await, "confirmed 1999 0 | succeeded | order_confirmed | 5-1");
    let kind = "select type || ' ' || object_id from stripe_events";
    assert_eq!(
        fixture.shop.one::<String>(kind).await,
        format!("v1.payment_intent.succeeded {intent}")
    );
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn thin_events_come_as_often_and_in_whatever_order_as_whole_ones() {
    let fixture = Fixture::open().await;
    let (order, intent) = fixture.paid_at_stripe().await;
    let refund = fixture.stripe.refund(&intent, Some(500)).unwrap();
    let refund = refund["id"].as_str().unwrap();

    let event = fixture.hear_of("v1.refund.created", "refund", refund).await;
    fixture.round().await;
    let early = fixture.outcome(&event).await;
    let succeeded = fixture.hear_of("v1.payment_intent.succeeded", "payment_intent", &intent).await;
    fixture.hear(&succeeded).await;
    fixture.hear_of("v1.payment_intent.created", "payment_intent", &intent).await;
    fixture.make_retries_due().await;
    fixture.round().await;
    fixture.make_retries_due().await;
    fixture.round().await;

    assert_eq!(early, "waits");
    assert_eq!(fixture.outcome(&event).await, "done");
    assert!(fixture.state(order).await.starts_with("confirmed 1999 500 | succeeded | dashboard"));
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn disputes_and_warnings_are_retrieved_like_payments() {
    let fixture = Fixture::open().await;
    let (_, intent) = fixture.paid().await;
    let on_hold = async || fixture.shop.one::<bool>("select on_hold from orders").await;
    let warning = fixture.stripe.early_fraud_warning(&intent);
    let review = fixture.stripe.open_review(&intent);

    let kind = "radar.early_fraud_warning";
    fixture.hear_of("v1.radar.early_fraud_warning.created", kind, &warning).await;
    fixture.hear_of("v1.review.opened", "review", &review).await;
    fixture.round().await;
    let warnings = fixture.shop.one::<i64>("select count(*) from fraud_warnings").await;
    assert!(warnings == 2 && on_hold().await);
    fixture.shop.run("update fraud_warnings set closed_at = now()").await;
    let dispute = fixture.stripe.open_dispute(&intent, "fraudulent").unwrap();
    let dispute = dispute["id"].as_str().unwrap();
    fixture.hear_of("v1.charge.dispute.funds_withdrawn", "dispute", dispute).await;
    fixture.round().await;
    assert!(on_hold().await);
    fixture.stripe.close_dispute(dispute, DisputeOutcome::Won).unwrap();
    fixture.hear_of("v1.charge.dispute.closed", "dispute", dispute).await;
    fixture.round().await;

    assert!(!on_hold().await);
    let moved = "select string_agg(kind, ' ' order by entry_id) from ledger";
    assert_eq!(
        fixture.shop.one::<String>(moved).await,
        "captured dispute_withdrawn dispute_reinstated"
    );
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn while_stripe_is_away_a_thin_event_waits_and_others_do_not() {
    let fixture = Fixture::open().await;
    let (order, intent) = fixture.paid_at_stripe().await;
    let other = fixture.order().await;
    let thin = fixture.hear_of("v1.payment_intent.succeeded", "payment_intent", &intent).await;
    fixture.store_event(&fixture.shop.payment(other).await.event("succeeded", 0)).await;
    for _ in 0..3 {
        fixture.stripe.inject_on("GET /v1/payment_intents", Fault::Answer(Reply::HTML_503));
    }

    let failed = fixture.sweep.round().await;

    assert!(failed.is_err(), "the round must fail, for the alarm");
    assert_eq!(fixture.outcome(&thin).await, "waits");
    assert!(fixture.state(other).await.starts_with("confirmed"));
    fixture.make_retries_due().await;
    fixture.round().await;
    assert!(fixture.state(order).await.starts_with("confirmed 1999 0"));
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn a_thin_event_outlasts_however_long_stripe_is_away() {
    let fixture = Fixture::open().await;
    let (order, intent) = fixture.paid_at_stripe().await;
    let event = fixture.hear_of("v1.payment_intent.succeeded", "payment_intent", &intent).await;
    // More rounds than an event is tried whose effect fails here.
    for _ in 0..3 * 15 {
        fixture.stripe.inject_on("/v1/payment_intents/", Fault::ErrorBefore);
    }

    for _ in 0..15 {
        fixture.sweep.round().await.unwrap_err();
        fixture.make_retries_due().await;
    }

    assert_eq!(fixture.outcome(&event).await, "waits");
    fixture.round().await;
    assert_eq!(fixture.outcome(&event).await, "done");
    assert!(fixture.state(order).await.starts_with("confirmed"));
}

#[tokio::test]
async fn an_object_that_stripe_does_not_have_is_parked_only_if_it_is_ours() {
    let fixture = Fixture::open().await;
    let (order, intent) = fixture.paid_at_stripe().await;
    fixture.stripe.remove(&intent);

    let ours = fixture.hear_of("v1.payment_intent.succeeded", "payment_intent", &intent).await;
    let other = fixture.hear_of("v1.payment_intent.succeeded", "payment_intent", "pi_gone").await;
    let report = fixture.round().await;

    assert_eq!(report.events, 2);
    assert_eq!(fixture.outcome(&ours).await, "object_missing");
    assert_eq!(fixture.outcome(&other).await, "done");
    assert!(fixture.state(order).await.starts_with("pending"));
}

#[tokio::test]
async fn a_thin_event_of_another_program_or_account_has_no_effect() {
    let fixture = Fixture::open().await;
    let (order, _) = fixture.paid_at_stripe().await;
    let foreign = fixture.stripe.create_foreign_intent(4200, "isk").unwrap();
    let foreign = foreign["id"].as_str().unwrap();

    let of_other = fixture.hear_of("v1.payment_intent.created", "payment_intent", foreign).await;
    let kind = "v1.payment_intent.succeeded";
    let mut connected = fixture.stripe.emit_thin(kind, "payment_intent", "pi_of_somebody_else1");
    connected["context"] = "acct_of_somebody_else".into();
    fixture.hear(&connected).await;
    let unknown = fixture.hear_of("v2.core.account.updated", "v2.core.account", "acct_1").await;
    let unnamed = fixture.hear_of("v1.payment_intent.succeeded", "payment_intent", "../x").await;
    fixture.round().await;

    assert_eq!(fixture.outcome(&of_other).await, "done");
    assert_eq!(fixture.outcome(&connected).await, "done");
    assert_eq!(fixture.outcome(&unknown).await, "done");
    assert_eq!(fixture.outcome(&unnamed).await, "unreadable");
    assert!(fixture.state(order).await.starts_with("pending"));
}

#[tokio::test]
async fn an_event_told_by_way_of_an_organization_counts_if_stripe_has_its_object_for_our_key() {
    for (is_thin, context) in
        [(true, "org_1"), (true, "org_1/acct_ours"), (true, "acct_ours"), (false, "org_1")]
    {
        let fixture = Fixture::open().await;
        let (order, intent) = fixture.paid_at_stripe().await;
        let mut event = if is_thin {
            fixture.stripe.emit_thin("v1.payment_intent.succeeded", "payment_intent", &intent)
        } else {
            let object = fixture.stripe.object(&intent).unwrap();
            fixture.stripe.emit("payment_intent.succeeded", object)
        };
        event["context"] = context.into();

        fixture.hear(&event).await;
        let early = fixture.outcome(&event).await;
        fixture.round().await;

        assert_eq!((early.as_str(), fixture.outcome(&event).await.as_str()), ("waits", "done"));
        assert!(fixture.state(order).await.starts_with("confirmed 1999 0"), "{context}");
        fixture.shop.check_invariants().await;
    }
}

/// A snapshot that came by way of an organization is of an account that we do not know: its content is not believed.
#[tokio::test]
async fn an_event_of_another_account_of_the_organization_has_no_effect_whatever_it_says() {
    let fixture = Fixture::open().await;
    let (order, intent) = fixture.open_payment().await;
    let mut object = fixture.stripe.object(&intent).unwrap();
    object["id"] = "pi_of_another_account1".into();
    object["status"] = "succeeded".into();
    object["amount_received"] = object["amount"].clone();
    let mut event = fixture.stripe.emit("payment_intent.succeeded", object);
    event["context"] = "acct_of_another".into();

    fixture.hear(&event).await;
    fixture.round().await;

    assert_eq!(fixture.outcome(&event).await, "done");
    assert!(fixture.state(order).await.starts_with("pending"));
}
