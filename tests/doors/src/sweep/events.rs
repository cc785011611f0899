use super::Night;
use serde_json::json;

#[tokio::test]
async fn an_event_left_over_gets_its_effect() {
    let night = Night::fall().await;
    let order = night.order().await;
    let event = night.shop.payment(order).await.event("succeeded", 0);
    night.leave(&event).await;

    let report = night.round().await;
    let again = night.round().await;

    assert_eq!((report.events, again.events), (1, 0));
    assert_eq!(night.state(order).await, "confirmed 1999 0 | succeeded | order_confirmed | 5-1");
    night.shop.check_invariants().await;
}

#[tokio::test]
async fn events_left_over_in_the_wrong_order_end_right() {
    let night = Night::fall().await;
    let order = night.order().await;
    let intent = night.shop.payment(order).await;
    for (step, second) in [("succeeded", 3), ("payment_failed", 2), ("created", 0)] {
        night.leave(&intent.event(step, second)).await;
    }

    assert_eq!(night.round().await.events, 3);

    assert_eq!(night.state(order).await, "confirmed 1999 0 | succeeded | order_confirmed | 5-1");
    night.shop.check_invariants().await;
}

#[tokio::test]
async fn an_event_without_a_match_is_tried_with_growing_pauses_and_then_parked() {
    let night = Night::fall().await;
    let order = night.order().await;
    let mut event = night.shop.payment(order).await.event("succeeded", 0);
    event["data"]["object"]["id"] = json!("pi_unknown");
    event["data"]["object"]["metadata"] = json!({});
    night.leave(&event).await;

    for attempt in 0..10 {
        night.round().await;
        let pause = "select extract(epoch from next_try_at - now())::float8 from stripe_events";
        let pause: f64 = night.shop.one(pause).await;
        let expected = f64::from(5 * 2_u32.pow(attempt));
        assert!((expected - 5.0..=expected).contains(&pause), "{attempt}: {pause}");
        let before = night.shop.snapshot().await;
        night.round().await;
        assert_eq!(night.shop.snapshot().await, before, "not before its time");
        night.wait().await;
    }
    night.round().await;
    night.wait().await;
    let end = night.round().await;

    assert_eq!(end.events, 0);
    let parked = "select attempts || ' ' || parked_reason from stripe_events";
    assert_eq!(night.shop.one::<String>(parked).await, "11 payment_not_found");
}

#[tokio::test]
async fn an_event_that_came_before_its_payment_takes_effect_once_there_is_one() {
    let night = Night::fall().await;
    let order = night.order().await;
    let intent = night.shop.payment(order).await;
    night.shop.run("alter table payments rename to hidden").await;
    night.shop.run("create table payments (like hidden)").await;
    night.shop.run("grant select, insert, update on payments to app_rw").await;
    night.leave(&intent.event("succeeded", 0)).await;
    night.round().await;
    let early = night.shop.one::<String>("select status from orders").await;
    night.shop.run("drop table payments").await;
    night.shop.run("alter table hidden rename to payments").await;
    night.wait().await;

    night.round().await;

    assert_eq!(early, "pending");
    assert_eq!(night.state(order).await, "confirmed 1999 0 | succeeded | order_confirmed | 5-1");
    night.shop.check_invariants().await;
}

#[tokio::test]
async fn an_event_that_fails_on_our_side_keeps_no_other_waiting_and_is_tried_again() {
    let night = Night::fall().await;
    let (broken, whole) = (night.order().await, night.order().await);
    for order in [broken, whole] {
        let event = night.shop.payment(order).await.event("succeeded", 0);
        night.leave(&event).await;
    }
    let trap = format!(
        "alter table outbox add constraint trap check (dedupe_key <> 'order_confirmed:{broken}')"
    );
    night.shop.run(&trap).await;

    let failed = night.sweep.round().await;

    assert!(failed.is_err(), "somebody must be alarmed");
    assert!(night.state(whole).await.starts_with("confirmed"));
    assert_eq!(night.state(broken).await, "pending 0 0 | requires_payment_method | 5-1");
    night.shop.check_invariants().await;
    night.shop.run("alter table outbox drop constraint trap").await;
    night.wait().await;
    assert_eq!(night.round().await.events, 1);
    assert!(night.state(broken).await.starts_with("confirmed"));
    night.shop.check_invariants().await;
}

#[tokio::test]
async fn an_event_that_keeps_failing_on_our_side_is_parked() {
    let night = Night::fall().await;
    let order = night.order().await;
    let event = night.shop.payment(order).await.event("succeeded", 0);
    night.leave(&event).await;
    night.shop.run("alter table outbox add constraint trap check (false)").await;

    for _ in 0..11 {
        assert!(night.sweep.round().await.is_err());
        night.wait().await;
    }

    assert_eq!(night.round().await.events, 0);
    let parked = "select attempts || ' ' || parked_reason from stripe_events";
    assert_eq!(night.shop.one::<String>(parked).await, "11 failing");
}
