//! Disputed payments: what staff see of them, and that no money is refunded twice.

use super::Fixture;
use domain::id::{DisputeId, OrderId};
use domain::payments::{self, refund};
use domain::workflows;
use serde_json::{Value, json};
use stack::stripe::{Card, DisputeOptions, DisputeOutcome};
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
    pub(super) async fn receive_dispute_events(&self) {
        for event in self.stripe.events() {
            let kind = event["type"].as_str().unwrap();
            if kind.starts_with("charge.dispute.") {
                let raw = event.to_string().into_bytes();
                let envelope = stripe_gateway::envelope(&raw).unwrap();
                payments::record(&self.shop.db, &envelope, &raw, false).await.unwrap();
                let payload = stripe_gateway::payload(&raw);
                workflows::apply_event(&self.shop.db, &envelope.id, &payload, false).await.unwrap();
            }
        }
    }

    /// Somebody disputes a payment, and we receive the event.
    async fn dispute(&self, sale: &Sale) -> String {
        let dispute = self.stripe.open_dispute(&sale.intent, "product_not_received").unwrap();
        self.receive_dispute_events().await;
        dispute["id"].as_str().unwrap().to_owned()
    }

    /// Somebody disputes 5.00 EUR of a payment, and we receive the event.
    async fn dispute_a_part(&self, sale: &Sale) -> String {
        let part = DisputeOptions { amount: Some(500), ..Default::default() };
        let dispute = self.stripe.open_dispute_with(&sale.intent, part).unwrap();
        self.receive_dispute_events().await;
        dispute["id"].as_str().unwrap().to_owned()
    }

    fn refund(&self, sale: &Sale, staff: &User, key: &str) -> Call {
        self.refund_of(sale, staff, key, &json!({}))
    }

    fn refund_of(&self, sale: &Sale, staff: &User, key: &str, what: &Value) -> Call {
        let path = format!("/v1/payments/{}/refunds", sale.payment);
        self.api.post(&path, what).by(staff).key(key)
    }

    async fn cancel(&self, sale: &Sale, staff: &User) -> Response {
        let path = format!("/v1/orders/{}/cancel", sale.order);
        self.orders_api().post(&path, &json!({})).by(staff).await
    }

    /// The amounts of all refunds, and the one that Stripe has given.
    async fn refunds(&self) -> (String, i64) {
        let sql = "select coalesce(string_agg(status || ' ' || amount_minor, ', ' order by id), 'none') from refunds";
        let given = self.stripe.ledger().iter().map(|line| line.refunded).sum();
        (self.shop.one(sql).await, given)
    }
}

fn euros(minor: i64) -> Value {
    json!({"amount": {"amount": minor, "currency": "EUR"}})
}

