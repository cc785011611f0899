//! Payments that were captured after another one had paid their order: what their disputes and refunds do to it.

use super::Fixture;
use super::missing_payments::paid_twice;
use domain::id::OrderId;
use lambda::dispatcher::OutboxDispatcher;
use orders::Orders;
use serde_json::json;
use stack::stripe::DisputeOutcome;
use testkit::ApiClient;

impl Fixture {
    fn orders(&self) -> ApiClient {
        let orders = Orders { app: self.shop.app(), dispatcher: OutboxDispatcher::deferred() };
        ApiClient::new(orders::routes(), orders)
    }

    /// An order that is paid twice, and the PaymentIntent of its surplus payment. Its refund is not sent yet.
    async fn surplus(&self) -> (OrderId, String) {
        let (order, second) = paid_twice(self).await;
        assert_eq!(self.receive(&second).await, None);
        (order, second["data"]["object"]["id"].as_str().unwrap().to_owned())
    }

    async fn hear_of_disputes(&self) {
        let stored = "select coalesce(array_agg(event_id), '{}') from stripe_events";
        let stored: Vec<String> = self.shop.one(stored).await;
        for event in self.stripe.events() {
            let is_new = stored.iter().all(|known| event["id"] != **known);
            if is_new && event["type"].as_str().unwrap().starts_with("charge.dispute.") {
                assert_eq!(self.receive(&event).await, None);
            }
        }
    }

    async fn entered(&self) -> String {
        self.shop.one("select string_agg(kind, ' ' order by entry_id) from ledger").await
    }
}

#[tokio::test]
async fn a_dispute_of_what_was_paid_twice_holds_no_goods() {
    let fixture = Fixture::open().await;
    let (order, intent) = fixture.surplus().await;
    let (staff, orders) = (fixture.shop.staff().await, fixture.orders());
    fixture.stripe.open_dispute(&intent, "duplicate").unwrap();
    fixture.hear_of_disputes().await;
    // Something else holds it: the dispute is not shown as the reason.
    fixture.shop.run("update orders set on_hold = true").await;
    let held = orders.get(&format!("/v1/orders/{order}")).by(&staff).await;
    fixture.shop.run("update orders set on_hold = false").await;

    let path = format!("/v1/orders/{order}/ship");
    let shipped = orders.post(&path, &json!({"carrier": "DHL"})).by(&staff).await;

    assert_eq!(held.text("/payment_status"), "paid", "{}", held.body);
    assert_eq!(shipped.text("/status"), "shipped", "{}", shipped.body);
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn what_was_paid_twice_and_lost_to_the_bank_is_told_once_and_breaks_nothing() {
    let fixture = Fixture::open().await;
    let (order, intent) = fixture.surplus().await;
    let dispute = fixture.stripe.open_dispute(&intent, "duplicate").unwrap();
    fixture.hear_of_disputes().await;

    let waiting = fixture.round().await;
    fixture.shop.check_invariants().await;
    let dispute = dispute["id"].as_str().unwrap();
    fixture.stripe.close_dispute(dispute, DisputeOutcome::Lost).unwrap();
    fixture.hear_of_disputes().await;
    fixture.make_retries_due().await;
    assert!(fixture.sweep.round().await.is_err(), "Stripe refuses, and that is logged");
    for _ in 0..2 {
        fixture.make_retries_due().await;
        fixture.round().await;
    }

    assert_eq!((waiting.refunds, fixture.count_calls("POST /v1/refunds")), (0, 1));
    let state = fixture.state(order).await;
    assert!(
        state.starts_with("confirmed 1999 0 | succeeded succeeded | late_payment failed 1999"),
        "{state}"
    );
    let mails = "select count(*) from outbox where dedupe_key like 'refund_failed:%'";
    assert_eq!(fixture.shop.one::<i64>(mails).await, 1);
    assert_eq!(fixture.entered().await, "captured surplus_captured dispute_withdrawn");
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn the_release_before_enters_a_refund_of_what_was_paid_twice_apart_as_well() {
    let fixture = Fixture::open().await;
    let (order, _) = fixture.surplus().await;
    let before = "
        insert into ledger (order_id, kind, amount_minor, source, source_id)
        select order_id, $1, 1999, 'stripe', $2 from payments where surplus_at is not null
        on conflict on constraint ledger_once do nothing";
    fixture
        .shop
        .run("update refunds set provider_refund = 're_1', status = 'succeeded', told_at = now()")
        .await;

    let db = &fixture.shop.admin;
    for (kind, source) in [("refunded", "re_1"), ("refunded", "re_1"), ("refunded", "re_other")] {
        db.execute(before, &[&kind, &source]).await.unwrap();
    }

    let entered = fixture.entered().await;
    assert_eq!(entered, "captured surplus_captured surplus_refunded refunded");
    assert!(fixture.state(order).await.starts_with("confirmed 1999 0 | "));
}
