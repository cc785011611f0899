//! Staff let go of a payment that was started, so that the order can be paid otherwise.

use super::Fixture;
use crate::order_lifecycle;
use axum::http::Method;
use domain::id::OrderId;
use serde_json::json;
use stack::stripe::{Card, Fault, Settlement};
use testkit::{Call, Response, User, send_all};

/// An order over 19.99 EUR that somebody has started to pay.
struct Started {
    fixture: Fixture,
    staff: User,
    order: OrderId,
    intent: String,
    payment: String,
}

impl Started {
    async fn new() -> Self {
        let fixture = Fixture::open().await;
        let staff = fixture.shop.staff().await;
        let order = fixture.order(1999).await;
        let started = fixture.pay(order).await;
        let intent = started.text("/stripe_payment_intent").to_owned();
        let payment = started.text("/payment").to_owned();
        Self { fixture, staff, order, intent, payment }
    }

    fn release(&self) -> Call {
        let path = format!("/v1/payments/{}/release", self.payment);
        self.fixture.api.call(Method::POST, &path).by(&self.staff)
    }

    async fn confirm(&self) -> Response {
        let orders = order_lifecycle::api(&self.fixture.shop);
        let path = format!("/v1/orders/{}/confirm", self.order);
        orders.post(&path, &json!({"reason": "Statement 112"})).by(&self.staff).await
    }

    /// The order's status and captured amount, then the status of each payment.
    async fn state(&self) -> String {
        let sql = "select format('%s %s | %s', o.status, o.captured_minor,
                                 (select string_agg(p.status, ' ' order by p.id) from payments p))
                   from orders o";
        self.fixture.shop.one(sql).await
    }
}

#[tokio::test]
async fn a_released_payment_cannot_be_paid_and_its_order_is_confirmed_by_hand() {
    let started = Started::new().await;

    let before = started.confirm().await;
    let released = started.release().await;
    let again = started.release().await;
    let waiting = started.state().await;
    let confirmed = started.confirm().await;

    assert_eq!(before.refusal(), (409, "payment_in_progress"));
    assert_eq!((released.status, released.text("/status")), (200, "canceled"), "{}", released.body);
    assert_eq!(again.body, released.body);
    assert_eq!(waiting, "pending 0 | canceled");
    assert!(started.fixture.stripe.pay(&started.intent, Card::Visa).is_err());
    assert_eq!(confirmed.status, 200, "{}", confirmed.body);
    assert_eq!(started.state().await, "confirmed 1999 | canceled succeeded");
    started.fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn the_buyer_may_pay_anew_after_a_release() {
    let started = Started::new().await;
    started.release().await;

    let anew = started.fixture.pay(started.order).await;
    started.fixture.stripe.pay(anew.text("/stripe_payment_intent"), Card::Visa).unwrap();
    started.fixture.pay(started.order).await;

    assert_eq!(started.state().await, "confirmed 1999 | canceled succeeded");
    assert_eq!(started.release().await.refusal(), (409, "not_payable"));
    started.fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn what_is_paid_while_it_is_released_is_paid_once() {
    let started = Started::new().await;
    started.fixture.stripe.pay(&started.intent, Card::Visa).unwrap();

    let late = started.release().await;

    assert_eq!(late.refusal(), (409, "not_payable"));
    assert_eq!(late.body["order_status"], "confirmed");
    assert_eq!(started.state().await, "confirmed 1999 | succeeded");
    started.fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn a_payment_whose_money_is_on_its_way_is_not_released() {
    let started = Started::new().await;
    started.fixture.stripe.pay(&started.intent, Card::Slow).unwrap();

    let refused = started.release().await;

    assert_eq!(refused.refusal(), (409, "payment_in_progress"));
    assert_eq!(started.state().await, "pending 0 | processing");
    started.fixture.stripe.settle(&started.intent, Settlement::Paid).unwrap();
    assert_eq!(started.release().await.refusal(), (409, "not_payable"));
    assert_eq!(started.state().await, "confirmed 1999 | succeeded");
    started.fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn stripe_s_event_of_a_release_that_was_cut_off_does_not_end_the_order() {
    for fault in [Fault::ErrorBefore, Fault::DisconnectAfter] {
        let started = Started::new().await;
        for _ in 0..3 {
            started.fixture.stripe.inject_on("/cancel", fault);
        }

        let failed = started.release().await;
        let again = started.release().await;

        assert_eq!(failed.refusal(), (502, "upstream_failed"));
        assert_eq!((again.status, again.text("/status")), (200, "canceled"), "{}", again.body);
        assert_eq!(started.state().await, "pending 0 | canceled");
        started.fixture.shop.check_invariants().await;
    }
}

#[tokio::test]
async fn eight_releases_at_once_are_one() {
    let started = Started::new().await;

    let answers = send_all((0..8).map(|_| started.release())).await;

    for answer in &answers {
        assert_eq!((answer.status, answer.text("/status")), (200, "canceled"), "{}", answer.body);
    }
    assert_eq!(started.state().await, "pending 0 | canceled");
    let marked = "select count(*) from audit_log where entity_type = 'payment'";
    assert_eq!(started.fixture.shop.one::<i64>(marked).await, 1);
    started.fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn who_may_not_release_a_payment_or_names_none_changes_nothing() {
    let started = Started::new().await;
    let path = format!("/v1/payments/{}/release", started.payment);
    let nowhere = format!("/v1/payments/{}/release", domain::id::PaymentId::generate());

    let buyer = started.fixture.api.call(Method::POST, &path).by(&started.fixture.buyer).await;
    let nothing = started.fixture.api.call(Method::POST, &nowhere).by(&started.staff).await;

    assert_eq!(buyer.refusal(), (403, "wrong_role"));
    assert_eq!(nothing.refusal(), (404, "payment_not_found"));
    assert_eq!(started.state().await, "pending 0 | requires_payment_method");
}
