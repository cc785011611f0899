//! Orders that are paid on a page of Stripe's: the page is closed before the stock returns.

use super::Night;
use domain::id::OrderId;
use lambda::dispatch::Dispatch;
use orders::Orders;
use serde_json::json;
use stack::stripe::{Card, Fault, Settlement};
use testkit::{Answer, Door};

const ENDED: &str = "cancelled 0 0 expired | canceled | order_cancelled | 5-0";
const PAID: &str = "confirmed 1999 0 | succeeded | order_confirmed | 5-1";

impl Night {
    /// The buyer asks for a page of Stripe's.
    async fn ask_for_page(&self, order: OrderId) -> Answer {
        let wish = json!({"success_url": "https://shop.test/", "cancel_url": "https://shop.test/"});
        let path = format!("/v1/orders/{order}/checkout-session");
        self.payments.post(&path, &wish).by(&self.buyer).await
    }

    /// A pending order with an open page, and the session's id.
    async fn page(&self) -> (OrderId, String) {
        let order = self.order().await;
        let answer = self.ask_for_page(order).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        (order, answer.text("/stripe_checkout_session").to_owned())
    }

    async fn cancel(&self, order: OrderId) -> u16 {
        let orders = Orders { app: self.shop.app(), dispatch: Dispatch::later() };
        let path = format!("/v1/orders/{order}/cancel");
        let door = Door::new(orders::routes(), orders);
        door.call(axum::http::Method::POST, &path).by(&self.buyer).await.status
    }
}

#[tokio::test]
async fn stripe_closes_the_page_before_the_stock_returns() {
    let night = Night::fall().await;
    let (order, session) = night.page().await;
    night.expire().await;
    for _ in 0..3 {
        night.stripe.script_on("/expire", Fault::ErrorBefore);
    }

    assert!(night.sweep.round().await.is_err());

    assert_eq!(night.state(order).await, "pending 0 0 | creating | 5-1");
    night.wait().await;
    night.round().await;
    assert_eq!(night.state(order).await, ENDED);
    assert!(
        night.stripe.pay_session(&session, Card::Visa).is_err(),
        "nothing can be paid any more"
    );
    night.wait().await;
    assert_eq!(night.round().await.orders, 0);
    night.shop.check_invariants().await;
}

#[tokio::test]
async fn a_page_that_stripe_closed_without_saying_so_ends_its_order() {
    let night = Night::fall().await;
    let (silent, _) = night.page().await;
    let (alone, session) = night.page().await;
    night.stripe.expire_session(&session).unwrap();
    night.expire().await;
    night.stripe.script_on("/expire", Fault::SilenceAfter);

    night.round().await;

    assert_eq!(night.state(silent).await, ENDED);
    assert_eq!(night.state(alone).await, ENDED);
    night.shop.check_invariants().await;
}

#[tokio::test]
async fn a_page_that_was_paid_meanwhile_confirms_its_order() {
    let night = Night::fall().await;
    let (order, session) = night.page().await;
    night.stripe.pay_session(&session, Card::Visa).unwrap();
    night.expire().await;

    night.round().await;

    assert_eq!(night.state(order).await, PAID);
    night.shop.check_invariants().await;
}

#[tokio::test]
async fn a_buyer_who_cancels_while_the_page_is_open_ends_both() {
    let night = Night::fall().await;
    let (order, session) = night.page().await;

    assert_eq!(night.cancel(order).await, 202);
    assert_eq!(night.ask_for_page(order).await.refusal(), (409, "order_ending"));
    night.round().await;

    let ended = "cancelled 0 0 requested | canceled | order_cancelled | 5-0";
    assert_eq!(night.state(order).await, ended);
    assert!(night.stripe.pay_session(&session, Card::Visa).is_err());
    assert_eq!(night.cancel(order).await, 200);
    night.shop.check_invariants().await;
}

#[tokio::test]
async fn money_paid_on_the_page_of_a_cancelled_order_goes_back() {
    let night = Night::fall().await;
    let (order, session) = night.page().await;
    assert_eq!(night.cancel(order).await, 202);
    night.stripe.pay_session(&session, Card::Visa).unwrap();

    night.round().await;
    night.wait().await;
    night.round().await;

    let ended = "cancelled 1999 1999 requested | succeeded | late_payment succeeded 1999 | order_cancelled | 5-0";
    assert_eq!(night.state(order).await, ended);
    let line = &night.stripe.ledger()[0];
    assert_eq!((line.received, line.refunded), (1999, 1999));
    night.shop.check_invariants().await;
}

#[tokio::test]
async fn a_slow_bank_keeps_the_order_until_it_says_yes_or_no() {
    for (settlement, expected) in [
        (Settlement::Paid, PAID),
        (Settlement::Failed, "cancelled 0 0 expired | failed | order_cancelled | 5-0"),
    ] {
        let night = Night::fall().await;
        let (order, session) = night.page().await;
        night.stripe.pay_session(&session, Card::Slow).unwrap();
        let intent = night.stripe.ledger()[0].intent.clone();
        night.expire().await;

        night.round().await;
        assert_eq!(night.state(order).await, "pending 0 0 | processing | 5-1");
        night.stripe.settle(&intent, settlement).unwrap();
        night.wait().await;
        night.round().await;
        night.wait().await;
        night.round().await;

        assert_eq!(night.state(order).await, expected);
        night.shop.check_invariants().await;
    }
}

#[tokio::test]
async fn a_page_that_was_opened_and_forgotten_is_found_at_stripe_and_closed() {
    let night = Night::fall().await;
    let order = night.order().await;
    for _ in 0..3 {
        night.stripe.script_on("POST /v1/checkout/sessions", Fault::SilenceAfter);
    }
    assert_eq!(night.ask_for_page(order).await.status, 502);
    night.expire().await;

    night.round().await;

    assert_eq!(night.state(order).await, ENDED);
    assert_eq!(night.asked("/expire"), 1);
    night.shop.check_invariants().await;
}

#[tokio::test]
async fn a_page_that_stripe_never_opened_and_never_will_is_abandoned() {
    let night = Night::fall().await;
    let order = night.order().await;
    for _ in 0..3 {
        night.stripe.script_on("POST /v1/checkout/sessions", Fault::ErrorBefore);
    }
    assert_eq!(night.ask_for_page(order).await.status, 502);
    night.shop.run("update checkout_sessions set expires_at = now()").await;
    night.expire().await;

    night.round().await;
    night.wait().await;
    night.round().await;

    let ended = "cancelled 0 0 expired | failed | order_cancelled | 5-0";
    assert_eq!(night.state(order).await, ended);
    night.shop.check_invariants().await;
}

#[tokio::test]
async fn a_switch_that_was_left_half_way_ends_with_its_order() {
    let night = Night::fall().await;
    let (order, _) = night.opened().await;
    for _ in 0..3 {
        night.stripe.script_on("/cancel", Fault::ErrorBefore);
    }
    assert_eq!(night.ask_for_page(order).await.status, 502);
    night.expire().await;

    night.round().await;

    assert_eq!(night.state(order).await, ENDED);
    night.shop.check_invariants().await;
}
