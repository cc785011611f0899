//! Stripe guarantees neither order nor exactly-once delivery: every order of events leads to the same state.

use super::{api, ordered, retry_due_events, state};
use domain::id::OrderId;
use testkit::Shop;

const STEPS: [&str; 4] = ["created", "processing", "payment_failed", "succeeded"];

pub(super) fn permutations(steps: &[usize]) -> Vec<Vec<usize>> {
    if steps.is_empty() {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for (place, first) in steps.iter().enumerate() {
        let rest = [&steps[..place], &steps[place + 1..]].concat();
        all.extend(permutations(&rest).into_iter().map(|rest| [&[*first], &rest[..]].concat()));
    }
    all
}

/// Five events of one order, each twice, in all 120 permutations.
#[tokio::test]
async fn five_events_told_in_every_order_and_doubled_leave_the_same_rows() {
    let shop = Shop::open().await;
    let api = api(&shop);
    let mut results = Vec::new();
    let all = permutations(&[0, 1, 2, 3, 4]);
    assert_eq!(all.len(), 120);
    for places in &all {
        let (order, intent) = ordered(&shop).await;
        let refund = intent.id.replacen("pi_", "re_", 1);
        let events = [
            intent.event("created", 0),
            intent.event("processing", 1),
            intent.event("payment_failed", 2),
            intent.event("succeeded", 3),
            intent.refund_event(&refund, "succeeded", 500, None, 4),
        ];
        for event in places.iter().map(|place| &events[*place]) {
            let (one, other) = tokio::join!(api.stripe_event(event), api.stripe_event(event));
            assert_eq!((one.status, other.status), (200, 200));
        }
        // A refund that arrives before its payment is applied by the sweep.
        retry_due_events(&shop).await;
        results.push((rows(&shop, order).await, format!("{places:?}")));
    }
    results.sort();
    let hashes: Vec<_> = results.iter().map(|(rows, _)| rows.as_str()).collect();
    assert!(hashes.iter().all(|hash| *hash == hashes[0]), "{results:#?}");
    let waiting = "select count(*) from stripe_events where processed_at is null";
    assert_eq!(shop.one::<i64>(waiting).await, 0);
    let stored = "select count(*) from stripe_events";
    assert_eq!(shop.one::<i64>(stored).await, 600);
    shop.audit().with_exchanges(api.exchanges()).assert_holds().await;
}

/// One hash over all rows of an order, without times and ids, and without versions, which depend on the number of
/// deliveries.
async fn rows(shop: &Shop, order: OrderId) -> String {
    let sql = "
        with data as (
            select 'order' as what, to_jsonb(o) - '{id,user_id,version,number,created_at,updated_at,expires_at,close_at}'::text[] as row
            from orders o where id = $1
            union all
            select 'payment', to_jsonb(p) - '{id,order_id,provider_pi,created_at,updated_at,failed_at}'::text[]
            from payments p where order_id = $1
            union all
            select 'refund', to_jsonb(r) - '{id,payment_id,provider_refund,created_at,updated_at,next_try_at}'::text[]
            from refunds r join payments p on p.id = r.payment_id where p.order_id = $1
            union all
            select 'ledger', jsonb_build_array(kind, amount_minor, source) from ledger where order_id = $1
            union all
            select 'history', jsonb_build_array(from_status, to_status)
            from order_history where order_id = $1 and from_status is distinct from to_status
            union all
            select 'moved', jsonb_build_array(m.source, on_hand_delta, reserved_delta)
            from stock_moves m join order_lines l using (product_id) where l.order_id = $1
            union all
            select 'mail', to_jsonb(split_part(dedupe_key, ':', 1))
            from outbox where split_part(dedupe_key, ':', 2) = $2 and dedupe_key not like 'payment_failed:%'
        )
        select md5(string_agg(what || row, e'\\n' order by what, row::text)) from data";
    shop.admin.query_one(sql, &[&order, &order.to_string()]).await.unwrap().get(0)
}

/// Delivers the steps in every order, each twice. `at` is the second of a step. Returns the distinct final states.
async fn final_states(steps: &[&str], at: impl Fn(usize) -> i64) -> Vec<String> {
    let shop = Shop::open().await;
    let api = api(&shop);
    let mut states = Vec::new();
    for places in permutations(&(0..steps.len()).collect::<Vec<_>>()) {
        let (order, intent) = ordered(&shop).await;
        let events: Vec<_> =
            places.iter().map(|place| intent.event(steps[*place], at(*place))).collect();
        for event in &events {
            // Both copies at the same time; below, all events once more in reverse order.
            let (one, other) = tokio::join!(api.stripe_event(event), api.stripe_event(event));
            assert_eq!((one.status, other.status), (200, 200));
        }
        for event in events.iter().rev() {
            assert_eq!(api.stripe_event(event).await.status, 200);
        }
        states.push(state(&shop, order).await);
    }
    let parked = "select count(*) from stripe_events where processed_at is null";
    assert_eq!(shop.one::<i64>(parked).await, 0);
    shop.audit().with_exchanges(api.exchanges()).assert_holds().await;
    states.sort();
    states.dedup();
    states
}

#[tokio::test]
async fn a_payment_told_in_any_order_ends_paid() {
    let states = final_states(&STEPS, |step| i64::try_from(step).unwrap()).await;

    assert_eq!(states, ["confirmed 1999 0 | succeeded | captured 1999 | order_confirmed | 5-1"]);
}

#[tokio::test]
async fn a_payment_whose_steps_share_a_second_ends_paid_too() {
    let states = final_states(&STEPS, |_| 0).await;

    assert_eq!(states, ["confirmed 1999 0 | succeeded | captured 1999 | order_confirmed | 5-1"]);
}

#[tokio::test]
async fn a_payment_that_was_given_up_ends_its_order_in_any_order() {
    let steps = ["created", "processing", "payment_failed", "canceled"];

    let states = final_states(&steps, |step| i64::try_from(step).unwrap()).await;

    assert_eq!(states, ["cancelled 0 0 payment_canceled | canceled | order_cancelled | 5-0"]);
}

#[tokio::test]
async fn a_payment_that_is_still_open_stands_where_the_newest_step_left_it() {
    let states = final_states(&STEPS[..3], |step| i64::try_from(step).unwrap()).await;

    assert_eq!(states, ["pending 0 0 | requires_payment_method | 5-1"]);
}
