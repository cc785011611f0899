//! Refunds, cancellations of what was paid, and the sweep that finishes both.

use super::{Functions, PRICE, Paid, World, one_each};
use domain::id::OrderId;
use serde_json::json;
use testkit::{Call, Door, Person, everywhere};

/// What the buyer hears of an order that was paid and then cancelled.
const CANCELLED: [&str; 3] =
    ["Your order is confirmed", "Your order is cancelled", "Your refund of 19.99 EUR for order"];

fn refund(payments: &Door, payment: &str, staff: &Person, key: &str) -> Call {
    let some = json!({"amount": {"amount": 700, "currency": "EUR"}});
    payments.post(&format!("/v1/payments/{payment}/refunds"), &some).by(staff).key(key)
}

fn cancel(orders: &Door, order: OrderId, staff: &Person, key: &str) -> Call {
    orders.post(&format!("/v1/orders/{order}/cancel"), &json!({})).by(staff).key(key)
}

#[tokio::test]
async fn a_refund_whose_function_is_killed_at_any_await_is_given_once() {
    let world = World::open().await;

    let points = everywhere(async |death| {
        let Paid { buyer, payment, .. } = world.paid().await;
        let key = format!("a refund, {death}");
        let request = {
            let (payment, staff, key) = (payment.clone(), world.staff.clone(), key.clone());
            move |door: &Door| refund(door, &payment, &staff, &key)
        };
        let first = world.ask(death, Functions::payments, request).await;
        let again = refund(&world.payments, &payment, &world.staff, &key).await;
        world.go_on().await;

        assert_eq!(again.status, 201, "{death}: {}", again.body);
        if let Some(first) = &first {
            assert_eq!((first.status, &first.bytes), (201, &again.bytes), "{death}");
        }
        let mails = ["Your order is confirmed", "Your refund of 7.00 EUR for order"];
        assert_eq!(world.mails(&buyer), one_each(mails), "{death}");
        first.is_none()
    })
    .await;

    assert!(points >= 25, "killed at {points} points");
    assert!(world.stripe.ledger().iter().all(|line| line.refunded == 700));
    world.compare_books().await;
}

#[tokio::test]
async fn a_cancellation_whose_function_is_killed_at_any_await_gives_stock_and_money_back_once() {
    let world = World::open().await;

    let points = everywhere(async |death| {
        let Paid { order, buyer, .. } = world.paid().await;
        let key = format!("a cancellation, {death}");
        let request = {
            let (staff, key) = (world.staff.clone(), key.clone());
            move |door: &Door| cancel(door, order, &staff, &key)
        };
        let first = world.ask(death, Functions::orders, request).await;
        let again = cancel(&world.orders, order, &world.staff, &key).await;
        world.go_on().await;

        assert_eq!((again.status, again.text("/status")), (200, "cancelled"), "{death}");
        if let Some(first) = &first {
            assert_eq!((first.status, &first.bytes), (200, &again.bytes), "{death}");
        }
        assert_eq!(world.shop.stock(world.mug).await, (1000, 0), "{death}");
        assert_eq!(world.mails(&buyer), one_each(CANCELLED), "{death}");
        first.is_none()
    })
    .await;

    assert!(points >= 20, "killed at {points} points");
    assert!(world.stripe.ledger().iter().all(|line| line.refunded == PRICE));
    world.compare_books().await;
}

#[tokio::test]
async fn what_a_sweep_that_is_killed_at_any_await_leaves_behind_the_next_one_finishes_once() {
    let world = World::open().await;
    world.go_on().await;

    let points = everywhere(async |death| {
        let Paid { order, buyer, .. } = world.paid().await;
        let key = format!("a cancellation, {death}");
        assert_eq!(cancel(&world.orders, order, &world.staff, &key).await.status, 200);
        let functions = world.functions.clone();
        let first = death.of(move || async move { functions.sweep().round().await.unwrap() }).await;
        world.shop.check_invariants().await;
        world.go_on().await;

        assert_eq!(world.mails(&buyer), one_each(CANCELLED), "{death}");
        first.is_none()
    })
    .await;

    assert!(points >= 30, "killed at {points} points");
    assert!(world.stripe.ledger().iter().all(|line| line.refunded == PRICE));
    world.compare_books().await;
}
