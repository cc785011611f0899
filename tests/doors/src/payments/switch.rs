//! A buyer who begins to pay one way and then wants the other: never two ways that can both be paid.

use super::Till;
use domain::id::OrderId;
use stack::stripe::{Card, Fault, Settlement, Status};
use std::time::Duration;
use testkit::all;

impl Till {
    async fn intent(&self, order: OrderId) -> String {
        let answer = self.pay(order).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.text("/stripe_payment_intent").to_owned()
    }

    /// The order, and its payments from the first to the last.
    async fn story(&self) -> String {
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
    let till = Till::open().await;
    let order = till.order(1999).await;
    let intent = till.intent(order).await;

    let session = till.page(order).await;

    assert_eq!(till.story().await, "pending 0 | canceled creating");
    assert!(till.stripe.pay(&intent, Card::Visa).is_err());
    till.stripe.pay_session(&session, Card::Visa).unwrap();
    till.check_out(order).await;
    assert_eq!(till.story().await, "confirmed 1999 | canceled succeeded");
    till.shop.check_invariants().await;
}

#[tokio::test]
async fn who_wants_the_shops_page_instead_can_pay_there_only() {
    let till = Till::open().await;
    let order = till.order(1999).await;
    let session = till.page(order).await;
    till.stripe.pay_session(&session, Card::Declined).unwrap_err();

    let intent = till.intent(order).await;

    assert_eq!(till.story().await, "pending 0 | canceled requires_payment_method");
    assert!(till.stripe.pay_session(&session, Card::Visa).is_err());
    till.stripe.pay(&intent, Card::Visa).unwrap();
    till.pay(order).await;
    assert_eq!(till.story().await, "confirmed 1999 | canceled succeeded");
    till.shop.check_invariants().await;
}

#[tokio::test]
async fn who_paid_already_is_told_so_whichever_way_they_ask_for() {
    let till = Till::open().await;
    let order = till.order(1999).await;
    let session = till.page(order).await;
    till.stripe.pay_session(&session, Card::Visa).unwrap();

    assert_eq!(till.pay(order).await.refusal(), (409, "not_payable"));

    assert_eq!(till.story().await, "confirmed 1999 | succeeded");
    assert_eq!(till.received(), 1999);
    let other = Till::open().await;
    let order = other.order(1999).await;
    let intent = other.intent(order).await;
    other.stripe.pay(&intent, Card::Visa).unwrap();
    assert_eq!(other.check_out(order).await.refusal(), (409, "not_payable"));
    assert_eq!(other.story().await, "confirmed 1999 | succeeded");
    other.shop.check_invariants().await;
}

#[tokio::test]
async fn while_money_is_on_its_way_there_is_no_other_way() {
    for by_page in [true, false] {
        let till = Till::open().await;
        let order = till.order(1999).await;
        let intent = if by_page {
            let session = till.page(order).await;
            till.stripe.pay_session(&session, Card::Slow).unwrap();
            till.stripe.ledger()[0].intent.clone()
        } else {
            let intent = till.intent(order).await;
            till.stripe.pay(&intent, Card::Slow).unwrap();
            intent
        };
        let other = || if by_page { till.pay(order) } else { till.check_out(order) };

        assert_eq!(other().await.refusal(), (409, "payment_in_progress"));
        assert_eq!(till.story().await, "pending 0 | processing");
        till.stripe.settle(&intent, Settlement::Paid).unwrap();
        assert_eq!(other().await.refusal(), (409, "not_payable"));
        assert_eq!(till.story().await, "confirmed 1999 | succeeded");
        till.shop.check_invariants().await;
    }
}

#[tokio::test]
async fn a_switch_that_stripe_did_not_answer_is_finished_by_the_next() {
    for fault in [Fault::ErrorBefore, Fault::SilenceAfter] {
        let till = Till::open().await;
        let order = till.order(1999).await;
        till.intent(order).await;
        for _ in 0..3 {
            till.stripe.script_on("/cancel", fault);
        }

        let away = till.check_out(order).await;
        // Back to the way that Stripe may have closed already.
        let intent = till.intent(order).await;

        assert_eq!(away.refusal(), (502, "upstream_failed"));
        assert_eq!(till.story().await, "pending 0 | canceled requires_payment_method");
        till.stripe.pay(&intent, Card::Visa).unwrap();
        assert_eq!(till.received(), 1999);
        till.shop.check_invariants().await;
    }
}

#[tokio::test]
async fn a_switch_that_takes_too_long_is_answered_in_time_and_finished_by_the_next() {
    let till = Till::open().await;
    let order = till.order(1999).await;
    let intent = till.intent(order).await;
    let slow = Fault::Delay(Duration::from_millis(4_700));
    till.stripe.script_on("/cancel", slow);
    till.stripe.script_on("POST /v1/checkout/sessions", slow);

    let late = till.check_out(order).await;
    let session = till.page(order).await;

    assert_eq!(late.refusal(), (502, "upstream_failed"));
    assert!(till.stripe.pay(&intent, Card::Visa).is_err());
    assert_eq!(till.story().await, "pending 0 | canceled creating");
    till.stripe.pay_session(&session, Card::Visa).unwrap();
    assert_eq!(till.received(), 1999);
    till.shop.check_invariants().await;
}

#[tokio::test]
async fn who_asks_for_both_ways_at_once_pays_once() {
    let till = Till::open().await;
    let order = till.order(1999).await;

    let calls = (0..3).flat_map(|_| [till.pay(order), till.check_out(order)]);
    let answers = all(calls).await;

    for answer in &answers {
        let refusal = answer.refusal();
        let expected = [(200, ""), (409, "payment_in_progress"), (409, "too_many_payments")];
        assert!(expected.contains(&refusal), "{}", answer.body);
    }
    for line in till.stripe.ledger() {
        let _over = till.stripe.pay(&line.intent, Card::Visa);
    }
    for answer in &answers {
        let _over = till.stripe.pay_session(answer.text("/stripe_checkout_session"), Card::Visa);
    }
    assert!(till.received() <= 1999, "{:?}", till.stripe.ledger());
    till.shop.check_invariants().await;
}

#[tokio::test]
async fn nobody_holds_stock_for_ever_by_changing_their_mind() {
    let till = Till::open().await;
    let order = till.order(1999).await;
    for _ in 0..5 {
        till.intent(order).await;
        till.page(order).await;
    }
    let held = "select expires_at::text from orders";
    let before = till.shop.one::<String>(held).await;

    let refused = till.pay(order).await;
    let again = till.check_out(order).await;

    assert_eq!(refused.refusal(), (409, "too_many_payments"));
    assert_eq!(refused.body["most"], 10);
    assert_eq!(again.status, 200, "the last one still stands: {}", again.body);
    assert_eq!(till.shop.one::<String>(held).await, before);
    let canceled =
        till.stripe.ledger().iter().filter(|line| line.status == Status::Canceled).count();
    assert_eq!(canceled, 5);
    till.shop.check_invariants().await;
}
