//! Disputed payments: what staff see of them, and that no money is refunded twice.

use super::Fixture;
use domain::id::{DisputeId, OrderId};
use domain::payments::{self, refund};
use domain::workflows;
use serde_json::{Value, json};
use stack::stripe::{Card, DisputeOutcome};
use testkit::{Call, Response, User};

/// A paid order over 19.99 EUR.
struct Sale {
    order: OrderId,
    intent: String,
    payment: String,
}

impl Fixture {
    async fn sell(&self) -> Sale {
        let order = self.order(1999).await;
        let paying = self.pay(order).await;
        let intent = paying.text("/stripe_payment_intent").to_owned();
        self.stripe.pay(&intent, Card::Visa).unwrap();
        // Reads the payment from Stripe, as the webhook would report it.
        self.pay(order).await;
        Sale { order, intent, payment: paying.text("/payment").to_owned() }
    }

    /// Receives the dispute events of Stripe, one after the other.
    async fn receive_dispute_events(&self) {
        for event in self.stripe.events() {
            let kind = event["type"].as_str().unwrap();
            if kind.starts_with("charge.dispute.") {
                let raw = event.to_string().into_bytes();
                let envelope = stripe_gateway::envelope(&raw).unwrap();
                payments::record(&self.shop.db, &envelope, &raw, false).await.unwrap();
                let payload = stripe_gateway::payload(&raw);
                workflows::apply_event(&self.shop.db, &envelope.id, &payload).await.unwrap();
            }
        }
    }

    /// Somebody disputes a payment, and we receive the event.
    async fn dispute(&self, sale: &Sale) -> String {
        let dispute = self.stripe.open_dispute(&sale.intent, "product_not_received").unwrap();
        self.receive_dispute_events().await;
        dispute["id"].as_str().unwrap().to_owned()
    }

    fn refund(&self, sale: &Sale, staff: &User, key: &str) -> Call {
        let path = format!("/v1/payments/{}/refunds", sale.payment);
        self.api.post(&path, &json!({})).by(staff).key(key)
    }
}

