//! Orders whose time is over.

use super::Night;
use stack::stripe::{Card, Fault, Settlement, Status};
use testkit::Shop;

async fn pending_and_not_due(shop: &Shop) -> bool {
    shop.one("select status = 'pending' and close_at > now() + interval '20 seconds' from orders")
        .await
}

#[tokio::test]
async fn an_order_whose_time_has_not_come_is_left_alone() {
    let night = Night::fall().await;
    let order = night.order().await;
    let (opened, _) = night.opened().await;
    let before = night.shop.snapshot().await;

    let report = night.round().await;

    assert_eq!(report, sweep::Report::default());
    assert_eq!(night.shop.snapshot().await, before);
    assert!(night.state(order).await.starts_with("pending"));
    assert!(night.state(opened).await.starts_with("pending"));
    assert_eq!(night.asked("/cancel"), 0);
}

#[tokio::test]
async fn an_order_that_nobody_began_to_pay_expires_and_its_stock_returns() {
    let night = Night::fall().await;
    let order = night.order().await;
    night.expire().await;

    let report = night.round().await;
    let again = night.round().await;

    assert_eq!((report.orders, again.orders), (1, 0));
    assert_eq!(night.state(order).await, "cancelled 0 0 expired | order_cancelled | 5-0");
    assert!(night.stripe.calls().is_empty());
    night.shop.check_invariants().await;
}

#[tokio::test]
async fn stripe_lets_go_of_the_payment_before_the_stock_returns() {
    let night = Night::fall().await;
    let (order, intent) = night.opened().await;
    night.expire().await;
    for _ in 0..3 {
        night.stripe.script_on("/cancel", Fault::ErrorBefore);
    }

    let failed = night.sweep.round().await;

    assert!(failed.is_err());
    assert_eq!(night.state(order).await, "pending 0 0 | requires_payment_method | 5-1");
    assert!(pending_and_not_due(&night.shop).await);
    night.wait().await;
    night.round().await;
    let ended = "cancelled 0 0 expired | canceled | order_cancelled | 5-0";
    assert_eq!(night.state(order).await, ended);
    assert_eq!(night.stripe.ledger()[0].status, Status::Canceled);
    assert!(night.stripe.pay(&intent, Card::Visa).is_err(), "nothing can be paid any more");
    night.shop.check_invariants().await;
}

#[tokio::test]
async fn a_cancellation_that_stripe_did_without_saying_so_ends_the_order() {
    let night = Night::fall().await;
    let (order, _) = night.opened().await;
    night.expire().await;
    night.stripe.script_on("/cancel", Fault::SilenceAfter);

    night.round().await;

    let ended = "cancelled 0 0 expired | canceled | order_cancelled | 5-0";
    assert_eq!(night.state(order).await, ended);
    night.shop.check_invariants().await;
}

#[tokio::test]
async fn an_order_that_was_paid_meanwhile_is_confirmed() {
    let night = Night::fall().await;
    let (order, intent) = night.opened().await;
    night.stripe.pay(&intent, Card::Visa).unwrap();
    night.expire().await;

    night.round().await;

    assert_eq!(night.state(order).await, "confirmed 1999 0 | succeeded | order_confirmed | 5-1");
    assert_eq!(night.asked("/v1/refunds"), 0);
    night.shop.check_invariants().await;
}

#[tokio::test]
async fn a_payment_that_is_processing_keeps_its_order_until_it_is_paid() {
    let night = Night::fall().await;
    let (order, intent) = night.opened().await;
    night.stripe.pay(&intent, Card::Slow).unwrap();
    night.expire().await;

    night.round().await;
    night.wait().await;
    night.round().await;
    assert_eq!(night.state(order).await, "pending 0 0 | processing | 5-1");
    night.shop.check_invariants().await;

    night.stripe.settle(&intent, Settlement::Paid).unwrap();
    night.wait().await;
    night.round().await;
    assert_eq!(night.state(order).await, "confirmed 1999 0 | succeeded | order_confirmed | 5-1");
    night.shop.check_invariants().await;
}

