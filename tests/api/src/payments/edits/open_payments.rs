//! What becomes of a payment of the former total: it is canceled at Stripe before an edit, or comes first.

use super::Edits;
use stack::stripe::{Card, Fault, Settlement};
use stripe_gateway::webhook::SigningSecrets;
use testkit::{ApiClient, WEBHOOK_SECRET};

impl Edits {
    /// The buyer starts to pay. Stripe's id of the payment.
    async fn started(&self) -> String {
        self.fixture.pay(self.order).await.text("/stripe_payment_intent").to_owned()
    }

    /// Delivers Stripe's last event of an intent.
    async fn hear_of(&self, intent: &str) {
        let db = self.fixture.shop.db.clone();
        let dispatcher = lambda::dispatcher::OutboxDispatcher::deferred();
        let secrets = SigningSecrets::parse(WEBHOOK_SECRET).unwrap().into();
        let clock = testkit::clock();
        let webhook = stripe_webhook::Webhook { db, clock, dispatcher, secrets, live: false };
        let webhook = ApiClient::new(stripe_webhook::routes(), webhook);
        let of_intent = |event: &serde_json::Value| event["data"]["object"]["id"] == intent;
        let event = self.fixture.stripe.events().into_iter().rfind(of_intent).unwrap();
        let heard = webhook.stripe_event(&event).await;
        assert_eq!(heard.status, 200, "{}", heard.body);
    }
}

#[tokio::test]
async fn a_payment_that_was_started_is_canceled_and_the_buyer_pays_the_new_total() {
    let edits = Edits::open().await;
    let old = edits.started().await;

    let edited = edits.edit(&[(edits.mug, 3)], 3750).await;

    assert_eq!(edited.status, 200, "{}", edited.body);
    assert_eq!(edits.state().await, "pending 3750 0 | 3 MUG | canceled 2500");
    assert!(edits.fixture.stripe.pay(&old, Card::Visa).is_err());
    edits.hear_of(&old).await;
    let anew = edits.started().await;
    edits.fixture.stripe.pay(&anew, Card::Visa).unwrap();
    edits.fixture.pay(edits.order).await;
    assert_eq!(edits.state().await, "confirmed 3750 3750 | 3 MUG | canceled 2500, succeeded 3750");
    edits.fixture.audit().await;
}

#[tokio::test]
async fn a_page_of_stripes_that_was_opened_is_closed_as_well() {
    let edits = Edits::open().await;
    let session = edits.fixture.page(edits.order).await;

    let edited = edits.edit(&[(edits.mug, 1)], 1250).await;

    assert_eq!(edited.status, 200, "{}", edited.body);
    assert!(edits.fixture.stripe.pay_session(&session, Card::Visa).is_err());
    assert_eq!(edits.state().await, "pending 1250 0 | 1 MUG | canceled 2500");
    let anew = edits.fixture.page(edits.order).await;
    edits.fixture.stripe.pay_session(&anew, Card::Visa).unwrap();
    edits.fixture.check_out(edits.order).await;
    assert_eq!(edits.state().await, "confirmed 1250 1250 | 1 MUG | canceled 2500, succeeded 1250");
    edits.fixture.audit().await;
}

#[tokio::test]
async fn a_refused_edit_and_one_that_changes_nothing_leave_the_payment_alone() {
    let edits = Edits::open().await;
    let intent = edits.started().await;
    let before = edits.fixture.shop.snapshot().await;

    let refused = edits.edit(&[(edits.mug, 11)], 13_750).await;
    let other_total = edits.edit(&[(edits.mug, 1)], 1251).await;
    let same = edits.edit(&[(edits.mug, 2)], 2500).await;

    assert_eq!(refused.refusal(), (409, "out_of_stock"));
    assert_eq!(other_total.refusal(), (409, "total_changed"));
    assert_eq!(same.status, 200, "{}", same.body);
    let after = edits.fixture.shop.snapshot().await;
    assert_eq!((&after["payments"], &after["orders"]), (&before["payments"], &before["orders"]));
    edits.fixture.stripe.pay(&intent, Card::Visa).unwrap();
    edits.fixture.pay(edits.order).await;
    assert_eq!(edits.state().await, "confirmed 2500 2500 | 2 MUG | succeeded 2500");
    edits.fixture.audit().await;
}

