//! A buyer switches between PaymentIntent and Checkout Session: never can both be paid.

use super::Fixture;
use domain::id::OrderId;
use stack::stripe::{Card, Fault, Settlement, Status};
use std::time::Duration;
use testkit::send_all;

impl Fixture {
    async fn intent(&self, order: OrderId) -> String {
        let response = self.pay(order).await;
        assert_eq!(response.status, 200, "{}", response.body);
        response.text("/stripe_payment_intent").to_owned()
    }

    /// The order's status, captured amount and cancel reason; then the status of each payment, oldest first.
    async fn state(&self) -> String {
        let sql = "select concat_ws(' | ', concat_ws(' ', o.status, o.captured_minor, o.cancel_reason),
                                    (select string_agg(p.status, ' ' order by p.id) from payments p))
                   from orders o";
        self.shop.one(sql).await
    }

    fn received(&self) -> i64 {
        self.stripe.ledger().iter().map(|line| line.received).sum()
    }
}

#[tokio::test]
async fn who_wants_stripes_page_instead_can_pay_there_only() {
    let fixture = Fixture::open().await;
    let order = fixture.order(1999).await;
    let intent = fixture.intent(order).await;

    let session = fixture.page(order).await;

    assert_eq!(fixture.state().await, "pending 0 | canceled creating");
    assert!(fixture.stripe.pay(&intent, Card::Visa).is_err());
    fixture.stripe.pay_session(&session, Card::Visa).unwrap();
    fixture.check_out(order).await;
    assert_eq!(fixture.state().await, "confirmed 1999 | canceled succeeded");
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn who_wants_the_shops_page_instead_can_pay_there_only() {
    let fixture = Fixture::open().await;
    let order = fixture.order(1999).await;
    let session = fixture.page(order).await;
    fixture.stripe.pay_session(&session, Card::Declined).unwrap_err();

    let intent = fixture.intent(order).await;

    assert_eq!(fixture.state().await, "pending 0 | canceled requires_payment_method");
    assert!(fixture.stripe.pay_session(&session, Card::Visa).is_err());
    fixture.stripe.pay(&intent, Card::Visa).unwrap();
    fixture.pay(order).await;
    assert_eq!(fixture.state().await, "confirmed 1999 | canceled succeeded");
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn who_paid_already_is_told_so_whichever_way_they_ask_for() {
    let fixture = Fixture::open().await;
    let order = fixture.order(1999).await;
    let session = fixture.page(order).await;
    fixture.stripe.pay_session(&session, Card::Visa).unwrap();

    assert_eq!(fixture.pay(order).await.refusal(), (409, "not_payable"));

    assert_eq!(fixture.state().await, "confirmed 1999 | succeeded");
    assert_eq!(fixture.received(), 1999);
    let other = Fixture::open().await;
    let order = other.order(1999).await;
    let intent = other.intent(order).await;
    other.stripe.pay(&intent, Card::Visa).unwrap();
    assert_eq!(other.check_out(order).await.refusal(), (409, "not_payable"));
    assert_eq!(other.state().await, "confirmed 1999 | succeeded");
    other.shop.check_invariants().await;
}

#[tokio::test]
async fn while_money_is_on_its_way_there_is_no_other_way() {
    for by_page in [true, false] {
        let fixture = Fixture::open().await;
        let order = fixture.order(1999).await;
        let intent = if by_page {
            let session = fixture.page(order).await;
            fixture.stripe.pay_session(&session, Card::Slow).unwrap();
            fixture.stripe.ledger()[0].intent.clone()
        } else {
            let intent = fixture.intent(order).await;
            fixture.stripe.pay(&intent, Card::Slow).unwrap();
            intent
        };
        let other = || if by_page { fixture.pay(order) } else { fixture.check_out(order) };

        assert_eq!(other().await.refusal(), (409, "payment_in_progress"));
        assert_eq!(fixture.state().await, "pending 0 | processing");
        fixture.stripe.settle(&intent, Settlement::Paid).unwrap();
        assert_eq!(other().await.refusal(), (409, "not_payable"));
        assert_eq!(fixture.state().await, "confirmed 1999 | succeeded");
        fixture.shop.check_invariants().await;
    }
}

#[tokio::test]
async fn a_switch_that_stripe_did_not_answer_is_finished_by_the_next() {
    for fault in [Fault::ErrorBefore, Fault::DisconnectAfter] {
        let fixture = Fixture::open().await;
        let order = fixture.order(1999).await;
        fixture.intent(order).await;
        for _ in 0..3 {
            fixture.stripe.inject_on("/cancel", fault);
        }

        let failed = fixture.check_out(order).await;
        // Back to the PaymentIntent, which Stripe may have cancelled already.
        let intent = fixture.intent(order).await;

        assert_eq!(failed.refusal(), (502, "upstream_failed"));
        assert_eq!(fixture.state().await, "pending 0 | canceled requires_payment_method");
        fixture.stripe.pay(&intent, Card::Visa).unwrap();
        assert_eq!(fixture.received(), 1999);
        fixture.shop.check_invariants().await;
    }
}

#[tokio::test]
async fn a_switch_that_takes_too_long_is_answered_in_time_and_finished_by_the_next() {
    let fixture = Fixture::open().await;
    let order = fixture.order(1999).await;
    let intent = fixture.intent(order).await;
    let slow = Fault::Delay(Duration::from_millis(4_700));
    fixture.stripe.inject_on("/cancel", slow);
    fixture.stripe.inject_on("POST /v1/checkout/sessions", slow);

    let late = fixture.check_out(order).await;
    let session = fixture.page(order).await;

    assert_eq!(late.refusal(), (502, "upstream_failed"));
    assert!(fixture.stripe.pay(&intent, Card::Visa).is_err());
    assert_eq!(fixture.state().await, "pending 0 | canceled creating");
    fixture.stripe.pay_session(&session, Card::Visa).unwrap();
    assert_eq!(fixture.received(), 1999);
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn who_asks_for_both_ways_at_once_pays_once() {
    let fixture = Fixture::open().await;
    let order = fixture.order(1999).await;

    let calls = (0..3).flat_map(|_| [fixture.pay(order), fixture.check_out(order)]);
    let responses = send_all(calls).await;

    for response in &responses {
        let refusal = response.refusal();
        let expected = [(200, ""), (409, "payment_in_progress"), (409, "too_many_payments")];
        assert!(expected.contains(&refusal), "{}", response.body);
    }
    for line in fixture.stripe.ledger() {
        let _result = fixture.stripe.pay(&line.intent, Card::Visa);
    }
    for response in &responses {
        let _result =
            fixture.stripe.pay_session(response.text("/stripe_checkout_session"), Card::Visa);
    }
    assert!(fixture.received() <= 1999, "{:?}", fixture.stripe.ledger());
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn nobody_holds_stock_for_ever_by_changing_their_mind() {
    let fixture = Fixture::open().await;
    let order = fixture.order(1999).await;
    for _ in 0..5 {
        fixture.intent(order).await;
        fixture.page(order).await;
    }
    let expires_at = "select expires_at::text from orders";
    let before = fixture.shop.one::<String>(expires_at).await;

    let refused = fixture.pay(order).await;
    let again = fixture.check_out(order).await;

    assert_eq!(refused.refusal(), (409, "too_many_payments"));
    assert_eq!(refused.body["most"], 10);
    assert_eq!(again.status, 200, "the current one is still valid: {}", again.body);
    assert_eq!(fixture.shop.one::<String>(expires_at).await, before);
    let canceled =
        fixture.stripe.ledger().iter().filter(|line| line.status == Status::Canceled).count();
    assert_eq!(canceled, 5);
    fixture.shop.check_invariants().await;
}
