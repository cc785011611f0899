//! Expired orders: the payment is cancelled at Stripe before the stock is released.

use super::Fixture;
use stack::stripe::{Card, Fault, Settlement, Status};
use testkit::Shop;

async fn pending_and_not_due(shop: &Shop) -> bool {
    shop.one("select status = 'pending' and close_at > now() + interval '20 seconds' from orders")
        .await
}

#[tokio::test]
async fn an_order_whose_time_has_not_come_is_left_alone() {
    let fixture = Fixture::open().await;
    let order = fixture.order().await;
    let (opened, _) = fixture.open_payment().await;
    let before = fixture.shop.snapshot().await;

    let report = fixture.round().await;

    assert_eq!(report, sweep::Report::default());
    assert_eq!(fixture.shop.snapshot().await, before);
    assert!(fixture.state(order).await.starts_with("pending"));
    assert!(fixture.state(opened).await.starts_with("pending"));
    assert_eq!(fixture.count_calls("/cancel"), 0);
}

#[tokio::test]
async fn an_order_that_nobody_began_to_pay_expires_and_its_stock_returns() {
    let fixture = Fixture::open().await;
    let order = fixture.order().await;
    fixture.expire_orders().await;

    let report = fixture.round().await;
    let again = fixture.round().await;

    assert_eq!((report.orders, again.orders), (1, 0));
    assert_eq!(fixture.state(order).await, "cancelled 0 0 expired | order_cancelled | 5-0");
    assert!(fixture.stripe.calls().is_empty());
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn stripe_lets_go_of_the_payment_before_the_stock_returns() {
    let fixture = Fixture::open().await;
    let (order, intent) = fixture.open_payment().await;
    fixture.expire_orders().await;
    for _ in 0..3 {
        fixture.stripe.inject_on("/cancel", Fault::ErrorBefore);
    }

    let failed = fixture.sweep.round().await;

    assert!(failed.is_err());
    assert_eq!(fixture.state(order).await, "pending 0 0 | requires_payment_method | 5-1");
    assert!(pending_and_not_due(&fixture.shop).await);
    fixture.make_retries_due().await;
    fixture.round().await;
    let ended = "cancelled 0 0 expired | canceled | order_cancelled | 5-0";
    assert_eq!(fixture.state(order).await, ended);
    assert_eq!(fixture.stripe.ledger()[0].status, Status::Canceled);
    assert!(fixture.stripe.pay(&intent, Card::Visa).is_err(), "nothing can be paid any more");
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn a_cancellation_that_stripe_did_without_saying_so_ends_the_order() {
    let fixture = Fixture::open().await;
    let (order, _) = fixture.open_payment().await;
    fixture.expire_orders().await;
    fixture.stripe.inject_on("/cancel", Fault::DisconnectAfter);

    fixture.round().await;

    let ended = "cancelled 0 0 expired | canceled | order_cancelled | 5-0";
    assert_eq!(fixture.state(order).await, ended);
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn an_order_that_was_paid_meanwhile_is_confirmed() {
    let fixture = Fixture::open().await;
    let (order, intent) = fixture.open_payment().await;
    fixture.stripe.pay(&intent, Card::Visa).unwrap();
    fixture.expire_orders().await;

    fixture.round().await;

    assert_eq!(fixture.state(order).await, "confirmed 1999 0 | succeeded | order_confirmed | 5-1");
    assert_eq!(fixture.count_calls("/v1/refunds"), 0);
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn a_payment_that_is_processing_keeps_its_order_until_it_is_paid() {
    let fixture = Fixture::open().await;
    let (order, intent) = fixture.open_payment().await;
    fixture.stripe.pay(&intent, Card::Slow).unwrap();
    fixture.expire_orders().await;

    fixture.round().await;
    fixture.make_retries_due().await;
    fixture.round().await;
    assert_eq!(fixture.state(order).await, "pending 0 0 | processing | 5-1");
    fixture.shop.check_invariants().await;

    fixture.stripe.settle(&intent, Settlement::Paid).unwrap();
    fixture.make_retries_due().await;
    fixture.round().await;
    assert_eq!(fixture.state(order).await, "confirmed 1999 0 | succeeded | order_confirmed | 5-1");
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn a_payment_that_is_processing_keeps_its_order_until_it_fails() {
    let fixture = Fixture::open().await;
    let (order, intent) = fixture.open_payment().await;
    fixture.stripe.pay(&intent, Card::Slow).unwrap();
    fixture.expire_orders().await;
    fixture.round().await;

    fixture.stripe.settle(&intent, Settlement::Failed).unwrap();
    fixture.make_retries_due().await;
    fixture.round().await;

    let ended = "cancelled 0 0 expired | canceled | order_cancelled | 5-0";
    assert_eq!(fixture.state(order).await, ended);
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn a_payment_canceled_by_hand_ends_its_order() {
    let fixture = Fixture::open().await;
    let (order, intent) = fixture.open_payment().await;
    // Cancelled in Stripe's dashboard, and the event is lost.
    let dashboard = stripe_gateway::Stripe::new(
        "sk_test_dashboard",
        Some(fixture.stripe.url()),
        stripe_gateway::Mode::Test,
    );
    let payment = fixture.shop.one::<domain::id::PaymentId>("select id from payments").await;
    let amount = domain::money::Money { minor: 1999, currency: domain::money::Currency::EUR };
    let open = domain::payments::OpenPayment {
        id: payment,
        order,
        amount,
        provider: Some(intent.clone()),
        hosted_page: None,
        is_stale: false,
        vouchers: true,
    };
    dashboard.unwrap().cancel(&open).await.unwrap();
    fixture.expire_orders().await;

    fixture.round().await;

    let ended = "cancelled 0 0 expired | canceled | order_cancelled | 5-0";
    assert_eq!(fixture.state(order).await, ended);
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn a_payment_that_was_begun_and_forgotten_is_found_at_stripe_and_canceled() {
    let fixture = Fixture::open().await;
    let order = fixture.order().await;
    for _ in 0..3 {
        fixture.stripe.inject_on("POST /v1/payment_intents", Fault::DisconnectAfter);
    }
    assert_eq!(fixture.start_payment(order).await.status, 502);
    assert_eq!(fixture.state(order).await, "pending 0 0 | creating | 5-1");
    fixture.expire_orders().await;

    fixture.round().await;

    let ended = "cancelled 0 0 expired | canceled | order_cancelled | 5-0";
    assert_eq!(fixture.state(order).await, ended);
    let ledger = fixture.stripe.ledger();
    assert_eq!((ledger.len(), ledger[0].status), (1, Status::Canceled));
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn a_payment_that_stripe_refuses_for_good_is_abandoned_and_its_order_ends() {
    let fixture = Fixture::open().await;
    let order = fixture.order().await;
    fixture.shop.payment(order).await;
    // Above Stripe's maximum amount, and the process died before Stripe responded.
    let crash =
        "update payments set status = 'creating', provider_pi = null, amount_minor = 1000000000000";
    fixture.shop.run(crash).await;
    fixture.expire_orders().await;

    fixture.round().await;
    assert_eq!(fixture.state(order).await, "pending 0 0 | failed | 5-1");
    fixture.make_retries_due().await;
    fixture.round().await;

    assert_eq!(
        fixture.state(order).await,
        "cancelled 0 0 expired | failed | order_cancelled | 5-0"
    );
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn while_stripe_refuses_our_key_only_orders_wait_whose_payment_somebody_can_pay() {
    let fixture = Fixture::open().await;
    let (opened, _) = fixture.open_payment().await;
    let begun = fixture.order().await;
    fixture.shop.payment(begun).await;
    let crash = "update payments set status = 'creating', provider_pi = null
                 where order_id <> (select min(order_id::text)::uuid from payments)";
    fixture.shop.run(crash).await;
    fixture.expire_orders().await;
    fixture.stripe.accept_only_key("sk_test_another");

    assert!(fixture.sweep.round().await.is_err());
    fixture.make_retries_due().await;
    assert!(fixture.sweep.round().await.is_err());

    let ended = "cancelled 0 0 expired | failed | order_cancelled | 5-0";
    assert_eq!(fixture.state(begun).await, ended);
    assert_eq!(fixture.state(opened).await, "pending 0 0 | requires_payment_method | 5-1");
    fixture.stripe.accept_only_key("sk_test_of_this_run");
    fixture.make_retries_due().await;
    fixture.round().await;
    let ended = "cancelled 0 0 expired | canceled | order_cancelled | 5-0";
    assert_eq!(fixture.state(opened).await, ended);
    fixture.shop.check_invariants().await;
}