#[tokio::test]
async fn a_disputed_payment_is_refunded_by_nobody_until_it_is_won() {
    let fixture = Fixture::open().await;
    let (sale, staff) = (fixture.sell().await, fixture.shop.staff().await);
    let dispute = fixture.dispute(&sale).await;
    let before = fixture.shop.one::<i64>("select count(*) from refunds").await;

    let during = fixture.refund(&sale, &staff, "while the bank decides").await;
    fixture.stripe.close_dispute(&dispute, DisputeOutcome::Won).unwrap();
    fixture.receive_dispute_events().await;
    let after = fixture.refund(&sale, &staff, "once the bank decided").await;

    assert_eq!((during.refusal(), before), ((409, "payment_disputed"), 0));
    assert_eq!(after.status, 201, "{}", after.body);
    assert_eq!(fixture.shop.one::<i64>("select refunded_minor from orders").await, 1999);
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn a_payment_that_was_lost_is_never_refunded() {
    let fixture = Fixture::open().await;
    let (sale, staff) = (fixture.sell().await, fixture.shop.staff().await);
    let dispute = fixture.dispute(&sale).await;
    fixture.stripe.close_dispute(&dispute, DisputeOutcome::Lost).unwrap();
    fixture.receive_dispute_events().await;

    let refund = fixture.refund(&sale, &staff, "the bank was faster").await;

    assert_eq!(refund.refusal(), (409, "payment_disputed"));
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn a_refund_that_waits_for_stripe_waits_for_the_bank_too() {
    let fixture = Fixture::open().await;
    let sale = fixture.sell().await;
    fixture
        .shop
        .run(
            "insert into refunds (id, payment_id, amount_minor, status, origin)
             select gen_random_uuid(), id, 500, 'requested', 'api' from payments",
        )
        .await;
    let dispute = fixture.dispute(&sale).await;

    let during = refund::due(&fixture.shop.db, 9).await.unwrap();
    fixture.stripe.close_dispute(&dispute, DisputeOutcome::Won).unwrap();
    fixture.receive_dispute_events().await;
    let after = refund::due(&fixture.shop.db, 9).await.unwrap();

    assert_eq!((during.len(), after.len()), (0, 1));
}

#[tokio::test]
async fn staff_see_a_dispute_as_stripe_tells_it() {
    let fixture = Fixture::open().await;
    let (sale, staff) = (fixture.sell().await, fixture.shop.staff().await);
    let dispute = fixture.dispute(&sale).await;

    let listed = fixture.api.get("/v1/disputes").by(&staff).await;
    let path = format!("/v1/disputes/{}", listed.text("/data/0/id"));
    let open = fixture.api.get(&path).by(&staff).await;
    fixture.stripe.close_dispute(&dispute, DisputeOutcome::Lost).unwrap();
    fixture.receive_dispute_events().await;
    let lost = fixture.api.get(&path).by(&staff).await;

    assert_eq!(listed.body["data"], json!([open.body]));
    let order = sale.order.to_string();
    for (pointer, expected) in [
        ("/order", order.as_str()),
        ("/payment", &sale.payment),
        ("/stripe_dispute", &dispute),
        ("/status", "needs_response"),
        ("/reason", "product_not_received"),
    ] {
        assert_eq!(open.text(pointer), expected, "{pointer}");
    }
    assert_eq!(open.body["amount"], json!({"amount": 1999, "currency": "EUR"}));
    assert!(open.body["evidence_due_at"].is_string() && open.body["closed_at"].is_null());
    assert!(lost.text("/status") == "lost" && lost.body["closed_at"].is_string(), "{}", lost.body);
    let by_buyer = fixture.api.get(&path).by(&fixture.buyer).await;
    let unknown = format!("/v1/disputes/{}", DisputeId::generate());
    assert_eq!(by_buyer.refusal(), (403, "wrong_role"));
    let unknown = fixture.api.get(&unknown).by(&staff).await;
    assert_eq!(unknown.refusal(), (404, "dispute_not_found"));
}

#[tokio::test]
async fn disputes_are_listed_page_by_page_and_by_status_and_order() {
    let fixture = Fixture::open().await;
    let staff = fixture.shop.staff().await;
    let (first, second) = (fixture.sell().await, fixture.sell().await);
    let third = fixture.sell().await;
    let won = fixture.dispute(&first).await;
    fixture.dispute(&second).await;
    fixture.dispute(&third).await;
    fixture.stripe.close_dispute(&won, DisputeOutcome::Won).unwrap();
    fixture.receive_dispute_events().await;

    let list =
        async |query: &str| fixture.api.get(&format!("/v1/disputes{query}")).by(&staff).await;
    let orders = |page: &Response| -> Vec<Value> {
        page.body["data"].as_array().unwrap().iter().map(|row| row["order"].clone()).collect()
    };
    let page = list("?limit=2").await;
    let rest = list(&format!("?limit=2&cursor={}", page.text("/next_cursor"))).await;
    assert_eq!(orders(&page), [json!(third.order), json!(second.order)]);
    assert_eq!((orders(&rest), &rest.body["has_more"]), (vec![json!(first.order)], &json!(false)));
    assert_eq!(orders(&list("?status=won").await), [json!(first.order)]);
    assert_eq!(orders(&list(&format!("?order={}", second.order)).await), [json!(second.order)]);
    assert!(orders(&list(&format!("?order={}&status=won", second.order)).await).is_empty());
    assert_eq!(list("?status=appealed").await.refusal(), (400, "bad_query"));
    assert_eq!(list("?colour=blue").await.refusal(), (400, "bad_query"));
    assert_eq!(list("?cursor=x").await.refusal(), (400, "bad_cursor"));
}
