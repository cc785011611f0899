//! `checkout.session.*` events, alone and together with those of the PaymentIntent.

use super::permutations::permutations;
use super::{api, deliver, event_outcome, retry_due_events, state};
use domain::id::OrderId;
use serde_json::{Value, json};
use testkit::{Intent, Order, Product, Shop, send_all};

const UNKNOWN: &str = "pending 0 0 | processing | 5-1";
const PAID: &str = "confirmed 1999 0 | succeeded | captured 1999 | order_confirmed | 5-1";

/// A pending order over 19.99 EUR with an open Checkout Session.
async fn checked_out(shop: &Shop) -> (OrderId, Intent) {
    let product = shop.product(Product { price: 1999, stock: 5, ..Product::any() }).await;
    let order = shop.order(&shop.customer().await, Order { product, quantity: 1 }).await;
    (order, shop.hosted_page(order).await)
}

/// The event of one step: of the session if the step starts with `session.`, of the PaymentIntent otherwise.
fn event(intent: &Intent, step: &str, second: i64) -> Value {
    match step.strip_prefix("session.") {
        Some(step) => intent.session_event(step, second),
        None => intent.event(step, second),
    }
}

/// Delivers the steps in every order, each twice at the same time. Returns the distinct final states.
async fn final_states(steps: &[(&str, i64)]) -> Vec<String> {
    let shop = Shop::open().await;
    let api = api(&shop);
    let mut states = Vec::new();
    for order_of_steps in permutations(&(0..steps.len()).collect::<Vec<_>>()) {
        let (order, intent) = checked_out(&shop).await;
        for (step, second) in order_of_steps.iter().map(|place| steps[*place]) {
            let event = event(&intent, step, second);
            let (one, other) = tokio::join!(api.stripe_event(&event), api.stripe_event(&event));
            assert_eq!((one.status, other.status), (200, 200));
        }
        states.push(state(&shop, order).await);
    }
    let waiting = "select count(*) from stripe_events where processed_at is null";
    assert_eq!(shop.one::<i64>(waiting).await, 0);
    shop.check_invariants().await;
    states.sort();
    states.dedup();
    states
}

#[tokio::test]
async fn a_page_that_is_paid_names_its_intent_and_the_money_is_left_to_that() {
    let shop = Shop::open().await;
    let (order, intent) = checked_out(&shop).await;
    let api = api(&shop);
    let event = intent.session_event("completed", 0);

    for _ in 0..2 {
        deliver(&api, &event).await;
    }
    retry_due_events(&shop).await;

    assert_eq!(state(&shop, order).await, UNKNOWN);
    assert_eq!(event_outcome(&shop, &event).await, "waits");
    let known = "select provider_pi || ' ' || provider_session from payments join checkout_sessions on payment_id = id";
    let expected = format!("{} {}", intent.id, intent.session());
    assert_eq!(shop.one::<String>(known).await, expected);
    deliver(&api, &intent.event("succeeded", 0)).await;
    assert_eq!(state(&shop, order).await, PAID);
    assert_eq!(event_outcome(&shop, &event).await, "done");
    let source = "select source || ' ' || source_id from ledger";
    assert_eq!(shop.one::<String>(source).await, format!("stripe {}", intent.id));
    shop.check_invariants().await;
}

#[tokio::test]
async fn a_page_that_is_completed_many_times_confirms_once() {
    let shop = Shop::open().await;
    let (order, intent) = checked_out(&shop).await;
    let (api, event) = (api(&shop), intent.session_event("completed", 0));

    let mut calls: Vec<_> = (0..10).map(|_| api.stripe_event(&event)).collect();
    calls.extend((0..5).map(|_| api.stripe_event(&intent.session_event("completed", 0))));
    calls.extend((0..5).map(|_| api.stripe_event(&intent.event("succeeded", 0))));
    let responses = send_all(calls).await;

    assert!(responses.iter().all(|response| response.status == 200));
    assert_eq!(state(&shop, order).await, PAID);
    shop.check_invariants().await;
}

#[tokio::test]
async fn a_page_that_is_paid_with_less_than_its_total_never_confirms_the_order() {
    let ended = "cancelled 1000 0 underpaid | succeeded | captured 1000 | late_payment requested 1000 \
                 | order_cancelled order_underpaid | 5-0";
    for session_step in ["completed", "async_payment_succeeded"] {
        for session_is_first in [true, false] {
            let shop = Shop::open().await;
            let (order, intent) = checked_out(&shop).await;
            let api = api(&shop);
            let page = intent.session_event(session_step, 1);
            let mut part = intent.event("succeeded", 1);
            part["data"]["object"]["amount_received"] = json!(1000);
            let steps = if session_is_first { [&page, &part] } else { [&part, &page] };

            for event in steps.into_iter().flat_map(|event| [event; 2]) {
                deliver(&api, event).await;
                let state = state(&shop, order).await;
                assert!([UNKNOWN, ended].contains(&state.as_str()), "{state}");
            }

            assert_eq!(state(&shop, order).await, ended);
            for event in steps {
                assert_eq!(event_outcome(&shop, event).await, "done");
            }
            shop.check_invariants().await;
        }
    }
}

