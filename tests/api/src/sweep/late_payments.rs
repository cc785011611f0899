//! Payments captured after the order expired or was cancelled: they are refunded, once.

use super::Fixture;
use domain::id::OrderId;
use lambda::dispatcher::OutboxDispatcher;
use orders::Orders;
use stack::stripe::{Card, Fault};
use testkit::{ApiClient, Response};

const REFUND: &str = "POST /v1/refunds";

/// The buyer cancels through the API, while the payment can still be made.
async fn cancel(fixture: &Fixture, order: OrderId) -> Response {
    let orders = Orders { app: fixture.shop.app(), dispatcher: OutboxDispatcher::deferred() };
    let path = format!("/v1/orders/{order}/cancel");
    let api = ApiClient::new(orders::routes(), orders);
    api.call(axum::http::Method::POST, &path).by(&fixture.buyer).await
}

/// Received and refunded amounts at Stripe, for each payment.
fn received_and_refunded(fixture: &Fixture) -> Vec<(i64, i64)> {
    fixture.stripe.ledger().iter().map(|line| (line.received, line.refunded)).collect()
}

#[tokio::test]
async fn an_order_that_its_buyer_cancels_ends_once_stripe_lets_go() {
    let fixture = Fixture::open().await;
    let (order, _) = fixture.open_payment().await;
    assert_eq!(cancel(&fixture, order).await.status, 202);

    fixture.round().await;

    let ended = "cancelled 0 0 requested | canceled | order_cancelled | 5-0";
    assert_eq!(fixture.state(order).await, ended);
    assert_eq!(cancel(&fixture, order).await.status, 200);
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn money_paid_meanwhile_goes_back() {
    let fixture = Fixture::open().await;
    let (order, intent) = fixture.open_payment().await;
    assert_eq!(cancel(&fixture, order).await.status, 202);
    fixture.stripe.pay(&intent, Card::Visa).unwrap();

    let report = fixture.round().await;
    fixture.make_retries_due().await;
    let again = fixture.round().await;

    assert_eq!((report.orders, report.refunds), (1, 1));
    assert_eq!((again.orders, again.refunds), (0, 0));
    let ended = "cancelled 1999 1999 requested | succeeded | late_payment succeeded 1999 | order_cancelled | 5-0";
    assert_eq!(fixture.state(order).await, ended);
    assert_eq!(received_and_refunded(&fixture), [(1999, 1999)]);
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn money_goes_back_once_although_stripe_does_it_without_saying_so() {
    let fixture = Fixture::open().await;
    let (order, intent) = fixture.open_payment().await;
    fixture.request_cancellations().await;
    fixture.stripe.pay(&intent, Card::Visa).unwrap();
    for _ in 0..3 {
        fixture.stripe.inject_on(REFUND, Fault::DisconnectAfter);
    }

    assert!(fixture.sweep.round().await.is_err());

    assert_eq!(received_and_refunded(&fixture), [(1999, 1999)]);
    let waits = "cancelled 1999 0 requested | succeeded | late_payment requested 1999 | order_cancelled | 5-0";
    assert_eq!(fixture.state(order).await, waits);
    fixture.shop.check_invariants().await;
    fixture.make_retries_due().await;
    assert_eq!(fixture.round().await.refunds, 1);
    let ended = "cancelled 1999 1999 requested | succeeded | late_payment succeeded 1999 | order_cancelled | 5-0";
    assert_eq!(fixture.state(order).await, ended);
    assert_eq!(received_and_refunded(&fixture), [(1999, 1999)]);
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn money_goes_back_later_if_stripe_is_away() {
    for fault in [Fault::RateLimit, Fault::ErrorBefore] {
        let fixture = Fixture::open().await;
        let (order, intent) = fixture.open_payment().await;
        fixture.request_cancellations().await;
        fixture.stripe.pay(&intent, Card::Visa).unwrap();
        for _ in 0..3 {
            fixture.stripe.inject_on(REFUND, fault);
        }

        assert!(fixture.sweep.round().await.is_err());
        assert_eq!(received_and_refunded(&fixture), [(1999, 0)]);
        assert_eq!(fixture.round().await.refunds, 0, "not before its time");
        fixture.make_retries_due().await;
        fixture.round().await;

        assert_eq!(received_and_refunded(&fixture), [(1999, 1999)]);
        assert!(fixture.state(order).await.starts_with("cancelled 1999 1999"), "{fault:?}");
        fixture.shop.check_invariants().await;
    }
}

#[tokio::test]
async fn money_on_its_way_back_counts_as_given_back() {
    let fixture = Fixture::open().await;
    let (order, intent) = fixture.open_payment().await;
    fixture.request_cancellations().await;
    fixture.stripe.pay(&intent, Card::PendingRefund).unwrap();

    fixture.round().await;

    let ended = "cancelled 1999 1999 requested | succeeded | late_payment pending 1999 | order_cancelled | 5-0";
    assert_eq!(fixture.state(order).await, ended);
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn a_payment_that_settles_after_the_buyer_asked_for_the_end_goes_back() {
    let fixture = Fixture::open().await;
    let (order, intent) = fixture.open_payment().await;
    fixture.stripe.pay(&intent, Card::Slow).unwrap();
    fixture.request_cancellations().await;
    fixture.round().await;
    assert!(fixture.state(order).await.starts_with("pending 0 0 requested | processing"));

    fixture.stripe.settle(&intent, stack::stripe::Settlement::Paid).unwrap();
    let event = fixture.stripe.events().pop().unwrap();
    fixture.store_event(&event).await;
    fixture.make_retries_due().await;
    fixture.round().await;

    assert!(fixture.state(order).await.starts_with("cancelled 1999 1999 requested"));
    assert_eq!(received_and_refunded(&fixture), [(1999, 1999)]);
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn a_refund_whose_answer_was_lost_with_us_is_not_made_again() {
    let fixture = Fixture::open().await;
    let (order, intent) = fixture.open_payment().await;
    fixture.request_cancellations().await;
    fixture.stripe.pay(&intent, Card::Visa).unwrap();
    // As if the process died between Stripe's response and the commit.
    fixture.shop.run("alter table ledger add constraint trap check (kind <> 'refunded')").await;
    assert!(fixture.sweep.round().await.is_err());
    assert_eq!(received_and_refunded(&fixture), [(1999, 1999)]);
    fixture.shop.run("alter table ledger drop constraint trap").await;
    fixture.make_retries_due().await;

    fixture.round().await;

    assert!(fixture.state(order).await.starts_with("cancelled 1999 1999 requested"));
    assert_eq!(received_and_refunded(&fixture), [(1999, 1999)]);
    fixture.shop.check_invariants().await;
}
