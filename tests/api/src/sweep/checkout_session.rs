//! Orders with a Checkout Session: the session is expired at Stripe before the stock is released.

use super::Fixture;
use domain::id::OrderId;
use lambda::dispatcher::OutboxDispatcher;
use orders::Orders;
use serde_json::json;
use stack::stripe::{Card, Fault, Settlement};
use testkit::{ApiClient, Response};

const ENDED: &str = "cancelled 0 0 expired | canceled | order_cancelled | 5-0";
const PAID: &str = "confirmed 1999 0 | succeeded | order_confirmed | 5-1";

impl Fixture {
    /// The buyer asks for a Checkout Session.
    pub(super) async fn start_checkout(&self, order: OrderId) -> Response {
        let body = json!({"success_url": "https://shop.test/", "cancel_url": "https://shop.test/"});
        let path = format!("/v1/orders/{order}/checkout-session");
        self.payments.post(&path, &body).by(&self.buyer).await
    }

    /// A pending order with an open Checkout Session, and the id of that.
    pub(super) async fn open_checkout(&self) -> (OrderId, String) {
        let order = self.order().await;
        let response = self.start_checkout(order).await;
        assert_eq!(response.status, 200, "{}", response.body);
        (order, response.text("/stripe_checkout_session").to_owned())
    }

    async fn cancel(&self, order: OrderId) -> u16 {
        let orders = Orders { app: self.shop.app(), dispatcher: OutboxDispatcher::deferred() };
        let path = format!("/v1/orders/{order}/cancel");
        let api = ApiClient::new(orders::routes(), orders);
        api.call(axum::http::Method::POST, &path).by(&self.buyer).await.status
    }
}

#[tokio::test]
async fn stripe_closes_the_page_before_the_stock_returns() {
    let fixture = Fixture::open().await;
    let (order, session) = fixture.open_checkout().await;
    fixture.expire_orders().await;
    for _ in 0..3 {
        fixture.stripe.inject_on("/expire", Fault::ErrorBefore);
    }

    assert!(fixture.sweep.round().await.is_err());

    assert_eq!(fixture.state(order).await, "pending 0 0 | creating | 5-1");
    fixture.make_retries_due().await;
    fixture.round().await;
    assert_eq!(fixture.state(order).await, ENDED);
    assert!(
        fixture.stripe.pay_session(&session, Card::Visa).is_err(),
        "nothing can be paid any more"
    );
    fixture.make_retries_due().await;
    assert_eq!(fixture.round().await.orders, 0);
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn a_page_that_stripe_closed_without_saying_so_ends_its_order() {
    let fixture = Fixture::open().await;
    let (silent, _) = fixture.open_checkout().await;
    let (alone, session) = fixture.open_checkout().await;
    fixture.stripe.expire_session(&session).unwrap();
    fixture.expire_orders().await;
    fixture.stripe.inject_on("/expire", Fault::DisconnectAfter);

    fixture.round().await;

    assert_eq!(fixture.state(silent).await, ENDED);
    assert_eq!(fixture.state(alone).await, ENDED);
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn a_page_that_was_paid_meanwhile_confirms_its_order() {
    let fixture = Fixture::open().await;
    let (order, session) = fixture.open_checkout().await;
    fixture.stripe.pay_session(&session, Card::Visa).unwrap();
    fixture.expire_orders().await;

    fixture.round().await;

    assert_eq!(fixture.state(order).await, PAID);
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn a_buyer_who_cancels_while_the_page_is_open_ends_both() {
    let fixture = Fixture::open().await;
    let (order, session) = fixture.open_checkout().await;

    assert_eq!(fixture.cancel(order).await, 202);
    assert_eq!(fixture.start_checkout(order).await.refusal(), (409, "order_ending"));
    fixture.round().await;

    let ended = "cancelled 0 0 requested | canceled | order_cancelled | 5-0";
    assert_eq!(fixture.state(order).await, ended);
    assert!(fixture.stripe.pay_session(&session, Card::Visa).is_err());
    assert_eq!(fixture.cancel(order).await, 200);
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn money_paid_on_the_page_of_a_cancelled_order_goes_back() {
    let fixture = Fixture::open().await;
    let (order, session) = fixture.open_checkout().await;
    assert_eq!(fixture.cancel(order).await, 202);
    fixture.stripe.pay_session(&session, Card::Visa).unwrap();

    fixture.round().await;
    fixture.make_retries_due().await;
    fixture.round().await;

    let ended = "cancelled 1999 1999 requested | succeeded | late_payment succeeded 1999 | order_cancelled | 5-0";
    assert_eq!(fixture.state(order).await, ended);
    let line = &fixture.stripe.ledger()[0];
    assert_eq!((line.received, line.refunded), (1999, 1999));
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn a_slow_bank_keeps_the_order_until_it_says_yes_or_no() {
    for (settlement, expected) in [
        (Settlement::Paid, PAID),
        (Settlement::Failed, "cancelled 0 0 expired | failed | order_cancelled | 5-0"),
    ] {
        let fixture = Fixture::open().await;
        let (order, session) = fixture.open_checkout().await;
        fixture.stripe.pay_session(&session, Card::Slow).unwrap();
        let intent = fixture.stripe.ledger()[0].intent.clone();
        fixture.expire_orders().await;

        fixture.round().await;
        assert_eq!(fixture.state(order).await, "pending 0 0 | processing | 5-1");
        fixture.stripe.settle(&intent, settlement).unwrap();
        fixture.make_retries_due().await;
        fixture.round().await;
        fixture.make_retries_due().await;
        fixture.round().await;

        assert_eq!(fixture.state(order).await, expected);
        fixture.shop.check_invariants().await;
    }
}

#[tokio::test]
async fn a_page_that_was_opened_and_forgotten_is_found_at_stripe_and_closed() {
    let fixture = Fixture::open().await;
    let order = fixture.order().await;
    for _ in 0..3 {
        fixture.stripe.inject_on("POST /v1/checkout/sessions", Fault::DisconnectAfter);
    }
    assert_eq!(fixture.start_checkout(order).await.status, 502);
    fixture.expire_orders().await;

    fixture.round().await;

    assert_eq!(fixture.state(order).await, ENDED);
    assert_eq!(fixture.count_calls("/expire"), 1);
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn a_page_that_stripe_never_opened_and_never_will_is_abandoned() {
    let fixture = Fixture::open().await;
    let order = fixture.order().await;
    for _ in 0..3 {
        fixture.stripe.inject_on("POST /v1/checkout/sessions", Fault::ErrorBefore);
    }
    assert_eq!(fixture.start_checkout(order).await.status, 502);
    fixture.shop.run("update checkout_sessions set expires_at = now()").await;
    fixture.expire_orders().await;

    fixture.round().await;
    fixture.make_retries_due().await;
    fixture.round().await;

    let ended = "cancelled 0 0 expired | failed | order_cancelled | 5-0";
    assert_eq!(fixture.state(order).await, ended);
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn a_switch_that_was_left_half_way_ends_with_its_order() {
    let fixture = Fixture::open().await;
    let (order, _) = fixture.open_payment().await;
    for _ in 0..3 {
        fixture.stripe.inject_on("/cancel", Fault::ErrorBefore);
    }
    assert_eq!(fixture.start_checkout(order).await.status, 502);
    fixture.expire_orders().await;

    fixture.round().await;

    assert_eq!(fixture.state(order).await, ENDED);
    fixture.shop.check_invariants().await;
}
