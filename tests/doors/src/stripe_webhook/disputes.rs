//! What Stripe says of disputes: the goods wait, the money is written down, the staff hear of it once.

use super::{Case, door, fate, later, ordered, told_of_disputes};
use domain::id::OrderId;
use lambda::dispatch::Dispatch;
use orders::Orders;
use serde_json::{Value, json};
use testkit::{Answer, Door, Shop, all};

const DISPUTE: &str = "dp_of_the_bank";

/// A dispute from its first day to its last: step, status, second.
const WON: [(&str, &str, i64); 5] = [
    ("created", "needs_response", 1),
    ("funds_withdrawn", "needs_response", 1),
    ("updated", "under_review", 2),
    ("closed", "won", 3),
    ("funds_reinstated", "won", 3),
];
const LOST: [(&str, &str, i64); 4] = [
    ("created", "needs_response", 1),
    ("funds_withdrawn", "needs_response", 1),
    ("updated", "under_review", 2),
    ("closed", "lost", 3),
];

impl Case {
    /// Tells steps of one dispute, one after the other.
    async fn dispute(&self, steps: &[(&str, &str, i64)]) {
        for (step, status, second) in steps {
            self.tell(&self.intent.dispute_event(DISPUTE, step, status, *second)).await;
        }
    }
}

fn orders_of(shop: &Shop) -> Door {
    Door::new(orders::routes(), Orders { app: shop.app(), dispatch: Dispatch::later() })
}

async fn act(shop: &Shop, order: OrderId, action: &str, wish: &Value) -> Answer {
    let path = format!("/v1/orders/{order}/{action}");
    orders_of(shop).post(&path, wish).by(&shop.staff().await).await
}

async fn shown(shop: &Shop, order: OrderId, below: &str) -> Answer {
    orders_of(shop).get(&format!("/v1/orders/{order}{below}")).by(&shop.staff().await).await
}

#[tokio::test]
async fn an_open_dispute_holds_the_goods_and_the_staff_hear_of_it_once() {
    let case = Case::paid().await;
    let created = case.intent.dispute_event(DISPUTE, "created", "needs_response", 1);

    let twins = all((0..10).map(|_| case.door.stripe_event(&created))).await;
    case.dispute(&WON[..2]).await;

    assert!(twins.iter().all(|answer| answer.status == 200));
    assert_eq!(
        case.told().await,
        "on hold | needs_response fraudulent 1999 | withdrawn 1999 | 1 mail"
    );
    let shipped = act(&case.shop, case.order, "ship", &json!({"carrier": "DHL"})).await;
    let cancelled = act(&case.shop, case.order, "cancel", &json!({})).await;
    assert_eq!(shipped.refusal(), (409, "on_hold"));
    assert_eq!(cancelled.refusal(), (409, "on_hold"));
    let order = shown(&case.shop, case.order, "").await;
    assert_eq!((order.text("/payment_status"), &order.body["on_hold"]), ("disputed", &json!(true)));
    case.shop.check_invariants().await;
}

#[tokio::test]
async fn a_dispute_that_is_won_lets_the_goods_go() {
    let case = Case::paid().await;

    case.dispute(&WON).await;

    let told = "free | won fraudulent 1999 | withdrawn 1999 reinstated 1999 | 1 mail";
    assert_eq!(case.told().await, told);
    assert_eq!(shown(&case.shop, case.order, "").await.text("/payment_status"), "paid");
    let shipped = act(&case.shop, case.order, "ship", &json!({"carrier": "DHL"})).await;
    assert_eq!((shipped.status, shipped.text("/status")), (200, "shipped"), "{}", shipped.body);
    let story = shown(&case.shop, case.order, "/events").await.body.to_string();
    assert!(story.contains("dispute_opened") && story.contains("dispute_closed"), "{story}");
    case.shop.check_invariants().await;
}

#[tokio::test]
async fn a_dispute_that_is_lost_keeps_the_goods_and_the_order_is_cancelled_without_a_refund() {
    let case = Case::paid().await;

    case.dispute(&LOST).await;

    assert_eq!(case.told().await, "on hold | lost fraudulent 1999 | withdrawn 1999 | 1 mail");
    let shipped = act(&case.shop, case.order, "ship", &json!({"carrier": "DHL"})).await;
    assert_eq!(shipped.refusal(), (409, "on_hold"));
    let cancelled = act(&case.shop, case.order, "cancel", &json!({})).await;
    assert_eq!(
        (cancelled.status, cancelled.text("/status"), cancelled.text("/payment_status")),
        (200, "cancelled", "disputed"),
        "{}",
        cancelled.body
    );
    assert_eq!(case.shop.one::<i64>("select count(*) from refunds").await, 0);
    assert_eq!(case.shop.one::<i32>("select reserved from products").await, 0);
    case.shop.check_invariants().await;
}

