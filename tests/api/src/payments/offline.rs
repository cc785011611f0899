//! Refunds of payments that staff took themselves: three mugs at 12.50 EUR each, paid by bank transfer.

use super::Fixture;
use super::refund::{Sale, euros};
use crate::order_lifecycle;
use serde_json::{Value, json};
use testkit::send_all;

/// What is refunded of the order, by the order, its ledger and its refunds; and the mails about it.
const GIVEN_BACK: &str = "select format('%s %s %s %s', o.refunded_minor,
    (select sum(amount_minor) from ledger where kind = 'refunded' and source = 'offline'),
    (select sum(amount_minor) from refunds where status = 'succeeded'),
    (select count(*) from outbox where payload ->> 'type' = 'refund_issued')) from orders o";

impl Sale {
    async fn by_transfer() -> Self {
        let fixture = Fixture::open().await;
        let order = fixture.order_of(3, 1250).await;
        let staff = fixture.shop.staff().await;
        let orders = order_lifecycle::api(&fixture.shop);
        let confirm = format!("/v1/orders/{order}/confirm");
        let confirmed = orders.post(&confirm, &json!({"reason": "Statement 112"})).by(&staff).await;
        assert_eq!(confirmed.status, 200, "{}", confirmed.body);
        let payment = "select 'pay_' || replace(id::text, '-', '') from payments";
        let payment = fixture.shop.one::<String>(payment).await;
        Self { fixture, staff, order, intent: String::new(), payment }
    }

    async fn given_back(&self) -> String {
        self.fixture.shop.one(GIVEN_BACK).await
    }

    async fn one_mug(&self, restock: i32) -> Value {
        let mug = "select 'prod_' || replace(id::text, '-', '') from products";
        let mug = self.fixture.shop.one::<String>(mug).await;
        let line = json!({"product": mug, "quantity": 1, "restock": restock});
        json!({"lines": [line], "reason": "A chipped mug"})
    }

    /// The order's status, what is on hand and reserved, shipped and removed.
    async fn goods(&self) -> String {
        let sql = "select format('%s %s-%s %s-%s', o.status, p.on_hand, p.reserved, l.shipped, l.removed)
                   from orders o join order_lines l on l.order_id = o.id join products p on p.id = l.product_id";
        self.fixture.shop.one(sql).await
    }
}

#[tokio::test]
async fn staff_pay_back_what_they_took_and_the_refund_names_them_and_the_reason() {
    let sale = Sale::by_transfer().await;
    let body = json!({"amount": euros(500), "reason": "For the long wait"});

    let part = sale.refund("five euros by transfer", &body).await;
    let again = sale.refund("five euros by transfer", &body).await;
    let rest = sale.refund("the rest by transfer", &json!({"reason": "Lost in the post"})).await;
    let more = sale.refund("more than there was", &json!({"reason": "Lost in the post"})).await;

    assert_eq!(part.status, 201, "{}", part.body);
    assert_eq!((part.text("/status"), part.text("/origin")), ("succeeded", "api"));
    assert_eq!(part.text("/requested_by"), sale.staff.id.to_string());
    assert_eq!(part.text("/reason"), "For the long wait");
    assert_eq!(again.body, part.body);
    assert_eq!((rest.status, &rest.body["amount"]), (201, &euros(3250)));
    assert_eq!(more.refusal(), (409, "nothing_left"));
    assert_eq!(sale.given_back().await, "3750 3750 3750 2");
    assert_eq!(sale.refunded_by_stripe(), 0);
    sale.fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn without_a_reason_nothing_of_it_is_paid_back() {
    let sale = Sale::by_transfer().await;

    let refused = sale.refund("five without a reason", &json!({"amount": euros(500)})).await;

    assert_eq!(refused.refusal(), (422, "reason_required"));
    assert_eq!(sale.fixture.shop.one::<i64>("select count(*) from refunds").await, 0);
}

#[tokio::test]
async fn ten_refunds_at_once_give_back_no_more_than_was_paid() {
    let sale = Sale::by_transfer().await;
    let body = json!({"amount": euros(1000), "reason": "Pressed ten times"});
    let keys: Vec<_> = (0..10).map(|nth| format!("one of ten refunds {nth}")).collect();

    let answers = send_all(keys.iter().map(|key| sale.refund(key, &body))).await;

    let given = answers.iter().filter(|answer| answer.status == 201).count();
    let refused = answers.iter().filter(|answer| answer.status == 422);
    assert!(refused.clone().all(|answer| answer.refusal().1 == "amount_too_large"));
    assert_eq!((given, refused.count()), (3, 7));
    assert_eq!(sale.given_back().await, "3000 3000 3000 3");
    sale.fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn pieces_that_were_paid_by_transfer_are_taken_out_before_shipping_and_come_back_after_it() {
    let sale = Sale::by_transfer().await;
    let orders = order_lifecycle::api(&sale.fixture.shop);

    let before = sale.refund("one mug before shipping", &sale.one_mug(0).await).await;
    let waiting = sale.goods().await;
    let ship = format!("/v1/orders/{}/ship", sale.order);
    let shipped = orders.post(&ship, &json!({"carrier": "DHL"})).by(&sale.staff).await;
    let after = sale.refund("one mug that came back", &sale.one_mug(1).await).await;

    assert_eq!((before.status, &before.body["amount"]), (201, &euros(1250)), "{}", before.body);
    assert_eq!(waiting, "confirmed 10-2 0-1");
    assert_eq!(shipped.status, 200, "{}", shipped.body);
    assert_eq!((after.status, &after.body["lines"][0]["restocked"]), (201, &json!(1)));
    assert_eq!(sale.goods().await, "shipped 9-0 2-1");
    assert_eq!(sale.given_back().await, "2500 2500 2500 2");
    sale.fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn what_stripe_took_is_refunded_by_stripe_and_names_who_asked_for_it() {
    let sale = Sale::paid().await;

    let refund = sale.refund("a refund at stripe", &json!({"amount": euros(500)})).await;

    assert_eq!(refund.text("/requested_by"), sale.staff.id.to_string());
    assert_eq!((sale.refunded_amount().await, sale.refunded_by_stripe()), (500, 500));
}
