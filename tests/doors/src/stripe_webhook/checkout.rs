//! What the events of a checkout session do, beside those of the intent it carries.

use super::permutations::permutations;
use super::{door, fate, state, tell};
use domain::id::OrderId;
use serde_json::{Value, json};
use testkit::{Intent, Order, Product, Shop, all};

const PAID: &str = "confirmed 1999 0 | succeeded | captured 1999 | order_confirmed | 5-1";

/// A pending order over 19.99 EUR with an open page of Stripe's.
async fn checked_out(shop: &Shop) -> (OrderId, Intent) {
    let product = shop.product(Product { price: 1999, stock: 5, ..Product::any() }).await;
    let order = shop.order(&shop.customer().await, Order { product, quantity: 1 }).await;
    (order, shop.checkout(order).await)
}

/// A step of a story: of the session if its name says so, of the intent if not.
fn event(intent: &Intent, step: &str, second: i64) -> Value {
    match step.strip_prefix("session.") {
        Some(step) => intent.session_event(step, second),
        None => intent.event(step, second),
    }
}

/// Tells the steps of a story in every order, each twice at once, and gives back every end that it came to.
async fn ends(story: &[(&str, i64)]) -> Vec<String> {
    let shop = Shop::open().await;
    let door = door(&shop);
    let mut ends = Vec::new();
    for told in permutations(&(0..story.len()).collect::<Vec<_>>()) {
        let (order, intent) = checked_out(&shop).await;
        for (step, second) in told.iter().map(|step| story[*step]) {
            let event = event(&intent, step, second);
            let (one, other) = tokio::join!(door.stripe_event(&event), door.stripe_event(&event));
            assert_eq!((one.status, other.status), (200, 200));
        }
        ends.push(state(&shop, order).await);
    }
    let waiting = "select count(*) from stripe_events where processed_at is null";
    assert_eq!(shop.one::<i64>(waiting).await, 0);
    shop.check_invariants().await;
    ends.sort();
    ends.dedup();
    ends
}

#[tokio::test]
async fn an_order_is_confirmed_by_its_page() {
    let shop = Shop::open().await;
    let (order, intent) = checked_out(&shop).await;
    let event = intent.session_event("completed", 0);

    tell(&door(&shop), &event).await;

    assert_eq!(state(&shop, order).await, PAID);
    assert_eq!(fate(&shop, &event).await, "done");
    let known = "select provider_pi || ' ' || provider_session from payments join checkout_sessions on payment_id = id";
    let expected = format!("{} {}", intent.id, intent.session());
    assert_eq!(shop.one::<String>(known).await, expected);
    let source = "select source || ' ' || source_id from ledger";
    assert_eq!(shop.one::<String>(source).await, format!("stripe {}", intent.id));
    shop.check_invariants().await;
}

#[tokio::test]
async fn a_page_that_is_completed_many_times_confirms_once() {
    let shop = Shop::open().await;
    let (order, intent) = checked_out(&shop).await;
    let (door, event) = (door(&shop), intent.session_event("completed", 0));

    let mut calls: Vec<_> = (0..10).map(|_| door.stripe_event(&event)).collect();
    calls.extend((0..5).map(|_| door.stripe_event(&intent.session_event("completed", 0))));
    calls.extend((0..5).map(|_| door.stripe_event(&intent.event("succeeded", 0))));
    let answers = all(calls).await;

    assert!(answers.iter().all(|answer| answer.status == 200));
    assert_eq!(state(&shop, order).await, PAID);
    shop.check_invariants().await;
}

#[tokio::test]
async fn a_page_paid_in_any_order_of_events_ends_paid() {
    let story = [("created", 0), ("payment_failed", 1), ("succeeded", 3), ("session.completed", 3)];

    assert_eq!(ends(&story).await, [PAID]);
}

#[tokio::test]
async fn a_page_paid_by_a_slow_bank_ends_paid() {
    let story = [
        ("processing", 1),
        ("session.completed_unpaid", 1),
        ("succeeded", 2),
        ("session.async_payment_succeeded", 2),
    ];

    assert_eq!(ends(&story).await, [PAID]);
}

#[tokio::test]
async fn a_page_that_the_bank_did_not_pay_leaves_the_order_waiting_for_another_try() {
    let story = [
        ("processing", 1),
        ("session.completed_unpaid", 1),
        ("payment_failed", 2),
        ("session.async_payment_failed", 2),
    ];

    assert_eq!(ends(&story).await, ["pending 0 0 | failed | 5-1"]);
}