#[tokio::test]
async fn an_inquiry_holds_the_goods_but_takes_no_money_and_may_be_settled_by_cancelling() {
    let case = Case::paid().await;

    case.dispute(&[("created", "warning_needs_response", 1)]).await;

    assert_eq!(case.told().await, "on hold | warning_needs_response fraudulent 1999 | 1 mail");
    let shipped = act(&case.shop, case.order, "ship", &json!({"carrier": "DHL"})).await;
    assert_eq!(shipped.refusal(), (409, "on_hold"));
    let cancelled = act(&case.shop, case.order, "cancel", &json!({})).await;
    assert_eq!(cancelled.text("/status"), "cancelled", "{}", cancelled.body);
    assert_eq!(case.shop.one::<i64>("select sum(amount_minor)::int8 from refunds").await, 1999);
    case.dispute(&[("closed", "warning_closed", 2)]).await;
    assert_eq!(case.told().await, "free | warning_closed fraudulent 1999 | 1 mail");
    case.shop.check_invariants().await;
}

#[tokio::test]
async fn disputes_told_in_any_order_and_twice_end_alike() {
    let shop = Shop::open().await;
    let door = door(&shop);
    for (story, end) in [
        (&WON[..], "free | won fraudulent 1999 | withdrawn 1999 reinstated 1999 | 1 mail"),
        (&LOST[..], "on hold | lost fraudulent 1999 | withdrawn 1999 | 1 mail"),
    ] {
        // Each step first, the others behind it in both directions; and all of it again, backwards.
        for first in 0..story.len() {
            for backwards in [false, true] {
                let (order, intent) = ordered(&shop).await;
                let dispute = format!("dp_{}", intent.id);
                let mut steps = story.to_vec();
                steps.rotate_left(first);
                if backwards {
                    steps.reverse();
                }
                let again: Vec<_> = steps.iter().rev().copied().collect();
                super::tell(&door, &intent.event("succeeded", 0)).await;
                for (step, status, second) in steps.into_iter().chain(again) {
                    let event = intent.dispute_event(&dispute, step, status, second);
                    super::tell(&door, &event).await;
                }

                let told = told_of_disputes(&shop, order).await;
                // The two ways of the money stand in the ledger as they were told.
                let other = end.replace("withdrawn 1999 reinstated", "reinstated 1999 withdrawn");
                assert!(told == end || told == other, "{first} {backwards}: {told}");
            }
        }
    }
    shop.check_invariants().await;
}

#[tokio::test]
async fn a_dispute_told_before_its_payment_waits_for_it() {
    let shop = Shop::open().await;
    let (order, intent) = ordered(&shop).await;
    let door = door(&shop);
    let early = intent.dispute_event(DISPUTE, "created", "needs_response", 5);

    super::tell(&door, &early).await;
    let before = fate(&shop, &early).await;
    super::tell(&door, &intent.event("succeeded", 1)).await;
    later(&shop).await;

    assert_eq!((before.as_str(), fate(&shop, &early).await.as_str()), ("waits", "done"));
    let told = told_of_disputes(&shop, order).await;
    assert_eq!(told, "on hold | needs_response fraudulent 1999 | 1 mail");
    shop.check_invariants().await;
}

#[tokio::test]
async fn two_disputes_of_one_payment_hold_until_both_are_won() {
    let case = Case::paid().await;
    let tell = async |dispute: &str, status: &str, second| {
        let event = case.intent.dispute_event(dispute, "updated", status, second);
        case.tell(&event).await;
    };
    tell("dp_one", "needs_response", 1).await;
    tell("dp_other", "needs_response", 2).await;

    tell("dp_one", "won", 3).await;
    let half = case.shop.one::<bool>("select on_hold from orders").await;
    tell("dp_other", "won", 4).await;

    assert_eq!((half, case.shop.one::<bool>("select on_hold from orders").await), (true, false));
    case.shop.check_invariants().await;
}

#[tokio::test]
async fn odd_disputes_are_kept_and_believed_for_what_they_can_mean() {
    let case = Case::paid().await;
    let event = || case.intent.dispute_event(DISPUTE, "created", "needs_response", 1);
    let with = |pointer: &str, value: Value| {
        let mut event = event();
        *event.pointer_mut(pointer).unwrap() = value;
        event
    };

    for (odd, expected) in [
        (with("/data/object/status", json!("appealed")), "unreadable"),
        (with("/data/object/amount", json!(0)), "unreadable"),
        (with("/data/object/currency", json!("???")), "unreadable"),
        (with("/data/object", json!({})), "unreadable"),
        (with("/data/object/payment_intent", json!("pi_unknown")), "waits"),
        (with("/data/object/payment_intent", json!(null)), "done"),
    ] {
        case.tell(&odd).await;
        assert_eq!(fate(&case.shop, &odd).await, expected, "{odd}");
    }
    assert_eq!(case.told().await, "free");
    // Banks convert: what they dispute in another currency holds the goods, and is not counted in ours.
    let mut foreign = with("/data/object/currency", json!("usd"));
    foreign["type"] = json!("charge.dispute.funds_withdrawn");
    foreign["data"]["object"]["reason"] = json!("");
    foreign["data"]["object"]["evidence_details"] = json!(null);
    case.tell(&foreign).await;
    assert_eq!(case.told().await, "on hold | needs_response general 1999 | 1 mail");
    case.shop.check_invariants().await;
}