#[tokio::test]
async fn a_page_paid_in_any_order_of_events_ends_paid() {
    let steps = [("created", 0), ("payment_failed", 1), ("succeeded", 3), ("session.completed", 3)];

    assert_eq!(final_states(&steps).await, [PAID]);
}

#[tokio::test]
async fn a_page_paid_by_a_slow_bank_ends_paid() {
    let steps = [
        ("processing", 1),
        ("session.completed_unpaid", 1),
        ("succeeded", 2),
        ("session.async_payment_succeeded", 2),
    ];

    assert_eq!(final_states(&steps).await, [PAID]);
}

#[tokio::test]
async fn a_page_that_the_bank_did_not_pay_leaves_the_order_waiting_for_another_try() {
    let steps = [
        ("processing", 1),
        ("session.completed_unpaid", 1),
        ("payment_failed", 2),
        ("session.async_payment_failed", 2),
    ];

    assert_eq!(final_states(&steps).await, ["pending 0 0 | failed | 5-1"]);
}

#[tokio::test]
async fn a_page_that_nobody_paid_on_ends_its_order_and_the_stock_returns_once() {
    let ended = "cancelled 0 0 payment_canceled | canceled | order_cancelled | 5-0";
    assert_eq!(final_states(&[("session.expired", 5)]).await, [ended]);

    let steps = [("created", 0), ("payment_failed", 1), ("canceled", 5), ("session.expired", 5)];
    assert_eq!(final_states(&steps).await, [ended]);
}

#[tokio::test]
async fn a_page_whose_time_is_over_expires_its_order() {
    let shop = Shop::open().await;
    let (order, intent) = checked_out(&shop).await;
    shop.run("update orders set expires_at = now() - interval '1 second'").await;

    deliver(&api(&shop), &intent.session_event("expired", 0)).await;

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

        deliver(&api(&shop), &event(&intent, step, 0)).await;

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

    deliver(&api(&shop), &intent.session_event("expired", 0)).await;

    let ended = "cancelled 0 0 requested | canceled | order_cancelled | 5-0";
    assert_eq!(state(&shop, order).await, ended);
    shop.check_invariants().await;
}

#[tokio::test]
async fn money_of_a_page_that_comes_after_the_end_goes_back_once() {
    let shop = Shop::open().await;
    let (order, intent) = checked_out(&shop).await;
    let api = api(&shop);
    deliver(&api, &intent.session_event("expired", 1)).await;

    deliver(&api, &intent.session_event("completed", 2)).await;
    deliver(&api, &intent.event("succeeded", 2)).await;

    let ended = "cancelled 1999 0 payment_canceled | succeeded | captured 1999 \
                 | late_payment requested 1999 | order_cancelled | 5-0";
    assert_eq!(state(&shop, order).await, ended);
    shop.check_invariants().await;
}

#[tokio::test]
async fn a_page_over_a_larger_amount_is_an_alarm_and_no_payment() {
    let shop = Shop::open().await;
    let (order, intent) = checked_out(&shop).await;
    let mut event = intent.session_event("completed", 0);
    event["data"]["object"]["amount_total"] = json!(2000);

    deliver(&api(&shop), &event).await;

    assert_eq!(event_outcome(&shop, &event).await, "amount_mismatch");
    assert_eq!(state(&shop, order).await, "pending 0 0 | creating | 5-1");
}

#[tokio::test]
async fn another_page_than_the_payments_own_does_not_pay_it() {
    let shop = Shop::open().await;
    let (order, intent) = checked_out(&shop).await;
    let mut event = intent.session_event("completed", 0);
    event["data"]["object"]["id"] = json!("cs_another");

    deliver(&api(&shop), &event).await;

    assert_eq!(event_outcome(&shop, &event).await, "waits");
    assert_eq!(state(&shop, order).await, "pending 0 0 | creating | 5-1");
}

#[tokio::test]
async fn a_page_of_somebody_else_in_the_same_account_is_kept_without_effect() {
    let shop = Shop::open().await;
    let (order, intent) = checked_out(&shop).await;
    let mut event = intent.session_event("completed", 0);
    event["data"]["object"]["metadata"] = json!({});

    deliver(&api(&shop), &event).await;

    assert_eq!(event_outcome(&shop, &event).await, "done");
    assert_eq!(state(&shop, order).await, "pending 0 0 | creating | 5-1");
}