#[tokio::test]
async fn what_was_paid_meanwhile_comes_first_and_the_edit_is_refused() {
    let edits = Edits::open().await;
    let intent = edits.started().await;
    edits.fixture.stripe.pay(&intent, Card::Visa).unwrap();

    let late = edits.edit(&[(edits.mug, 1)], 1250).await;

    assert_eq!(late.refusal(), (409, "order_not_changeable"));
    assert_eq!(late.body["order_status"], "confirmed");
    assert_eq!(edits.state().await, "confirmed 2500 2500 | 2 MUG | succeeded 2500");
    edits.fixture.audit().await;
}

#[tokio::test]
async fn while_money_is_on_its_way_the_order_stays_as_it_is() {
    let edits = Edits::open().await;
    let intent = edits.started().await;
    edits.fixture.stripe.pay(&intent, Card::Slow).unwrap();

    let refused = edits.edit(&[(edits.mug, 1)], 1250).await;

    assert_eq!(refused.refusal(), (409, "payment_in_progress"));
    edits.fixture.stripe.settle(&intent, Settlement::Paid).unwrap();
    edits.hear_of(&intent).await;
    assert_eq!(edits.state().await, "confirmed 2500 2500 | 2 MUG | succeeded 2500");
    edits.fixture.audit().await;
}

#[tokio::test]
async fn an_edit_whose_cancellation_stripe_does_not_answer_is_made_when_it_is_repeated() {
    for fault in [Fault::ErrorBefore, Fault::DisconnectAfter] {
        let edits = Edits::open().await;
        let intent = edits.started().await;
        for _ in 0..3 {
            edits.fixture.stripe.inject_on("/cancel", fault);
        }

        let failed = edits.edit(&[(edits.mug, 1)], 1250).await;
        let unchanged = edits.state().await;
        let again = edits.edit(&[(edits.mug, 1)], 1250).await;

        assert_eq!(failed.refusal(), (502, "upstream_failed"));
        assert!(unchanged.starts_with("pending 2500 0 | 2 MUG"), "{unchanged}");
        assert_eq!(again.status, 200, "{}", again.body);
        edits.hear_of(&intent).await;
        assert_eq!(edits.state().await, "pending 1250 0 | 1 MUG | canceled 2500");
        edits.fixture.shop.check_invariants().await;
    }
}

#[tokio::test]
async fn a_payment_that_stripe_made_without_answering_is_canceled_as_well() {
    let edits = Edits::open().await;
    for _ in 0..3 {
        edits.fixture.stripe.inject_on("POST /v1/payment_intents", Fault::DisconnectAfter);
    }
    assert_eq!(edits.fixture.pay(edits.order).await.refusal(), (502, "upstream_failed"));

    let edited = edits.edit(&[(edits.mug, 1)], 1250).await;

    assert_eq!(edited.status, 200, "{}", edited.body);
    assert_eq!(edits.state().await, "pending 1250 0 | 1 MUG | canceled 2500");
    let intent = edits.fixture.stripe.ledger()[0].intent.clone();
    assert!(edits.fixture.stripe.pay(&intent, Card::Visa).is_err());
    edits.fixture.shop.check_invariants().await;
}

/// It was given up here while Stripe still could capture it. Its money is not what the order costs.
#[tokio::test]
async fn a_payment_that_was_given_up_before_an_edit_and_is_captured_after_it_is_refunded() {
    for (quantity, total) in [(1, 1250), (3, 3750)] {
        let edits = Edits::open().await;
        let intent = edits.started().await;
        edits.fixture.shop.run("update payments set status = 'failed'").await;
        assert_eq!(edits.edit(&[(edits.mug, quantity)], total).await.status, 200);
        edits.fixture.stripe.pay(&intent, Card::Visa).unwrap();

        edits.hear_of(&intent).await;

        let waits = format!("pending {total} 0 | {quantity} MUG | succeeded 2500");
        assert_eq!(edits.state().await, waits);
        let refund = "select concat_ws(' ', origin, status, amount_minor) from refunds";
        assert_eq!(edits.fixture.shop.one::<String>(refund).await, "late_payment requested 2500");
        edits.fixture.shop.check_invariants().await;
        let anew = edits.started().await;
        edits.fixture.stripe.pay(&anew, Card::Visa).unwrap();
        edits.hear_of(&anew).await;
        let sweep = edits.fixture.sweep_in(stripe_gateway::Mode::Test);
        sweep.round().await.unwrap();
        let paid = edits.state().await;
        assert!(paid.starts_with(&format!("confirmed {total} {total} | ")), "{paid}");
        edits.fixture.audit().await;
    }
}
