//! `payment_intent.*` events: confirming, failing, cancelling, and payments that arrive late.

use super::{api, deliver, event_outcome, ordered, retry_due_events, state};
use serde_json::json;
use testkit::{Shop, send_all};

#[tokio::test]
async fn an_order_is_confirmed_by_its_money() {
    let shop = Shop::open().await;
    let (order, intent) = ordered(&shop).await;
    let event = intent.event("succeeded", 0);

    deliver(&api(&shop), &event).await;

    let paid = "confirmed 1999 0 | succeeded | captured 1999 | order_confirmed | 5-1";
    assert_eq!(state(&shop, order).await, paid);
    assert_eq!(event_outcome(&shop, &event).await, "done");
    let source = "select source || ' ' || source_id from ledger";
    assert_eq!(shop.one::<String>(source).await, format!("stripe {}", intent.id));
    shop.check_invariants().await;
}

#[tokio::test]
async fn an_event_delivered_twenty_times_at_once_has_one_effect() {
    let shop = Shop::open().await;
    let (order, intent) = ordered(&shop).await;
    let (api, event) = (api(&shop), intent.event("succeeded", 0));

    let responses = send_all((0..20).map(|_| api.stripe_event(&event))).await;

    assert!(responses.iter().all(|response| response.status == 200));
    let paid = "confirmed 1999 0 | succeeded | captured 1999 | order_confirmed | 5-1";
    assert_eq!(state(&shop, order).await, paid);
    assert_eq!(shop.one::<i64>("select count(*) from stripe_events").await, 1);
    assert_eq!(shop.one::<i32>("select attempts from stripe_events").await, 1);
    assert_eq!(shop.one::<i64>("select count(*) from order_history").await, 2);
    shop.check_invariants().await;
}

#[tokio::test]
async fn many_events_of_one_success_have_one_effect() {
    let shop = Shop::open().await;
    let (order, intent) = ordered(&shop).await;
    let api = api(&shop);

    let responses = send_all((0..8).map(|_| api.stripe_event(&intent.event("succeeded", 0)))).await;

    assert!(responses.iter().all(|response| response.status == 200));
    let paid = "confirmed 1999 0 | succeeded | captured 1999 | order_confirmed | 5-1";
    assert_eq!(state(&shop, order).await, paid);
    assert_eq!(shop.one::<i64>("select count(*) from stripe_events").await, 8);
    shop.check_invariants().await;
}

#[tokio::test]
async fn a_failed_try_changes_nothing_about_money_that_came() {
    let shop = Shop::open().await;
    let (order, intent) = ordered(&shop).await;
    let api = api(&shop);
    deliver(&api, &intent.event("succeeded", 5)).await;
    let before = state(&shop, order).await;

    for step in ["payment_failed", "processing", "created", "canceled"] {
        let event = intent.event(step, 9);
        deliver(&api, &event).await;
        assert_eq!(event_outcome(&shop, &event).await, "done");
    }

    assert_eq!(state(&shop, order).await, before);
    shop.check_invariants().await;
}

#[tokio::test]
async fn a_failed_try_leaves_the_order_waiting_for_another() {
    let shop = Shop::open().await;
    let (order, intent) = ordered(&shop).await;
    let api = api(&shop);

    deliver(&api, &intent.event("payment_failed", 1)).await;

    assert_eq!(state(&shop, order).await, "pending 0 0 | requires_payment_method | 5-1");
    deliver(&api, &intent.event("succeeded", 2)).await;
    assert!(state(&shop, order).await.starts_with("confirmed 1999 0"));
    shop.check_invariants().await;
}

#[tokio::test]
async fn a_canceled_payment_ends_its_order_and_the_stock_returns() {
    let shop = Shop::open().await;
    let (order, intent) = ordered(&shop).await;
    let event = intent.event("canceled", 1);

    deliver(&api(&shop), &event).await;

    let ended = "cancelled 0 0 payment_canceled | canceled | order_cancelled | 5-0";
    assert_eq!(state(&shop, order).await, ended);
    assert_eq!(event_outcome(&shop, &event).await, "done");
    shop.check_invariants().await;
}

