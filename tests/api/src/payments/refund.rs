use super::Fixture;
use domain::id::OrderId;
use serde_json::{Value, json};
use stack::stripe::{Card, Fault};
use testkit::{Call, Response, User, send_all};

/// A paid order of three mugs, 12.50 EUR each, and its payment.
pub(super) struct Sale {
    pub(super) fixture: Fixture,
    pub(super) staff: User,
    pub(super) order: OrderId,
    pub(super) intent: String,
    pub(super) payment: String,
}

impl Sale {
    pub(super) async fn paid() -> Self {
        let fixture = Fixture::open().await;
        let order = fixture.order_of(3, 1250).await;
        Self::of(fixture, order).await
    }

    /// The buyer pays a pending order.
    pub(super) async fn of(fixture: Fixture, order: OrderId) -> Self {
        let staff = fixture.shop.staff().await;
        let paying = fixture.pay(order).await;
        let intent = paying.text("/stripe_payment_intent").to_owned();
        fixture.stripe.pay(&intent, Card::Visa).unwrap();
        // Reads the payment from Stripe, as the webhook would report it.
        fixture.pay(order).await;
        let payment = paying.text("/payment").to_owned();
        Self { fixture, staff, order, intent, payment }
    }

    pub(super) fn refund(&self, key: &str, body: &Value) -> Call {
        let path = format!("/v1/payments/{}/refunds", self.payment);
        self.fixture.api.post(&path, body).by(&self.staff).key(key)
    }

    /// The refund as it is now.
    pub(super) async fn shown(&self, created: &Response) -> Response {
        let location = created.header("location").unwrap().to_owned();
        self.fixture.api.get(&location).by(&self.staff).await
    }

    /// The refunded amount according to the order.
    pub(super) async fn refunded_amount(&self) -> i64 {
        self.fixture.shop.one::<i64>("select refunded_minor from orders").await
    }

    /// The refunded amount according to Stripe.
    pub(super) fn refunded_by_stripe(&self) -> i64 {
        self.fixture.stripe.ledger().iter().map(|line| line.refunded).sum()
    }
}

pub(super) fn euros(minor: i64) -> Value {
    json!({"amount": minor, "currency": "EUR"})
}

const KEY: &str = "a key of twenty one..";