#[tokio::test]
async fn what_is_not_disputed_can_be_refunded_while_the_rest_is() {
    let fixture = Fixture::open().await;
    let (sale, staff) = (fixture.sell().await, fixture.shop.staff().await);
    let dispute = fixture.dispute_a_part(&sale).await;

    let too_much = fixture.refund_of(&sale, &staff, "more than the rest", &euros(1500)).await;
    let rest = fixture.refund(&sale, &staff, "the rest of the payment").await;
    let more = fixture.refund(&sale, &staff, "what the bank looks at").await;
    fixture.stripe.close_dispute(&dispute, DisputeOutcome::Won).unwrap();
    fixture.receive_dispute_events().await;
    let after = fixture.refund(&sale, &staff, "once the bank decided").await;

    assert_eq!(too_much.refusal(), (422, "amount_too_large"));
    assert_eq!(too_much.body["left"], json!({"amount": 1499, "currency": "EUR"}));
    assert_eq!((rest.status, &rest.body["amount"]["amount"]), (201, &json!(1499)), "{}", rest.body);
    assert_eq!(more.refusal(), (409, "payment_disputed"));
    assert_eq!((after.status, &after.body["amount"]["amount"]), (201, &json!(500)));
    let given = ("succeeded 1499, succeeded 500".to_owned(), 1999);
    assert_eq!(fixture.refunds().await, given);
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn what_is_lost_stays_lost_and_the_rest_is_refunded_by_cancelling() {
    let fixture = Fixture::open().await;
    let (sale, staff) = (fixture.sell().await, fixture.shop.staff().await);
    let dispute = fixture.dispute_a_part(&sale).await;
    fixture.stripe.close_dispute(&dispute, DisputeOutcome::Lost).unwrap();
    fixture.receive_dispute_events().await;

    let cancelled = fixture.cancel(&sale, &staff).await;
    let refund = fixture.refund(&sale, &staff, "what the bank has taken").await;

    assert_eq!(cancelled.status, 200, "{}", cancelled.body);
    assert_eq!(refund.refusal(), (409, "payment_disputed"));
    assert_eq!(fixture.refunds().await, ("requested 1499".to_owned(), 0));
    assert_eq!(refund::due(&fixture.shop.db, 9).await.unwrap().len(), 1);
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn an_order_of_which_a_part_is_disputed_can_be_cancelled_meanwhile() {
    let fixture = Fixture::open().await;
    let (sale, staff) = (fixture.sell().await, fixture.shop.staff().await);
    fixture.dispute_a_part(&sale).await;

    let cancelled = fixture.cancel(&sale, &staff).await;

    assert_eq!((cancelled.status, cancelled.text("/status")), (200, "cancelled"));
    assert_eq!(fixture.refunds().await.0, "requested 1499");
    assert_eq!(refund::due(&fixture.shop.db, 9).await.unwrap().len(), 1);
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn a_dispute_in_another_currency_blocks_all_of_the_payment() {
    let fixture = Fixture::open().await;
    let (sale, staff) = (fixture.sell().await, fixture.shop.staff().await);
    fixture.dispute_a_part(&sale).await;
    fixture.shop.run("update disputes set currency = 'USD'").await;

    let refund = fixture.refund(&sale, &staff, "in another currency").await;
    let cancelled = fixture.cancel(&sale, &staff).await;

    assert_eq!(refund.refusal(), (409, "payment_disputed"));
    assert_eq!(cancelled.refusal(), (409, "on_hold"));
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn an_inquiry_and_a_dispute_over_nothing_take_nothing() {
    for (status, amount) in [("warning_needs_response", 1999), ("needs_response", 0)] {
        let fixture = Fixture::open().await;
        let (sale, staff) = (fixture.sell().await, fixture.shop.staff().await);
        let options = DisputeOptions { amount: Some(amount), status, ..Default::default() };
        fixture.stripe.open_dispute_with(&sale.intent, options).unwrap();
        fixture.receive_dispute_events().await;

        let refund = fixture.refund(&sale, &staff, "settles the inquiry").await;

        assert_eq!((refund.status, &refund.body["amount"]["amount"]), (201, &json!(1999)));
        fixture.shop.check_invariants().await;
    }
}

#[tokio::test]
async fn a_status_that_stripe_adds_is_shown_and_listed_as_it_is() {
    let fixture = Fixture::open().await;
    let (sale, staff) = (fixture.sell().await, fixture.shop.staff().await);
    let options = DisputeOptions { status: "arbitration", ..Default::default() };
    fixture.stripe.open_dispute_with(&sale.intent, options).unwrap();
    fixture.receive_dispute_events().await;

    let listed = fixture.api.get("/v1/disputes?status=arbitration").by(&staff).await;
    let others = fixture.api.get("/v1/disputes?status=appeal_under_review").by(&staff).await;
    let refund = fixture.refund(&sale, &staff, "while it is not known").await;

    assert_eq!(listed.text("/data/0/status"), "arbitration");
    assert_eq!((others.status, &others.body["data"]), (200, &json!([])));
    assert_eq!(refund.refusal(), (409, "payment_disputed"));
    fixture.shop.check_invariants().await;
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
    assert_eq!(list("?status=Lost!").await.refusal(), (400, "bad_query"));
    assert_eq!(list("?colour=blue").await.refusal(), (400, "bad_query"));
    assert_eq!(list("?cursor=x").await.refusal(), (400, "bad_cursor"));
}
