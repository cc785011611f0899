//! Vouchers, which are paid days later: the order waits for them.

use super::Fixture;
use domain::id::OrderId;
use stack::stripe::{Fault, Settlement};
use time::{Duration, OffsetDateTime};

impl Fixture {
    /// A pending order whose buyer has a voucher for the next seven days, and the id of its PaymentIntent. Stripe's events
    /// do not arrive.
    async fn voucher(&self) -> (OrderId, String) {
        let (order, intent) = self.open_payment().await;
        self.stripe.await_voucher(&intent, in_days(7).unix_timestamp()).unwrap();
        self.expire_orders().await;
        (order, intent)
    }

    async fn expiry(&self) -> OffsetDateTime {
        self.shop.one("select expires_at from orders").await
    }
}

fn in_days(days: i64) -> OffsetDateTime {
    testkit::clock().now() + Duration::days(days)
}

#[tokio::test]
async fn an_order_waits_for_the_voucher_of_its_buyer_although_no_event_told_of_it() {
    let fixture = Fixture::open_with_vouchers(true).await;
    let (order, intent) = fixture.voucher().await;

    fixture.round().await;

    let waiting = "pending 0 0 | requires_action | 5-1";
    assert_eq!(fixture.state(order).await, waiting);
    let expiry = fixture.expiry().await;
    assert!(expiry > in_days(11) - Duration::hours(1) && expiry < in_days(11), "{expiry}");
    assert_eq!(fixture.count_calls("/cancel"), 0);
    fixture.stripe.settle(&intent, Settlement::Paid).unwrap();
    fixture.expire_orders().await;
    fixture.round().await;
    let paid = "confirmed 1999 0 | succeeded | order_confirmed | 5-1";
    assert_eq!(fixture.state(order).await, paid);
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn an_order_whose_voucher_is_over_ends() {
    let fixture = Fixture::open_with_vouchers(true).await;
    let (order, intent) = fixture.open_payment().await;
    fixture.stripe.await_voucher(&intent, in_days(-5).unix_timestamp()).unwrap();
    fixture.expire_orders().await;

    fixture.round().await;

    let ended = "cancelled 0 0 expired | canceled | order_cancelled | 5-0";
    assert_eq!(fixture.state(order).await, ended);
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn an_order_waits_for_a_code_of_pix_until_that_ends_and_no_longer() {
    for (hours, ended) in
        [(24, None), (-1, Some("cancelled 0 0 expired | canceled | order_cancelled | 5-0"))]
    {
        let fixture = Fixture::open_with_vouchers(true).await;
        let (order, intent) = fixture.open_payment().await;
        let until = testkit::clock().now() + Duration::hours(hours);
        fixture.stripe.await_pix(&intent, until.unix_timestamp()).unwrap();
        fixture.expire_orders().await;

        fixture.round().await;

        let expected = ended.unwrap_or("pending 0 0 | requires_action | 5-1");
        assert_eq!(fixture.state(order).await, expected);
        if ended.is_none() {
            assert_eq!(fixture.expiry().await.unix_timestamp(), until.unix_timestamp());
        }
        fixture.shop.check_invariants().await;
    }
}

#[tokio::test]
async fn a_buyer_who_cancels_does_not_wait_for_the_voucher() {
    let fixture = Fixture::open_with_vouchers(true).await;
    let (order, _) = fixture.voucher().await;
    fixture.request_cancellations().await;

    fixture.round().await;

    let ended = "cancelled 0 0 requested | canceled | order_cancelled | 5-0";
    assert_eq!(fixture.state(order).await, ended);
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn while_stripe_does_not_say_whether_there_is_a_voucher_nothing_is_cancelled() {
    let fixture = Fixture::open_with_vouchers(true).await;
    let (order, _) = fixture.voucher().await;
    for _ in 0..3 {
        fixture.stripe.inject_on("GET /v1/payment_intents/", Fault::ErrorBefore);
    }

    fixture.sweep.round().await.unwrap_err();

    assert_eq!(fixture.count_calls("/cancel"), 0);
    assert!(fixture.state(order).await.starts_with("pending"));
    fixture.make_retries_due().await;
    fixture.round().await;
    assert_eq!(fixture.state(order).await, "pending 0 0 | requires_action | 5-1");
}

#[tokio::test]
async fn a_shop_without_vouchers_has_none_to_wait_for() {
    let fixture = Fixture::open().await;
    let (_, intent) = fixture.open_payment().await;

    let refused = fixture.stripe.await_voucher(&intent, in_days(7).unix_timestamp());

    assert!(refused.is_err());
}
