//! Payments that Stripe does not have although it once named them: their orders end, and money that comes after all
//! counts.

use super::Fixture;
use domain::id::{OrderId, PaymentId};
use domain::workflows;
use lambda::dispatcher::OutboxDispatcher;
use orders::Orders;
use serde_json::{Value, json};
use stack::stripe::{Card, RefundStatus};
use stripe_gateway::payload;
use testkit::ApiClient;

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
    pub(super) async fn receive(&self, event: &Value) -> Option<String> {
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
async fn money_of_a_payment_that_was_gone_goes_back_if_the_order_is_paid_already() {
    let fixture = Fixture::open().await;
    let (order, event) = fixture.lost_payment().await;
    let open = fixture.start_payment(order).await;
    let second = fixture.paid_event(open.text("/stripe_payment_intent"));
    fixture.receive(&second).await;

    let parked = fixture.receive(&event).await;

    assert_eq!(parked, None);
    let confirmed = "confirmed 1999 0 | succeeded succeeded | late_payment requested 1999 | order_confirmed | 5-1";
    assert_eq!(fixture.state(order).await, confirmed);
    fixture.shop.check_invariants().await;
}

/// Two payments of one order, both paid at Stripe; the first is given up when the second makes way for it, or the other
/// way round. Returns the order, and the event of the one that comes second.
pub(super) async fn paid_twice(fixture: &Fixture) -> (OrderId, Value) {
    let (order, first) = fixture.open_payment().await;
    fixture.shop.run("update payments set status = 'failed'").await;
    let second = fixture.start_payment(order).await.text("/stripe_payment_intent").to_owned();
    let (first, second) = (fixture.paid_event(&first), fixture.paid_event(&second));
    assert_eq!(fixture.receive(&first).await, None);
    let made_way = "confirmed 1999 0 | succeeded failed | order_confirmed | 5-1";
    assert_eq!(fixture.state(order).await, made_way);
    (order, second)
}

#[tokio::test]
async fn an_order_that_is_paid_twice_keeps_one_payment_and_the_other_goes_back_once() {
    let fixture = Fixture::open().await;
    let (order, second) = paid_twice(&fixture).await;

    let parked = fixture.receive(&second).await;
    let twin = json!({"id": "evt_the_same_again", "object": "event", "type": second["type"], "created": second["created"],
                      "livemode": false, "data": second["data"]});
    assert_eq!((parked, fixture.receive(&twin).await), (None, None));
    let report = fixture.round().await;
    fixture.make_retries_due().await;
    let again = fixture.round().await;

    assert_eq!((report.refunds, again.refunds), (1, 0));
    let state = "confirmed 1999 0 | succeeded succeeded | late_payment succeeded 1999 | order_confirmed | 5-1";
    assert_eq!(fixture.state(order).await, state);
    let ledger = "select string_agg(kind, ' ' order by entry_id) from ledger";
    let entered = fixture.shop.one::<String>(ledger).await;
    assert_eq!(entered, "captured surplus_captured surplus_refunded");
    let mails = "select count(*) from outbox where dedupe_key like 'refund_issued:%'";
    assert_eq!(fixture.shop.one::<i64>(mails).await, 1);
    fixture.shop.audit().with_stripe(&fixture.stripe).assert_holds().await;
}

#[tokio::test]
async fn an_order_that_was_paid_twice_is_shipped_and_shown_as_paid_once() {
    let fixture = Fixture::open().await;
    let (order, second) = paid_twice(&fixture).await;
    fixture.receive(&second).await;
    fixture.round().await;
    let staff = fixture.shop.staff().await;
    let orders = Orders { app: fixture.shop.app(), dispatcher: OutboxDispatcher::deferred() };
    let api = ApiClient::new(orders::routes(), orders);

    let path = format!("/v1/orders/{order}");
    let shown = api.get(&path).by(&staff).await;
    let timeline = api.get(&format!("{path}/events")).by(&fixture.buyer).await;
    let shipped = api.post(&format!("{path}/ship"), &json!({"carrier": "DHL"})).by(&staff).await;

    assert_eq!(shown.text("/payment_status"), "paid", "{}", shown.body);
    let what = |entry: &Value| entry["type"].as_str().unwrap().to_owned();
    let timeline: Vec<_> = timeline.body["data"].as_array().unwrap().iter().map(what).collect();
    assert_eq!(
        timeline,
        [
            "order_placed",
            "payment_captured",
            "order_confirmed",
            "payment_captured",
            "payment_refunded",
        ]
    );
    assert_eq!(shipped.text("/status"), "shipped", "{}", shipped.body);
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn a_refund_of_what_was_paid_twice_that_fails_is_told_and_can_be_made_again() {
    let fixture = Fixture::open().await;
    let (order, second) = paid_twice(&fixture).await;
    fixture.receive(&second).await;
    fixture.round().await;
    let intent = second["data"]["object"]["id"].as_str().unwrap();
    let refund: String = fixture.shop.one("select provider_refund from refunds").await;
    fixture.stripe.update_refund(&refund, RefundStatus::Failed).unwrap();
    let failed = fixture.stripe.events().pop().unwrap();
    assert_eq!(fixture.receive(&failed).await, None);

    let surplus: PaymentId =
        fixture.shop.one("select id from payments where surplus_at is not null").await;
    let staff = fixture.shop.staff().await;
    let path = format!("/v1/payments/{surplus}/refunds");
    let again =
        fixture.payments.post(&path, &json!({})).by(&staff).key("given back once more").await;

    assert_eq!(again.status, 201, "{}", again.body);
    let state = fixture.state(order).await;
    assert!(state.starts_with("confirmed 1999 0 | "), "{state}");
    let ledger = "select string_agg(kind, ' ' order by entry_id) from ledger";
    let entered = fixture.shop.one::<String>(ledger).await;
    let expected =
        "captured surplus_captured surplus_refunded surplus_refund_failed surplus_refunded";
    assert_eq!(entered, expected, "{intent}");
    let mails = "select count(*) from outbox where dedupe_key like 'refund_failed:%'";
    assert_eq!(fixture.shop.one::<i64>(mails).await, 1);
    fixture.shop.check_invariants().await;
}
