//! Crashes while an order is placed, while its payment is started, and while Stripe's event about it is handled.

use super::{CrashFixture, Functions, PRICE, one_each, start_payment};
use crate::faults::order_body;
use domain::id::ProductId;
use std::cell::Cell;
use testkit::{ApiClient, Call, User, at_every_crash_point};

fn place(orders: &ApiClient, mug: ProductId, buyer: &User, key: &str) -> Call {
    orders.post("/v1/orders", &order_body(mug)).by(buyer).key(key)
}

#[tokio::test]
async fn an_order_whose_function_is_killed_at_any_await_is_placed_once_and_its_mail_goes_out_once()
{
    let fixture = CrashFixture::new().await;
    let (placed, unsent, sent_twice) = (Cell::new(0), Cell::new(0), Cell::new(0));

    let scenario = async |crash_point| {
        let (mug, buyer) = (fixture.mug, fixture.shop.customer().await);
        let key = format!("an order, {crash_point}");
        let request = {
            let (buyer, key) = (buyer.clone(), key.clone());
            move |api: &ApiClient| place(api, mug, &buyer, &key)
        };
        let first = fixture.call_and_crash(crash_point, Functions::orders, request).await;
        let left = "select count(*) from outbox where sent_at is null";
        unsent.set(unsent.get() + fixture.shop.one::<i64>(left).await);
        let messages = fixture.queue.take();
        let again = place(&fixture.orders, mug, &buyer, &key).await;

        assert_eq!(again.status, 201, "{crash_point}: {}", again.body);
        if let Some(first) = &first {
            assert_eq!((first.status, &first.bytes), (201, &again.bytes), "{crash_point}");
        }
        for message in &messages {
            fixture.deliver(message).await;
        }
        fixture.drain().await;
        let emails = fixture.emails_to(&buyer);
        assert_eq!(emails, one_each(["We have your order"]), "{crash_point}");
        let of_buyer = "select count(*) from orders where user_id = $1";
        let of_buyer = fixture.shop.admin.query_one(of_buyer, &[&buyer.id]).await.unwrap();
        assert_eq!(of_buyer.get::<_, i64>(0), 1, "{crash_point}");
        placed.set(placed.get() + 1);
        let attempts = "select coalesce(max(attempts), 0) from outbox where dedupe_key = $1";
        let event = format!("order_placed:{}", again.text("/id"));
        let attempts = fixture.shop.admin.query_one(attempts, &[&event]).await.unwrap();
        if !messages.is_empty() && attempts.get::<_, i32>(0) > 1 {
            sent_twice.set(sent_twice.get() + 1);
        }
        first.is_none()
    };
    // The answer of the queue takes one wait or two, so that a round may miss the moment after it.
    let mut points = 0;
    for _ in 0..5 {
        points = at_every_crash_point(scenario).await;
        if unsent.get() > 0 && sent_twice.get() > 0 {
            break;
        }
    }

    assert!(points >= 12, "killed at {points} points");
    assert!(unsent.get() > 0, "never killed between the commit and the queue");
    assert!(sent_twice.get() > 0, "never killed between the queue's answer and its record");
    assert_eq!(fixture.shop.stock(fixture.mug).await, (1000, placed.get()));
}

#[tokio::test]
async fn a_payment_whose_function_is_killed_at_any_await_is_one_intent_and_one_charge() {
    let fixture = CrashFixture::new().await;

    let points = at_every_crash_point(async |crash_point| {
        let buyer = fixture.shop.customer().await;
        let order = fixture.order(&buyer).await;
        let request = {
            let buyer = buyer.clone();
            move |api: &ApiClient| start_payment(api, order, &buyer)
        };
        let first = fixture.call_and_crash(crash_point, Functions::payments, request).await;
        let again = start_payment(&fixture.payments, order, &buyer).await;
        let intent = fixture.pay(&again).await;
        fixture.drain().await;

        if let Some(first) = &first {
            assert_eq!(first.text("/stripe_payment_intent"), intent, "{crash_point}");
        }
        let late = start_payment(&fixture.payments, order, &buyer).await;
        assert_eq!(late.refusal(), (409, "not_payable"), "{crash_point}");
        assert_eq!(
            fixture.emails_to(&buyer),
            one_each(["Your order is confirmed"]),
            "{crash_point}"
        );
        first.is_none()
    })
    .await;

    assert!(points >= 12, "killed at {points} points");
    assert!(fixture.stripe.ledger().iter().all(|line| line.received == PRICE));
    fixture.compare_ledgers().await;
}

#[tokio::test]
async fn an_event_whose_function_is_killed_at_any_await_is_never_lost_and_confirms_once() {
    let fixture = CrashFixture::new().await;
    let (not_kept, processed) = (Cell::new(0), Cell::new(0));
    let sweep_first = Cell::new(false);

    let points = at_every_crash_point(async |crash_point| {
        let buyer = fixture.shop.customer().await;
        let order = fixture.order(&buyer).await;
        let started = start_payment(&fixture.payments, order, &buyer).await;
        let intent = started.text("/stripe_payment_intent");
        fixture.stripe.pay(intent, stack::stripe::Card::Visa).unwrap();
        let event = fixture.succeeded_event(intent);
        let id = event["id"].as_str().unwrap().to_owned();
        let request = {
            let event = event.clone();
            move |api: &ApiClient| api.stripe_event(&event)
        };
        let first = fixture.call_and_crash(crash_point, Functions::webhook, request).await;
        let is_processed = "select processed_at is not null from stripe_events where event_id = $1";
        let is_processed = fixture.shop.admin.query_opt(is_processed, &[&id]).await.unwrap();
        let counter = match is_processed.map(|row| row.get(0)) {
            _ if first.is_some() => None,
            None => Some(&not_kept),
            Some(true) => Some(&processed),
            Some(false) => panic!("{crash_point}: kept without its effect"),
        };
        if let Some(counter) = counter {
            counter.set(counter.get() + 1);
        }
        // Neighbouring crash points leave the same rows behind, so alternating tries both orders on all of them.
        if sweep_first.replace(!sweep_first.get()) {
            fixture.drain().await;
        }
        let again = fixture.webhook.stripe_event(&event).await;
        fixture.drain().await;

        for answer in first.iter().chain([&again]) {
            assert_eq!(answer.status, 200, "{crash_point}: {}", answer.body);
        }
        let paid = "select status || ' ' || captured_minor from orders where id = $1";
        let paid = fixture.shop.admin.query_one(paid, &[&order]).await.unwrap();
        assert_eq!(paid.get::<_, String>(0), format!("confirmed {PRICE}"), "{crash_point}");
        assert_eq!(
            fixture.emails_to(&buyer),
            one_each(["Your order is confirmed"]),
            "{crash_point}"
        );
        first.is_none()
    })
    .await;
    assert!(points >= 10, "killed at {points} points");

    let (not_kept, processed) = (not_kept.get(), processed.get());
    assert!(not_kept > 0, "never killed before the event was kept");
    assert!(processed > 0, "never killed between the commit and the answer");
    fixture.compare_ledgers().await;
}
