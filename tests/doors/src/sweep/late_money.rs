//! Money that came although the order was to end: it goes back, once.

use super::Night;
use domain::id::OrderId;
use lambda::dispatch::Dispatch;
use orders::Orders;
use stack::stripe::{Card, Fault};
use testkit::{Answer, Door};

const REFUND: &str = "POST /v1/refunds";

/// The buyer cancels through the door, while the payment can still be made.
async fn cancel(night: &Night, order: OrderId) -> Answer {
    let orders = Orders { app: night.shop.app(), dispatch: Dispatch::later() };
    let path = format!("/v1/orders/{order}/cancel");
    let door = Door::new(orders::routes(), orders);
    door.call(axum::http::Method::POST, &path).by(&night.buyer).await
}

fn refunded(night: &Night) -> Vec<(i64, i64)> {
    night.stripe.ledger().iter().map(|line| (line.received, line.refunded)).collect()
}

#[tokio::test]
async fn an_order_that_its_buyer_cancels_ends_once_stripe_lets_go() {
    let night = Night::fall().await;
    let (order, _) = night.opened().await;
    assert_eq!(cancel(&night, order).await.status, 202);

    night.round().await;

    let ended = "cancelled 0 0 requested | canceled | order_cancelled | 5-0";
    assert_eq!(night.state(order).await, ended);
    assert_eq!(cancel(&night, order).await.status, 200);
    night.shop.check_invariants().await;
}

#[tokio::test]
async fn money_paid_meanwhile_goes_back() {
    let night = Night::fall().await;
    let (order, intent) = night.opened().await;
    assert_eq!(cancel(&night, order).await.status, 202);
    night.stripe.pay(&intent, Card::Visa).unwrap();

    let report = night.round().await;
    night.wait().await;
    let again = night.round().await;

    assert_eq!((report.orders, report.refunds), (1, 1));
    assert_eq!((again.orders, again.refunds), (0, 0));
    let ended = "cancelled 1999 1999 requested | succeeded | late_payment succeeded 1999 | order_cancelled | 5-0";
    assert_eq!(night.state(order).await, ended);
    assert_eq!(refunded(&night), [(1999, 1999)]);
    night.shop.check_invariants().await;
}

#[tokio::test]
async fn money_goes_back_once_although_stripe_does_it_without_saying_so() {
    let night = Night::fall().await;
    let (order, intent) = night.opened().await;
    night.ask_to_cancel().await;
    night.stripe.pay(&intent, Card::Visa).unwrap();
    for _ in 0..3 {
        night.stripe.script_on(REFUND, Fault::SilenceAfter);
    }

    assert!(night.sweep.round().await.is_err());

    assert_eq!(refunded(&night), [(1999, 1999)]);
    let waits = "cancelled 1999 0 requested | succeeded | late_payment requested 1999 | order_cancelled | 5-0";
    assert_eq!(night.state(order).await, waits);
    night.shop.check_invariants().await;
    night.wait().await;
    assert_eq!(night.round().await.refunds, 1);
    let ended = "cancelled 1999 1999 requested | succeeded | late_payment succeeded 1999 | order_cancelled | 5-0";
    assert_eq!(night.state(order).await, ended);
    assert_eq!(refunded(&night), [(1999, 1999)]);
    night.shop.check_invariants().await;
}

#[tokio::test]
async fn money_goes_back_later_if_stripe_is_away() {
    for fault in [Fault::RateLimit, Fault::ErrorBefore] {
        let night = Night::fall().await;
        let (order, intent) = night.opened().await;
        night.ask_to_cancel().await;
        night.stripe.pay(&intent, Card::Visa).unwrap();
        for _ in 0..3 {
            night.stripe.script_on(REFUND, fault);
        }

        assert!(night.sweep.round().await.is_err());
        assert_eq!(refunded(&night), [(1999, 0)]);
        assert_eq!(night.round().await.refunds, 0, "not before its time");
        night.wait().await;
        night.round().await;

        assert_eq!(refunded(&night), [(1999, 1999)]);
        assert!(night.state(order).await.starts_with("cancelled 1999 1999"), "{fault:?}");
        night.shop.check_invariants().await;
    }
}

#[tokio::test]
async fn money_on_its_way_back_counts_as_given_back() {
    let night = Night::fall().await;
    let (order, intent) = night.opened().await;
    night.ask_to_cancel().await;
    night.stripe.pay(&intent, Card::PendingRefund).unwrap();

    night.round().await;

    let ended = "cancelled 1999 1999 requested | succeeded | late_payment pending 1999 | order_cancelled | 5-0";
    assert_eq!(night.state(order).await, ended);
    night.shop.check_invariants().await;
}

#[tokio::test]
async fn a_payment_that_settles_after_the_buyer_asked_for_the_end_goes_back() {
    let night = Night::fall().await;
    let (order, intent) = night.opened().await;
    night.stripe.pay(&intent, Card::Slow).unwrap();
    night.ask_to_cancel().await;
    night.round().await;
    assert!(night.state(order).await.starts_with("pending 0 0 requested | processing"));

    night.stripe.settle(&intent, stack::stripe::Settlement::Paid).unwrap();
    let event = night.stripe.events().pop().unwrap();
    night.leave(&event).await;
    night.wait().await;
    night.round().await;

    assert!(night.state(order).await.starts_with("cancelled 1999 1999 requested"));
    assert_eq!(refunded(&night), [(1999, 1999)]);
    night.shop.check_invariants().await;
}

#[tokio::test]
async fn a_refund_whose_answer_was_lost_with_us_is_not_made_again() {
    let night = Night::fall().await;
    let (order, intent) = night.opened().await;
    night.ask_to_cancel().await;
    night.stripe.pay(&intent, Card::Visa).unwrap();
    // We die between Stripe's answer and our note of it.
    night.shop.run("alter table ledger add constraint trap check (kind <> 'refunded')").await;
    assert!(night.sweep.round().await.is_err());
    assert_eq!(refunded(&night), [(1999, 1999)]);
    night.shop.run("alter table ledger drop constraint trap").await;
    night.wait().await;

    night.round().await;

    assert!(night.state(order).await.starts_with("cancelled 1999 1999 requested"));
    assert_eq!(refunded(&night), [(1999, 1999)]);
    night.shop.check_invariants().await;
}