#[tokio::test]
async fn the_end_of_an_abandoned_payment_spares_the_order_that_has_another() {
    let shop = Shop::open().await;
    let (order, abandoned) = ordered(&shop).await;
    shop.run("update payments set status = 'failed', provider_pi = null").await;
    shop.payment(order).await;

    deliver(&api(&shop), &abandoned.event("canceled", 1)).await;

    let status = shop.one::<String>("select status from orders").await;
    assert_eq!(status, "pending");
    shop.check_invariants().await;
}

#[tokio::test]
async fn money_that_comes_after_the_end_goes_back_once() {
    let shop = Shop::open().await;
    let (order, intent) = ordered(&shop).await;
    let api = api(&shop);
    deliver(&api, &intent.event("canceled", 1)).await;

    let late = intent.event("succeeded", 2);
    let mut calls: Vec<_> = (0..5).map(|_| api.stripe_event(&late)).collect();
    calls.push(api.stripe_event(&intent.event("succeeded", 2)));
    let responses = send_all(calls).await;

    assert!(responses.iter().all(|response| response.status == 200));
    let ended = "cancelled 1999 0 payment_canceled | succeeded | captured 1999 \
                 | late_payment requested 1999 | order_cancelled | 5-0";
    assert_eq!(state(&shop, order).await, ended);
    shop.check_invariants().await;
}

#[tokio::test]
async fn money_that_comes_after_the_buyer_asked_for_the_end_goes_back() {
    let shop = Shop::open().await;
    let (order, intent) = ordered(&shop).await;
    let ask = "update orders set cancel_requested_at = now(), cancel_reason = 'requested'";
    shop.run(ask).await;

    deliver(&api(&shop), &intent.event("succeeded", 2)).await;

    let ended = "cancelled 1999 0 requested | succeeded | captured 1999 \
                 | late_payment requested 1999 | order_cancelled | 5-0";
    assert_eq!(state(&shop, order).await, ended);
    shop.check_invariants().await;
}

#[tokio::test]
async fn money_that_comes_after_time_but_before_the_end_confirms_the_order() {
    let shop = Shop::open().await;
    let (order, intent) = ordered(&shop).await;
    shop.run("update orders set expires_at = now() - interval '1 hour'").await;

    deliver(&api(&shop), &intent.event("succeeded", 2)).await;

    assert!(state(&shop, order).await.starts_with("confirmed 1999 0"));
    shop.check_invariants().await;
}

#[tokio::test]
async fn an_event_that_overtakes_our_own_note_finds_its_payment_by_our_id() {
    let shop = Shop::open().await;
    let (order, intent) = ordered(&shop).await;
    shop.run("update payments set status = 'creating', provider_pi = null").await;

    deliver(&api(&shop), &intent.event("succeeded", 2)).await;

    let paid = "confirmed 1999 0 | succeeded | captured 1999 | order_confirmed | 5-1";
    assert_eq!(state(&shop, order).await, paid);
    let attached = "select provider_pi from payments";
    assert_eq!(shop.one::<String>(attached).await, intent.id);
    shop.check_invariants().await;
}

#[tokio::test]
async fn an_event_days_late_counts_if_it_moves_the_payment_on() {
    let shop = Shop::open().await;
    let (order, intent) = ordered(&shop).await;
    let mut event = intent.event("succeeded", 0);
    event["created"] = json!(1_500_000_000);

    deliver(&api(&shop), &event).await;

    assert!(state(&shop, order).await.starts_with("confirmed 1999 0"));
    shop.check_invariants().await;
}