#[tokio::test]
async fn a_payment_that_is_processing_keeps_its_order_until_it_fails() {
    let night = Night::fall().await;
    let (order, intent) = night.opened().await;
    night.stripe.pay(&intent, Card::Slow).unwrap();
    night.expire().await;
    night.round().await;

    night.stripe.settle(&intent, Settlement::Failed).unwrap();
    night.wait().await;
    night.round().await;

    let ended = "cancelled 0 0 expired | canceled | order_cancelled | 5-0";
    assert_eq!(night.state(order).await, ended);
    night.shop.check_invariants().await;
}

#[tokio::test]
async fn a_payment_canceled_by_hand_ends_its_order() {
    let night = Night::fall().await;
    let (order, intent) = night.opened().await;
    // Somebody cancels it in Stripe's dashboard, and the event is lost.
    let canceled = stripe_gateway::Stripe::new("sk_test_dashboard", Some(night.stripe.url()));
    let payment = night.shop.one::<domain::id::PaymentId>("select id from payments").await;
    let amount = domain::money::Money { minor: 1999, currency: domain::money::Currency::EUR };
    let open = domain::payment::Open {
        id: payment,
        order,
        amount,
        provider: Some(intent.clone()),
        checkout: None,
        is_stale: false,
    };
    canceled.unwrap().cancel(&open).await.unwrap();
    night.expire().await;

    night.round().await;

    let ended = "cancelled 0 0 expired | canceled | order_cancelled | 5-0";
    assert_eq!(night.state(order).await, ended);
    night.shop.check_invariants().await;
}

#[tokio::test]
async fn a_payment_that_was_begun_and_forgotten_is_found_at_stripe_and_canceled() {
    let night = Night::fall().await;
    let order = night.order().await;
    for _ in 0..3 {
        night.stripe.script_on("POST /v1/payment_intents", Fault::SilenceAfter);
    }
    assert_eq!(night.ask_to_pay(order).await.status, 502);
    assert_eq!(night.state(order).await, "pending 0 0 | creating | 5-1");
    night.expire().await;

    night.round().await;

    let ended = "cancelled 0 0 expired | canceled | order_cancelled | 5-0";
    assert_eq!(night.state(order).await, ended);
    let ledger = night.stripe.ledger();
    assert_eq!((ledger.len(), ledger[0].status), (1, Status::Canceled));
    night.shop.check_invariants().await;
}

#[tokio::test]
async fn a_payment_that_stripe_refuses_for_good_is_abandoned_and_its_order_ends() {
    let night = Night::fall().await;
    let order = night.order().await;
    night.shop.payment(order).await;
    // More than Stripe takes at once, and the function died before it heard so.
    let crash =
        "update payments set status = 'creating', provider_pi = null, amount_minor = 100000000";
    night.shop.run(crash).await;
    night.expire().await;

    night.round().await;
    assert_eq!(night.state(order).await, "pending 0 0 | failed | 5-1");
    night.wait().await;
    night.round().await;

    assert_eq!(night.state(order).await, "cancelled 0 0 expired | failed | order_cancelled | 5-0");
    night.shop.check_invariants().await;
}

#[tokio::test]
async fn while_stripe_refuses_our_key_orders_wait() {
    let night = Night::fall().await;
    let (opened, _) = night.opened().await;
    let begun = night.order().await;
    night.shop.payment(begun).await;
    let crash = "update payments set status = 'creating', provider_pi = null
                 where order_id <> (select min(order_id::text)::uuid from payments)";
    night.shop.run(crash).await;
    night.expire().await;
    night.stripe.accept_only("sk_test_another");

    assert!(night.sweep.round().await.is_err());
    assert_eq!(night.state(begun).await, "pending 0 0 | creating | 5-1");
    night.stripe.accept_only("sk_test_of_this_run");
    night.wait().await;
    night.round().await;

    for order in [opened, begun] {
        let ended = "cancelled 0 0 expired | canceled | order_cancelled | 5-0";
        assert_eq!(night.state(order).await, ended);
    }
    night.shop.check_invariants().await;
}