#[tokio::test]
async fn a_page_that_nobody_paid_on_ends_its_order_and_the_stock_returns_once() {
    let ended = "cancelled 0 0 payment_canceled | canceled | order_cancelled | 5-0";
    assert_eq!(ends(&[("session.expired", 5)]).await, [ended]);

    let story = [("created", 0), ("payment_failed", 1), ("canceled", 5), ("session.expired", 5)];
    assert_eq!(ends(&story).await, [ended]);
}

#[tokio::test]
async fn a_page_whose_time_is_over_expires_its_order() {
    let shop = Shop::open().await;
    let (order, intent) = checked_out(&shop).await;
    shop.run("update orders set expires_at = now() - interval '1 second'").await;

    tell(&door(&shop), &intent.session_event("expired", 0)).await;

    let ended = "cancelled 0 0 expired | canceled | order_cancelled | 5-0";
    assert_eq!(state(&shop, order).await, ended);
    shop.check_invariants().await;
}

#[tokio::test]
async fn a_page_or_an_intent_that_was_replaced_ends_without_its_order() {
    for step in ["session.expired", "canceled"] {
        let shop = Shop::open().await;
        let (order, intent) = checked_out(&shop).await;
        shop.run("update payments set replaced_at = now()").await;

        tell(&door(&shop), &event(&intent, step, 0)).await;

        assert_eq!(state(&shop, order).await, "pending 0 0 | canceled | 5-1", "{step}");
        shop.check_invariants().await;
    }
}

#[tokio::test]
async fn a_page_that_was_replaced_ends_with_its_order_if_that_shall_end() {
    let shop = Shop::open().await;
    let (order, intent) = checked_out(&shop).await;
    let ask = "update orders set cancel_requested_at = now(), cancel_reason = 'requested'";
    shop.run(ask).await;
    shop.run("update payments set replaced_at = now()").await;

    tell(&door(&shop), &intent.session_event("expired", 0)).await;

    let ended = "cancelled 0 0 requested | canceled | order_cancelled | 5-0";
    assert_eq!(state(&shop, order).await, ended);
    shop.check_invariants().await;
}

#[tokio::test]
async fn money_of_a_page_that_comes_after_the_end_goes_back_once() {
    let shop = Shop::open().await;
    let (order, intent) = checked_out(&shop).await;
    let door = door(&shop);
    tell(&door, &intent.session_event("expired", 1)).await;

    tell(&door, &intent.session_event("completed", 2)).await;
    tell(&door, &intent.event("succeeded", 2)).await;

    let ended = "cancelled 1999 0 payment_canceled | succeeded | captured 1999 \
                 | late_payment requested 1999 | order_cancelled | 5-0";
    assert_eq!(state(&shop, order).await, ended);
    shop.check_invariants().await;
}

#[tokio::test]
async fn a_page_over_another_amount_is_an_alarm_and_no_payment() {
    let shop = Shop::open().await;
    let (order, intent) = checked_out(&shop).await;
    let mut event = intent.session_event("completed", 0);
    event["data"]["object"]["amount_total"] = json!(1);

    tell(&door(&shop), &event).await;

    assert_eq!(fate(&shop, &event).await, "amount_mismatch");
    assert_eq!(state(&shop, order).await, "pending 0 0 | creating | 5-1");
}

#[tokio::test]
async fn another_page_than_the_payments_own_does_not_pay_it() {
    let shop = Shop::open().await;
    let (order, intent) = checked_out(&shop).await;
    let mut event = intent.session_event("completed", 0);
    event["data"]["object"]["id"] = json!("cs_another");

    tell(&door(&shop), &event).await;

    assert_eq!(fate(&shop, &event).await, "waits");
    assert_eq!(state(&shop, order).await, "pending 0 0 | creating | 5-1");
}

#[tokio::test]
async fn a_page_of_somebody_else_in_the_same_account_is_kept_without_effect() {
    let shop = Shop::open().await;
    let (order, intent) = checked_out(&shop).await;
    let mut event = intent.session_event("completed", 0);
    event["data"]["object"]["metadata"] = json!({});

    tell(&door(&shop), &event).await;

    assert_eq!(fate(&shop, &event).await, "done");
    assert_eq!(state(&shop, order).await, "pending 0 0 | creating | 5-1");
}