#[tokio::test]
async fn cancelling_and_paying_at_once_have_one_winner() {
    let shop = Shop::open().await;
    let api = api(&shop);
    let mut orders = Vec::new();
    for _ in 0..10 {
        orders.push(ordered(&shop).await);
    }

    let calls = orders.iter().flat_map(|(_, intent)| {
        ["canceled", "succeeded"].map(|step| api.stripe_event(&intent.event(step, 1)))
    });
    send_all(calls).await;

    for (order, _) in orders {
        let paid = "confirmed 1999 0 | succeeded | captured 1999 | order_confirmed | 5-1";
        let ended = "cancelled 1999 0 payment_canceled | succeeded | captured 1999 \
                     | late_payment requested 1999 | order_cancelled | 5-0";
        let state = state(&shop, order).await;
        assert!(state == paid || state == ended, "{state}");
    }
    shop.check_invariants().await;
}

const UNPAID: &str = "pending 0 0 | requires_payment_method | 5-1";
const PAID: &str = "confirmed 1999 0 | succeeded | captured 1999 | order_confirmed | 5-1";
const WAITING: &str =
    "select count(*) from stripe_events where processed_at is null and parked_reason is null";

#[tokio::test]
async fn an_event_whose_effect_fails_is_kept_all_the_same_and_the_sweep_sees_to_it() {
    let shop = Shop::open().await;
    let (order, intent) = ordered(&shop).await;
    let api = api(&shop);
    shop.run("alter table outbox add constraint trap check (topic <> 'mail') not valid").await;

    deliver(&api, &intent.event("succeeded", 0)).await;

    assert_eq!(state(&shop, order).await, UNPAID);
    assert_eq!(shop.one::<i64>(WAITING).await, 1);
    shop.run("alter table outbox drop constraint trap").await;
    retry_due_events(&shop).await;
    assert_eq!(state(&shop, order).await, PAID);
    shop.check_invariants().await;
}

#[tokio::test]
async fn an_event_whose_effect_takes_long_is_kept_all_the_same_and_the_sweep_sees_to_it() {
    let shop = Shop::open().await;
    let (order, intent) = ordered(&shop).await;
    let api = api(&shop);
    shop.run("begin").await;
    shop.run("select from orders for update").await;

    deliver(&api, &intent.event("succeeded", 0)).await;

    shop.run("rollback").await;
    assert_eq!(state(&shop, order).await, UNPAID);
    assert_eq!(shop.one::<i64>(WAITING).await, 1);
    retry_due_events(&shop).await;
    assert_eq!(state(&shop, order).await, PAID);
    shop.check_invariants().await;
}

#[tokio::test]
async fn an_order_that_is_paid_in_part_is_cancelled_and_what_came_is_refunded() {
    let shop = Shop::open().await;
    let (order, intent) = ordered(&shop).await;
    let mut event = intent.event("succeeded", 1);
    event["data"]["object"]["amount_received"] = 1000.into();

    for _ in 0..2 {
        deliver(&api(&shop), &event).await;
    }

    assert_eq!(event_outcome(&shop, &event).await, "done");
    let ended = "cancelled 1000 0 underpaid | succeeded | captured 1000 | late_payment requested 1000 \
                 | order_cancelled order_underpaid | 5-0";
    assert_eq!(state(&shop, order).await, ended);
    // An older event with the amount that was asked for is no news.
    deliver(&api(&shop), &intent.event("processing", 0)).await;
    assert_eq!(state(&shop, order).await, ended);
    shop.check_invariants().await;
}

#[tokio::test]
async fn an_order_for_which_nothing_came_although_its_payment_succeeded_is_cancelled() {
    let shop = Shop::open().await;
    let (order, intent) = ordered(&shop).await;
    let mut event = intent.event("succeeded", 1);
    event["data"]["object"]["amount_received"] = 0.into();

    deliver(&api(&shop), &event).await;

    assert_eq!(event_outcome(&shop, &event).await, "done");
    let ended = "cancelled 0 0 payment_canceled | canceled | order_cancelled order_underpaid | 5-0";
    assert_eq!(state(&shop, order).await, ended);
    shop.check_invariants().await;
}
