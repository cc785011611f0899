//! Events of paid Checkout Sessions without that of the PaymentIntent, which alone says what was received.

use super::Fixture;
use serde_json::Value;
use stack::stripe::{Card, Fault};

const UNKNOWN: &str = "pending 0 0 | processing | 5-1";
const PAID: &str = "confirmed 1999 0 | succeeded | order_confirmed | 5-1";
const UNDERPAID: &str = "cancelled 1000 0 underpaid | succeeded | late_payment requested 1000 \
                         | order_cancelled order_underpaid | 5-0";
const RETRIEVE: &str = "GET /v1/checkout/sessions/";

impl Fixture {
    /// The buyer pays on the page, and only a part of the money arrives.
    fn pay_in_part(&self, session: &str) {
        self.stripe.pay_session(session, Card::Declined).unwrap_err();
        let intent = self.stripe.ledger()[0].intent.clone();
        self.stripe.succeed_with(&intent, 1000).unwrap();
    }

    /// Stripe tells the webhook that the session is paid, and nothing else.
    async fn hear_that_is_paid(&self, session: &str) -> Value {
        let object = self.stripe.object(session).unwrap();
        assert_eq!(
            (&object["payment_status"], &object["amount_total"]),
            (&"paid".into(), &1999.into())
        );
        let event = self.stripe.emit("checkout.session.completed", object);
        self.hear(&event).await;
        event
    }
}

#[tokio::test]
async fn a_page_whose_intents_event_is_lost_confirms_its_order_by_what_stripe_says_was_received() {
    let fixture = Fixture::open().await;
    let (order, session) = fixture.open_checkout().await;
    fixture.stripe.pay_session(&session, Card::Visa).unwrap();

    let event = fixture.hear_that_is_paid(&session).await;
    let early = fixture.state(order).await;
    let report = fixture.round().await;

    assert_eq!((early.as_str(), report.events), (UNKNOWN, 1));
    assert_eq!(fixture.state(order).await, PAID);
    assert_eq!(fixture.outcome(&event).await, "done");
    fixture.make_retries_due().await;
    assert_eq!(fixture.round().await.events, 0);
    assert_eq!(fixture.count_calls(RETRIEVE), 1);
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn a_page_that_is_paid_in_part_ends_its_order_although_its_intents_event_is_lost() {
    let fixture = Fixture::open().await;
    let (order, session) = fixture.open_checkout().await;
    fixture.pay_in_part(&session);

    let event = fixture.hear_that_is_paid(&session).await;
    let early = fixture.state(order).await;
    fixture.round().await;

    assert_eq!(early, UNKNOWN);
    // The refund is requested after the events of the round, and Stripe accepts it in the same round.
    let ended = UNDERPAID
        .replace("1000 0 underpaid", "1000 1000 underpaid")
        .replace("requested", "succeeded");
    assert_eq!(fixture.state(order).await, ended);
    assert_eq!(fixture.outcome(&event).await, "done");
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn a_thin_event_of_a_paid_page_brings_what_was_received() {
    for is_whole in [true, false] {
        let fixture = Fixture::open().await;
        let (order, session) = fixture.open_checkout().await;
        if is_whole {
            fixture.stripe.pay_session(&session, Card::Visa).unwrap();
        } else {
            fixture.pay_in_part(&session);
        }

        let kind = "v1.checkout.session.completed";
        let event = fixture.hear_of(kind, "checkout.session", &session).await;
        fixture.round().await;

        let expected = if is_whole { "confirmed 1999 0" } else { "cancelled 1000 1000 underpaid" };
        assert!(fixture.state(order).await.starts_with(expected), "{}", fixture.state(order).await);
        assert_eq!(fixture.outcome(&event).await, "done");
        fixture.shop.check_invariants().await;
    }
}

#[tokio::test]
async fn a_page_whose_intents_event_comes_before_the_sweep_is_not_asked_for() {
    let fixture = Fixture::open().await;
    let (order, session) = fixture.open_checkout().await;
    fixture.stripe.pay_session(&session, Card::Visa).unwrap();
    let event = fixture.hear_that_is_paid(&session).await;
    let intent = fixture.stripe.ledger()[0].intent.clone();
    let succeeded = fixture.stripe.object(&intent).unwrap();

    fixture.hear(&fixture.stripe.emit("payment_intent.succeeded", succeeded)).await;

    assert_eq!(fixture.outcome(&event).await, "done");
    assert_eq!(fixture.round().await.events, 0);
    assert_eq!(fixture.state(order).await, PAID);
    assert_eq!(fixture.count_calls(RETRIEVE), 0);
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn while_stripe_is_away_a_paid_page_confirms_nothing_and_outlasts_it() {
    let fixture = Fixture::open().await;
    let (order, session) = fixture.open_checkout().await;
    fixture.stripe.pay_session(&session, Card::Visa).unwrap();
    let event = fixture.hear_that_is_paid(&session).await;
    for _ in 0..3 {
        fixture.stripe.inject_on(RETRIEVE, Fault::ErrorBefore);
    }

    fixture.sweep.round().await.unwrap_err();

    assert_eq!(fixture.state(order).await, UNKNOWN);
    assert_eq!(fixture.outcome(&event).await, "waits");
    fixture.make_retries_due().await;
    fixture.round().await;
    assert_eq!(fixture.state(order).await, PAID);
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn a_page_that_two_sweeps_ask_for_at_once_confirms_once() {
    let fixture = Fixture::open().await;
    let (order, session) = fixture.open_checkout().await;
    fixture.stripe.pay_session(&session, Card::Visa).unwrap();
    fixture.hear_that_is_paid(&session).await;

    let (one, other) = tokio::join!(fixture.sweep.round(), fixture.sweep.round());

    assert!(one.is_ok() && other.is_ok());
    assert_eq!(fixture.state(order).await, PAID);
    fixture.shop.check_invariants().await;
}

/// Without its PaymentIntent the page does not say what was received, however often it is retrieved.
#[tokio::test]
async fn a_page_that_stripe_shows_without_its_intent_is_parked_after_some_tries() {
    let fixture = Fixture::open().await;
    let (order, session) = fixture.open_checkout().await;
    fixture.stripe.pay_session(&session, Card::Visa).unwrap();
    let event = fixture.hear_that_is_paid(&session).await;
    fixture.stripe.ignore_expand();

    for _ in 0..12 {
        fixture.make_retries_due().await;
        fixture.round().await;
    }

    assert_eq!(fixture.outcome(&event).await, "failing");
    assert!(fixture.count_calls(RETRIEVE) <= 11, "{}", fixture.count_calls(RETRIEVE));
    assert_eq!(fixture.state(order).await, UNKNOWN);
    fixture.shop.check_invariants().await;
}
