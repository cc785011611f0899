//! Stripe events that were stored but not applied.

use super::Fixture;
use serde_json::json;

#[tokio::test]
async fn an_event_left_over_gets_its_effect() {
    let fixture = Fixture::open().await;
    let order = fixture.order().await;
    let event = fixture.shop.payment(order).await.event("succeeded", 0);
    fixture.store_event(&event).await;

    let report = fixture.round().await;
    let again = fixture.round().await;

    assert_eq!((report.events, again.events), (1, 0));
    assert_eq!(fixture.state(order).await, "confirmed 1999 0 | succeeded | order_confirmed | 5-1");
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn events_left_over_in_the_wrong_order_end_right() {
    let fixture = Fixture::open().await;
    let order = fixture.order().await;
    let intent = fixture.shop.payment(order).await;
    for (step, second) in [("succeeded", 3), ("payment_failed", 2), ("created", 0)] {
        fixture.store_event(&intent.event(step, second)).await;
    }

    assert_eq!(fixture.round().await.events, 3);

    assert_eq!(fixture.state(order).await, "confirmed 1999 0 | succeeded | order_confirmed | 5-1");
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn an_event_without_a_match_is_tried_with_growing_pauses_and_then_parked() {
    let fixture = Fixture::open().await;
    let order = fixture.order().await;
    let mut event = fixture.shop.payment(order).await.event("succeeded", 0);
    // The metadata names our payment, which belongs to another PaymentIntent.
    event["data"]["object"]["id"] = json!("pi_unknown");
    fixture.store_event(&event).await;

    for attempt in 0..10 {
        fixture.round().await;
        let pause = "select extract(epoch from next_try_at - now())::float8 from stripe_events";
        let pause: f64 = fixture.shop.one(pause).await;
        let expected = f64::from(5 * 2_u32.pow(attempt));
        assert!((expected - 5.0..=expected).contains(&pause), "{attempt}: {pause}");
        let before = fixture.shop.snapshot().await;
        fixture.round().await;
        assert_eq!(fixture.shop.snapshot().await, before, "not before its time");
        fixture.make_retries_due().await;
    }
    fixture.round().await;
    fixture.make_retries_due().await;
    let end = fixture.round().await;

    assert_eq!(end.events, 0);
    let parked = "select attempts || ' ' || parked_reason from stripe_events";
    assert_eq!(fixture.shop.one::<String>(parked).await, "11 payment_not_found");
}

#[tokio::test]
async fn an_event_that_came_before_its_payment_takes_effect_once_there_is_one() {
    let fixture = Fixture::open().await;
    let order = fixture.order().await;
    let intent = fixture.shop.payment(order).await;
    fixture.shop.run("alter table payments rename to hidden").await;
    fixture.shop.run("create table payments (like hidden including indexes)").await;
    fixture.shop.run("grant select, insert, update on payments to app_rw").await;
    fixture.store_event(&intent.event("succeeded", 0)).await;
    fixture.round().await;
    let early = fixture.shop.one::<String>("select status from orders").await;
    fixture.shop.run("drop table payments").await;
    fixture.shop.run("alter table hidden rename to payments").await;
    fixture.make_retries_due().await;

    fixture.round().await;

    assert_eq!(early, "pending");
    assert_eq!(fixture.state(order).await, "confirmed 1999 0 | succeeded | order_confirmed | 5-1");
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn an_event_that_fails_on_our_side_keeps_no_other_waiting_and_is_tried_again() {
    let fixture = Fixture::open().await;
    let (broken, whole) = (fixture.order().await, fixture.order().await);
    for order in [broken, whole] {
        let event = fixture.shop.payment(order).await.event("succeeded", 0);
        fixture.store_event(&event).await;
    }
    let trap = format!(
        "alter table outbox add constraint trap check (dedupe_key <> 'order_confirmed:{broken}')"
    );
    fixture.shop.run(&trap).await;

    let failed = fixture.sweep.round().await;

    assert!(failed.is_err(), "the round must fail, for the alarm");
    assert!(fixture.state(whole).await.starts_with("confirmed"));
    assert_eq!(fixture.state(broken).await, "pending 0 0 | requires_payment_method | 5-1");
    fixture.shop.check_invariants().await;
    fixture.shop.run("alter table outbox drop constraint trap").await;
    fixture.make_retries_due().await;
    assert_eq!(fixture.round().await.events, 1);
    assert!(fixture.state(broken).await.starts_with("confirmed"));
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn an_event_that_keeps_failing_on_our_side_is_parked() {
    let fixture = Fixture::open().await;
    let order = fixture.order().await;
    let event = fixture.shop.payment(order).await.event("succeeded", 0);
    fixture.store_event(&event).await;
    fixture.shop.run("alter table outbox add constraint trap check (false)").await;

    for _ in 0..11 {
        assert!(fixture.sweep.round().await.is_err());
        fixture.make_retries_due().await;
    }

    assert_eq!(fixture.round().await.events, 0);
    let parked = "select attempts || ' ' || parked_reason from stripe_events";
    assert_eq!(fixture.shop.one::<String>(parked).await, "11 failing");
}
