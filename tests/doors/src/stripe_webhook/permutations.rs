//! Stripe promises neither order nor uniqueness: whatever the order, a story ends as it must.

use super::{door, ordered, state};
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

/// Tells the steps of a story in every order, each twice, and gives back every end that it came to.
async fn ends(steps: &[&str], at: impl Fn(usize) -> i64) -> Vec<String> {
    let shop = Shop::open().await;
    let door = door(&shop);
    let mut ends = Vec::new();
    for told in permutations(&(0..steps.len()).collect::<Vec<_>>()) {
        let (order, intent) = ordered(&shop).await;
        let events: Vec<_> =
            told.iter().map(|step| intent.event(steps[*step], at(*step))).collect();
        for event in &events {
            // Both copies at once; and below the whole story once more, backwards.
            let (one, other) = tokio::join!(door.stripe_event(event), door.stripe_event(event));
            assert_eq!((one.status, other.status), (200, 200));
        }
        for event in events.iter().rev() {
            assert_eq!(door.stripe_event(event).await.status, 200);
        }
        ends.push(state(&shop, order).await);
    }
    let parked = "select count(*) from stripe_events where processed_at is null";
    assert_eq!(shop.one::<i64>(parked).await, 0);
    shop.check_invariants().await;
    ends.sort();
    ends.dedup();
    ends
}

#[tokio::test]
async fn a_payment_told_in_any_order_ends_paid() {
    let ends = ends(&STEPS, |step| i64::try_from(step).unwrap()).await;

    assert_eq!(ends, ["confirmed 1999 0 | succeeded | captured 1999 | order_confirmed | 5-1"]);
}

#[tokio::test]
async fn a_payment_whose_steps_share_a_second_ends_paid_too() {
    let ends = ends(&STEPS, |_| 0).await;

    assert_eq!(ends, ["confirmed 1999 0 | succeeded | captured 1999 | order_confirmed | 5-1"]);
}

#[tokio::test]
async fn a_payment_that_was_given_up_ends_its_order_in_any_order() {
    let steps = ["created", "processing", "payment_failed", "canceled"];

    let ends = ends(&steps, |step| i64::try_from(step).unwrap()).await;

    assert_eq!(ends, ["cancelled 0 0 payment_canceled | canceled | order_cancelled | 5-0"]);
}

#[tokio::test]
async fn a_payment_that_is_still_open_stands_where_the_newest_step_left_it() {
    let ends = ends(&STEPS[..3], |step| i64::try_from(step).unwrap()).await;

    assert_eq!(ends, ["pending 0 0 | requires_payment_method | 5-1"]);
}
