//! Payments that Stripe does not have although it once named them: their orders end, and money that comes after all
//! counts.

use super::Fixture;
use domain::id::OrderId;
use domain::workflows;
use serde_json::Value;
use stack::stripe::Card;
use stripe_gateway::payload;

impl Fixture {
    /// The event with which Stripe reports a payment as succeeded.
    fn paid_event(&self, intent: &str) -> Value {
        self.stripe.pay(intent, Card::Visa).unwrap();
        let is_capture = |event: &Value| {
            event["type"] == "payment_intent.succeeded" && event["data"]["object"]["id"] == intent
        };
        self.stripe.events().into_iter().find(is_capture).unwrap()
    }

    /// Receives an event of Stripe's, and returns why it is parked.
    async fn receive(&self, event: &Value) -> Option<String> {
        self.store_event(event).await;
        let (id, raw) = (event["id"].as_str().unwrap(), event.to_string());
        workflows::apply_event(&self.shop.db, id, &payload(raw.as_bytes()), false).await.unwrap();
        let sql = "select parked_reason from stripe_events where event_id = $1";
        self.shop.admin.query_one(sql, &[&id]).await.unwrap().get(0)
    }

    /// A pending order whose payment Stripe has lost, and the event that comes after all.
    async fn lost_payment(&self) -> (OrderId, Value) {
        let (order, intent) = self.open_payment().await;
        let event = self.paid_event(&intent);
        self.stripe.remove(&intent);
        (order, event)
    }
}

#[tokio::test]
async fn an_order_whose_payment_is_gone_at_stripe_ends_and_its_stock_returns() {
    let fixture = Fixture::open().await;
    let (order, intent) = fixture.open_payment().await;
    fixture.stripe.remove(&intent);
    fixture.expire_orders().await;

    fixture.round().await;
    let waiting = fixture.state(order).await;
    fixture.make_retries_due().await;
    fixture.round().await;

    assert_eq!(waiting, "pending 0 0 | failed | 5-1");
    let ended = "cancelled 0 0 expired | failed | order_cancelled | 5-0";
    assert_eq!(fixture.state(order).await, ended);
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn an_order_whose_page_is_gone_at_stripe_ends_as_its_buyer_asked() {
    let fixture = Fixture::open().await;
    let (order, session) = fixture.open_checkout().await;
    fixture.stripe.remove(&session);
    fixture.request_cancellations().await;

    fixture.round().await;
    fixture.make_retries_due().await;
    fixture.round().await;

    let ended = "cancelled 0 0 requested | failed | order_cancelled | 5-0";
    assert_eq!(fixture.state(order).await, ended);
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn an_order_whose_payment_is_gone_is_paid_with_a_new_one() {
    for switches in [false, true] {
        let fixture = Fixture::open().await;
        let (order, intent) = fixture.open_payment().await;
        fixture.stripe.remove(&intent);

        let again = if switches {
            fixture.start_checkout(order).await
        } else {
            fixture.start_payment(order).await
        };

        assert_eq!(again.status, 200, "{}", again.body);
        let payments = "select string_agg(status, ' ' order by id) from payments";
        let payments = fixture.shop.one::<String>(payments).await;
        assert!(
            payments.starts_with("failed ") && payments.matches(' ').count() == 1,
            "{payments}"
        );
        fixture.shop.check_invariants().await;
    }
}

#[tokio::test]
async fn a_page_that_is_gone_is_replaced_by_a_new_one() {
    let fixture = Fixture::open().await;
    let (order, session) = fixture.open_checkout().await;
    fixture.stripe.remove(&session);

    let again = fixture.start_checkout(order).await;

    assert_eq!(again.status, 200, "{}", again.body);
    assert_ne!(again.text("/stripe_checkout_session"), session);
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn money_of_a_payment_that_was_gone_confirms_the_order_if_it_still_waits() {
    let fixture = Fixture::open().await;
    let (order, event) = fixture.lost_payment().await;
    let open = fixture.start_payment(order).await;

    let parked = fixture.receive(&event).await;

    assert_eq!((open.status, parked), (200, None), "{}", open.body);
    let confirmed = "confirmed 1999 0 | succeeded failed | order_confirmed | 5-1";
    assert_eq!(fixture.state(order).await, confirmed);
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn money_of_a_payment_that_was_gone_goes_back_if_the_order_has_ended() {
    let fixture = Fixture::open().await;
    let (order, event) = fixture.lost_payment().await;
    fixture.expire_orders().await;
    fixture.round().await;
    fixture.make_retries_due().await;
    fixture.round().await;

    let parked = fixture.receive(&event).await;

    assert_eq!(parked, None);
    let late = "cancelled 1999 0 expired | succeeded | late_payment requested 1999 | order_cancelled | 5-0";
    assert_eq!(fixture.state(order).await, late);
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn money_of_a_payment_that_was_gone_is_left_to_a_person_if_the_order_is_paid_already() {
    let fixture = Fixture::open().await;
    let (order, event) = fixture.lost_payment().await;
    let open = fixture.start_payment(order).await;
    let second = fixture.paid_event(open.text("/stripe_payment_intent"));
    fixture.receive(&second).await;

    let parked = fixture.receive(&event).await;

    assert_eq!(parked.as_deref(), Some("not_payable"));
    let confirmed = "confirmed 1999 0 | failed succeeded | order_confirmed | 5-1";
    assert_eq!(fixture.state(order).await, confirmed);
    fixture.shop.check_invariants().await;
}
