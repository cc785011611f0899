//! Crashes while a payment is refunded, while a paid order is cancelled, and in the sweep that finishes both.

use super::{CrashFixture, Functions, PRICE, PaidOrder, one_each};
use domain::id::OrderId;
use serde_json::json;
use testkit::{ApiClient, Call, User, at_every_crash_point};

/// The subjects of the mails about an order that was paid and then cancelled.
const CANCELLED: [&str; 3] =
    ["Your order is confirmed", "Your order is cancelled", "Your refund of 19.99 EUR for order"];

fn refund(payments: &ApiClient, payment: &str, staff: &User, key: &str) -> Call {
    let body = json!({"amount": {"amount": 700, "currency": "EUR"}});
    payments.post(&format!("/v1/payments/{payment}/refunds"), &body).by(staff).key(key)
}

fn cancel(orders: &ApiClient, order: OrderId, staff: &User, key: &str) -> Call {
    orders.post(&format!("/v1/orders/{order}/cancel"), &json!({})).by(staff).key(key)
}

#[tokio::test]
async fn a_refund_whose_function_is_killed_at_any_await_is_given_once() {
    let fixture = CrashFixture::new().await;

    let points = at_every_crash_point(async |crash_point| {
        let PaidOrder { buyer, payment, .. } = fixture.paid_order().await;
        let key = format!("a refund, {crash_point}");
        let request = {
            let (payment, staff, key) = (payment.clone(), fixture.staff.clone(), key.clone());
            move |api: &ApiClient| refund(api, &payment, &staff, &key)
        };
        let first = fixture.call_and_crash(crash_point, Functions::payments, request).await;
        let again = refund(&fixture.payments, &payment, &fixture.staff, &key).await;
        fixture.drain().await;

        assert_eq!(again.status, 201, "{crash_point}: {}", again.body);
        if let Some(first) = &first {
            assert_eq!((first.status, &first.bytes), (201, &again.bytes), "{crash_point}");
        }
        let subjects = ["Your order is confirmed", "Your refund of 7.00 EUR for order"];
        assert_eq!(fixture.emails_to(&buyer), one_each(subjects), "{crash_point}");
        first.is_none()
    })
    .await;

    assert!(points >= 25, "killed at {points} points");
    assert!(fixture.stripe.ledger().iter().all(|line| line.refunded == 700));
    fixture.compare_ledgers().await;
}

#[tokio::test]
async fn a_cancellation_whose_function_is_killed_at_any_await_gives_stock_and_money_back_once() {
    let fixture = CrashFixture::new().await;

    let points = at_every_crash_point(async |crash_point| {
        let PaidOrder { order, buyer, .. } = fixture.paid_order().await;
        let key = format!("a cancellation, {crash_point}");
        let request = {
            let (staff, key) = (fixture.staff.clone(), key.clone());
            move |api: &ApiClient| cancel(api, order, &staff, &key)
        };
        let first = fixture.call_and_crash(crash_point, Functions::orders, request).await;
        let again = cancel(&fixture.orders, order, &fixture.staff, &key).await;
        fixture.drain().await;

        assert_eq!((again.status, again.text("/status")), (200, "cancelled"), "{crash_point}");
        if let Some(first) = &first {
            assert_eq!((first.status, &first.bytes), (200, &again.bytes), "{crash_point}");
        }
        assert_eq!(fixture.shop.stock(fixture.mug).await, (1000, 0), "{crash_point}");
        assert_eq!(fixture.emails_to(&buyer), one_each(CANCELLED), "{crash_point}");
        first.is_none()
    })
    .await;

    assert!(points >= 20, "killed at {points} points");
    assert!(fixture.stripe.ledger().iter().all(|line| line.refunded == PRICE));
    fixture.compare_ledgers().await;
}

#[tokio::test]
async fn what_a_sweep_that_is_killed_at_any_await_leaves_behind_the_next_one_finishes_once() {
    let fixture = CrashFixture::new().await;
    fixture.drain().await;

    let points = at_every_crash_point(async |crash_point| {
        let PaidOrder { order, buyer, .. } = fixture.paid_order().await;
        let key = format!("a cancellation, {crash_point}");
        assert_eq!(cancel(&fixture.orders, order, &fixture.staff, &key).await.status, 200);
        let functions = fixture.functions.clone();
        let first =
            crash_point.run(move || async move { functions.sweep().round().await.unwrap() }).await;
        fixture.shop.check_invariants().await;
        fixture.drain().await;

        assert_eq!(fixture.emails_to(&buyer), one_each(CANCELLED), "{crash_point}");
        first.is_none()
    })
    .await;

    assert!(points >= 30, "killed at {points} points");
    assert!(fixture.stripe.ledger().iter().all(|line| line.refunded == PRICE));
    fixture.compare_ledgers().await;
}