#[tokio::test]
async fn a_whole_payment_goes_back_and_the_buyer_is_told_once() {
    let sale = Sale::paid().await;

    let created = sale.refund(KEY, &json!({"reason": "Broken on arrival"})).await;
    let again = sale.refund(KEY, &json!({"reason": "Broken on arrival"})).await;

    assert_eq!(created.status, 201, "{}", created.body);
    assert_eq!(created.body["amount"], euros(3750));
    assert_eq!(again.body, created.body);
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    let shown = sale.shown(&created).await;
    assert_eq!((shown.text("/status"), shown.text("/origin")), ("succeeded", "api"));
    assert_eq!((sale.refunded_amount().await, sale.refunded_by_stripe()), (3750, 3750));
    let emails = "select count(*) from outbox where payload ->> 'type' = 'refund_issued'";
    assert_eq!(sale.fixture.shop.one::<i64>(emails).await, 1);
    let payment = sale
        .fixture
        .api
        .get(&format!("/v1/orders/{}/payments", sale.order))
        .by(&sale.fixture.buyer)
        .await;
    assert_eq!(payment.body["data"][0]["refunded"], euros(3750));
    sale.fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn pieces_go_back_for_what_they_cost_and_only_once() {
    let sale = Sale::paid().await;
    let mug = sale
        .fixture
        .shop
        .one::<String>("select 'prod_' || replace(id::text, '-', '') from products")
        .await;
    let lines = |quantity| json!({"lines": [{"product": mug, "quantity": quantity}]});

    let two = sale.refund("first refund of two", &lines(2)).await;
    let two_more = sale.refund("second refund of two", &lines(2)).await;
    let one = sale.refund("third refund, of one", &lines(1)).await;

    assert_eq!((two.status, &two.body["amount"]), (201, &euros(2500)));
    let line = json!({
        "product": mug, "quantity": 2, "restocked": 0, "amount": euros(2500), "tax": euros(0), "discount": euros(0),
    });
    assert_eq!(two.body["lines"], json!([line]));
    assert_eq!(two_more.refusal(), (422, "too_many_pieces"));
    assert_eq!(two_more.body["left"], 1);
    assert_eq!((one.status, &one.body["amount"]), (201, &euros(1250)));
    sale.fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn ten_refunds_at_once_never_exceed_what_was_paid() {
    let sale = Sale::paid().await;
    let keys: Vec<_> = (0..10).map(|n| format!("refund number {n} of ten")).collect();
    let calls = keys.iter().map(|key| sale.refund(key, &json!({"amount": euros(1000)})));

    let responses = send_all(calls.collect::<Vec<_>>()).await;

    let accepted = responses.iter().filter(|response| response.status == 201).count();
    let refused =
        responses.iter().filter(|response| response.refusal() == (422, "amount_too_large")).count();
    assert_eq!((accepted, refused), (3, 7), "{responses:?}");
    assert_eq!((sale.refunded_amount().await, sale.refunded_by_stripe()), (3000, 3000));
    sale.fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn a_refund_whose_answer_is_lost_is_given_once() {
    let sale = Sale::paid().await;
    sale.fixture.stripe.inject_on("POST /v1/refunds", Fault::DisconnectAfter);

    let created = sale.refund(KEY, &json!({"amount": euros(700)})).await;

    assert_eq!(created.status, 201);
    assert_eq!(sale.shown(&created).await.text("/status"), "succeeded");
    assert_eq!((sale.refunded_amount().await, sale.refunded_by_stripe()), (700, 700));
    sale.fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn what_cannot_be_refunded_amount_is_refused_and_nothing_written() {
    let sale = Sale::paid().await;
    let before = sale.fixture.shop.snapshot().await;

    for (body, expected) in [
        (json!({"amount": euros(3751)}), (422, "amount_too_large")),
        (json!({"amount": {"amount": 1, "currency": "USD"}}), (422, "other_currency")),
        (json!({"amount": euros(0)}), (422, "invalid_value")),
        (json!({"amount": euros(-5)}), (422, "invalid_value")),
        (json!({"amount": 5}), (400, "bad_body")),
        (json!({"lines": []}), (422, "invalid_value")),
        (json!({"reason": "a\u{0}b"}), (422, "invalid_value")),
        (json!({"restock": true}), (400, "bad_body")),
    ] {
        assert_eq!(sale.refund(KEY, &body).await.refusal(), expected, "{body}");
    }
    let path = format!("/v1/payments/{}/refunds", sale.payment);
    let api = &sale.fixture.api;
    let by_buyer = api.post(&path, &json!({})).by(&sale.fixture.buyer).key(KEY).await;
    let without_key = api.post(&path, &json!({})).by(&sale.staff).await;

    assert_eq!(by_buyer.refusal(), (403, "wrong_role"));
    assert_eq!(without_key.refusal(), (400, "idempotency_key_required"));
    assert_eq!(sale.fixture.shop.snapshot().await, before);
}

#[tokio::test]
async fn what_is_not_paid_or_was_refunded_amount_has_nothing_to_refund() {
    let sale = Sale::paid().await;
    let unpaid = sale.fixture.order(500).await;
    let payment = sale.fixture.pay(unpaid).await.text("/payment").to_owned();
    sale.refund(KEY, &json!({})).await;

    let nothing = sale.refund("another key for the rest", &json!({})).await;
    let path = format!("/v1/payments/{payment}/refunds");
    let not_yet = sale.fixture.api.post(&path, &json!({})).by(&sale.staff).key(KEY).await;

    assert_eq!(nothing.refusal(), (409, "nothing_left"));
    // The same key for another request.
    assert_eq!(not_yet.refusal(), (422, "idempotency_key_reused"));
    let not_yet = sale
        .fixture
        .api
        .post(&path, &json!({}))
        .by(&sale.staff)
        .key("a third key, never used")
        .await;
    assert_eq!(not_yet.refusal(), (409, "not_refundable"));
}

#[tokio::test]
async fn a_payment_of_somebody_else_is_not_there() {
    let sale = Sale::paid().await;
    let stranger = sale.fixture.shop.customer().await;
    let path = format!("/v1/payments/{}", sale.payment);

    let theirs = sale.fixture.api.get(&path).by(&stranger).await;
    let own = sale.fixture.api.get(&path).by(&sale.fixture.buyer).await;

    assert_eq!(theirs.refusal(), (404, "payment_not_found"));
    assert_eq!(
        (own.text("/status"), own.text("/stripe_payment_intent")),
        ("succeeded", &*sale.intent)
    );
}

#[tokio::test]
async fn refunds_are_listed_from_wherever_they_came() {
    let sale = Sale::paid().await;
    for (key, minor) in [
        ("the first of the three", 100),
        ("the second of the three", 200),
        ("the third of the three", 300),
    ] {
        sale.refund(key, &json!({"amount": euros(minor)})).await;
    }

    let list = async |query: &str| {
        sale.fixture.api.get(&format!("/v1/refunds{query}")).by(&sale.staff).await
    };
    let first = list("?limit=2").await;
    let rest = list(&format!("?limit=2&cursor={}", first.text("/next_cursor"))).await;

    let amounts = |page: &Response| -> Vec<i64> {
        page.body["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|r| r["amount"]["amount"].as_i64().unwrap())
            .collect()
    };
    assert_eq!((amounts(&first), amounts(&rest)), (vec![300, 200], vec![100]));
    assert!(amounts(&list("?status=failed").await).is_empty());
    assert_eq!(list("?sort=amount").await.refusal(), (400, "bad_query"));
}

#[tokio::test]
async fn a_refund_that_stripe_refuses_for_good_frees_its_amount_and_staff_are_told() {
    let sale = Sale::paid().await;
    // Refunded in Stripe's dashboard; we have not received the event yet.
    sale.fixture.stripe.refund(&sale.intent, None).unwrap();

    let created = sale.refund(KEY, &json!({})).await;

    assert_eq!(sale.shown(&created).await.text("/status"), "failed");
    assert_eq!((sale.refunded_amount().await, sale.refunded_by_stripe()), (0, 3750));
    let emails = "select count(*) from outbox where dedupe_key like 'refund_failed:%'";
    assert_eq!(sale.fixture.shop.one::<i64>(emails).await, 1);
}
