//! `charge.dispute.*` events: the order is put on hold, the amounts go to the ledger, staff get one email.

use super::{Fixture, api, dispute_state, event_outcome, ordered, retry_due_events};
use domain::id::OrderId;
use lambda::dispatcher::OutboxDispatcher;
use orders::Orders;
use serde_json::{Value, json};
use testkit::{ApiClient, Response, Shop, send_all};

const DISPUTE: &str = "dp_of_the_bank";

/// All events of a dispute: step, status, and seconds after the start.
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

impl Fixture {
    /// Delivers the events of one dispute, one after the other.
    async fn dispute(&self, steps: &[(&str, &str, i64)]) {
        for (step, status, second) in steps {
            self.deliver(&self.intent.dispute_event(DISPUTE, step, status, *second)).await;
        }
    }
}

fn orders_of(shop: &Shop) -> ApiClient {
    ApiClient::new(
        orders::routes(),
        Orders { app: shop.app(), dispatcher: OutboxDispatcher::deferred() },
    )
}

async fn act(shop: &Shop, order: OrderId, action: &str, body: &Value) -> Response {
    let path = format!("/v1/orders/{order}/{action}");
    orders_of(shop).post(&path, body).by(&shop.staff().await).await
}

async fn shown(shop: &Shop, order: OrderId, below: &str) -> Response {
    orders_of(shop).get(&format!("/v1/orders/{order}{below}")).by(&shop.staff().await).await
}

#[tokio::test]
async fn an_open_dispute_holds_the_goods_and_the_staff_hear_of_it_once() {
    let fixture = Fixture::paid().await;
    let created = fixture.intent.dispute_event(DISPUTE, "created", "needs_response", 1);

    let twins = send_all((0..10).map(|_| fixture.api.stripe_event(&created))).await;
    fixture.dispute(&WON[..2]).await;

    assert!(twins.iter().all(|response| response.status == 200));
    assert_eq!(
        fixture.dispute_state().await,
        "on hold | needs_response fraudulent 1999 | withdrawn 1999 | 1 mail"
    );
    let shipped = act(&fixture.shop, fixture.order, "ship", &json!({"carrier": "DHL"})).await;
    let cancelled = act(&fixture.shop, fixture.order, "cancel", &json!({})).await;
    assert_eq!(shipped.refusal(), (409, "on_hold"));
    assert_eq!(cancelled.refusal(), (409, "on_hold"));
    let order = shown(&fixture.shop, fixture.order, "").await;
    assert_eq!((order.text("/payment_status"), &order.body["on_hold"]), ("disputed", &json!(true)));
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn a_dispute_that_is_won_lets_the_goods_go() {
    let fixture = Fixture::paid().await;

    fixture.dispute(&WON).await;

    let expected = "free | won fraudulent 1999 | withdrawn 1999 reinstated 1999 | 1 mail";
    assert_eq!(fixture.dispute_state().await, expected);
    assert_eq!(shown(&fixture.shop, fixture.order, "").await.text("/payment_status"), "paid");
    let shipped = act(&fixture.shop, fixture.order, "ship", &json!({"carrier": "DHL"})).await;
    assert_eq!((shipped.status, shipped.text("/status")), (200, "shipped"), "{}", shipped.body);
    let timeline = shown(&fixture.shop, fixture.order, "/events").await.body.to_string();
    assert!(
        timeline.contains("dispute_opened") && timeline.contains("dispute_closed"),
        "{timeline}"
    );
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn a_dispute_that_is_lost_keeps_the_goods_and_the_order_is_cancelled_without_a_refund() {
    let fixture = Fixture::paid().await;

    fixture.dispute(&LOST).await;

    assert_eq!(
        fixture.dispute_state().await,
        "on hold | lost fraudulent 1999 | withdrawn 1999 | 1 mail"
    );
    let shipped = act(&fixture.shop, fixture.order, "ship", &json!({"carrier": "DHL"})).await;
    assert_eq!(shipped.refusal(), (409, "on_hold"));
    let cancelled = act(&fixture.shop, fixture.order, "cancel", &json!({})).await;
    assert_eq!(
        (cancelled.status, cancelled.text("/status"), cancelled.text("/payment_status")),
        (200, "cancelled", "disputed"),
        "{}",
        cancelled.body
    );
    assert_eq!(fixture.shop.one::<i64>("select count(*) from refunds").await, 0);
    assert_eq!(fixture.shop.one::<i32>("select reserved from products").await, 0);
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn an_inquiry_holds_the_goods_but_takes_no_money_and_may_be_settled_by_cancelling() {
    let fixture = Fixture::paid().await;

    fixture.dispute(&[("created", "warning_needs_response", 1)]).await;

    assert_eq!(
        fixture.dispute_state().await,
        "on hold | warning_needs_response fraudulent 1999 | 1 mail"
    );
    let shipped = act(&fixture.shop, fixture.order, "ship", &json!({"carrier": "DHL"})).await;
    assert_eq!(shipped.refusal(), (409, "on_hold"));
    let cancelled = act(&fixture.shop, fixture.order, "cancel", &json!({})).await;
    assert_eq!(cancelled.text("/status"), "cancelled", "{}", cancelled.body);
    assert_eq!(fixture.shop.one::<i64>("select sum(amount_minor)::int8 from refunds").await, 1999);
    fixture.dispute(&[("closed", "warning_closed", 2)]).await;
    assert_eq!(fixture.dispute_state().await, "free | warning_closed fraudulent 1999 | 1 mail");
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn disputes_told_in_any_order_and_twice_end_alike() {
    let shop = Shop::open().await;
    let api = api(&shop);
    for (steps, end) in [
        (&WON[..], "free | won fraudulent 1999 | withdrawn 1999 reinstated 1999 | 1 mail"),
        (&LOST[..], "on hold | lost fraudulent 1999 | withdrawn 1999 | 1 mail"),
    ] {
        // Starting with each step, the rest forwards or backwards; then all of them again in reverse.
        for first in 0..steps.len() {
            for backwards in [false, true] {
                let (order, intent) = ordered(&shop).await;
                let dispute = format!("dp_{}", intent.id);
                let mut steps = steps.to_vec();
                steps.rotate_left(first);
                if backwards {
                    steps.reverse();
                }
                let again: Vec<_> = steps.iter().rev().copied().collect();
                super::deliver(&api, &intent.event("succeeded", 0)).await;
                for (step, status, second) in steps.into_iter().chain(again) {
                    let event = intent.dispute_event(&dispute, step, status, second);
                    super::deliver(&api, &event).await;
                }

                let state = dispute_state(&shop, order).await;
                // The ledger keeps the order of delivery.
                let other = end.replace("withdrawn 1999 reinstated", "reinstated 1999 withdrawn");
                assert!(state == end || state == other, "{first} {backwards}: {state}");
            }
        }
    }
    shop.check_invariants().await;
}

#[tokio::test]
async fn a_dispute_told_before_its_payment_waits_for_it() {
    let shop = Shop::open().await;
    let (order, intent) = ordered(&shop).await;
    let api = api(&shop);
    let early = intent.dispute_event(DISPUTE, "created", "needs_response", 5);

    super::deliver(&api, &early).await;
    let before = event_outcome(&shop, &early).await;
    super::deliver(&api, &intent.event("succeeded", 1)).await;
    retry_due_events(&shop).await;

    assert_eq!((before.as_str(), event_outcome(&shop, &early).await.as_str()), ("waits", "done"));
    let state = dispute_state(&shop, order).await;
    assert_eq!(state, "on hold | needs_response fraudulent 1999 | 1 mail");
    shop.check_invariants().await;
}

#[tokio::test]
async fn two_disputes_of_one_payment_hold_until_both_are_won() {
    let fixture = Fixture::paid().await;
    let deliver = async |dispute: &str, status: &str, second| {
        let event = fixture.intent.dispute_event(dispute, "updated", status, second);
        fixture.deliver(&event).await;
    };
    deliver("dp_one", "needs_response", 1).await;
    deliver("dp_other", "needs_response", 2).await;

    deliver("dp_one", "won", 3).await;
    let half = fixture.shop.one::<bool>("select on_hold from orders").await;
    deliver("dp_other", "won", 4).await;

    assert_eq!((half, fixture.shop.one::<bool>("select on_hold from orders").await), (true, false));
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn odd_disputes_are_kept_and_believed_for_what_they_can_mean() {
    let fixture = Fixture::paid().await;
    let event = || fixture.intent.dispute_event(DISPUTE, "created", "needs_response", 1);
    let with = |pointer: &str, value: Value| {
        let mut event = event();
        *event.pointer_mut(pointer).unwrap() = value;
        event
    };

    for (odd, expected) in [
        (with("/data/object/status", json!("")), "unreadable"),
        (with("/data/object/amount", json!(-1)), "unreadable"),
        (with("/data/object/currency", json!("???")), "unreadable"),
        (with("/data/object", json!({})), "unreadable"),
        (with("/data/object/payment_intent", json!("pi_unknown")), "done"),
        (with("/data/object/payment_intent", json!(null)), "done"),
    ] {
        fixture.deliver(&odd).await;
        assert_eq!(event_outcome(&fixture.shop, &odd).await, expected, "{odd}");
    }
    assert_eq!(fixture.dispute_state().await, "free");
    // Banks convert: a dispute in another currency puts the order on hold, but adds no ledger entry.
    let mut foreign = with("/data/object/currency", json!("usd"));
    foreign["type"] = json!("charge.dispute.funds_withdrawn");
    foreign["data"]["object"]["reason"] = json!("");
    foreign["data"]["object"]["evidence_details"] = json!(null);
    fixture.deliver(&foreign).await;
    assert_eq!(fixture.dispute_state().await, "on hold | needs_response general 1999 | 1 mail");
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn a_status_that_stripe_adds_holds_the_goods_and_is_kept_as_text() {
    let fixture = Fixture::paid().await;

    fixture.dispute(&[("created", "arbitration", 1)]).await;

    let state = fixture.dispute_state().await;
    assert_eq!(state, "on hold | arbitration fraudulent 1999 | 1 mail");
    let shipped = act(&fixture.shop, fixture.order, "ship", &json!({"carrier": "DHL"})).await;
    let cancelled = act(&fixture.shop, fixture.order, "cancel", &json!({})).await;
    assert_eq!(shipped.refusal(), (409, "on_hold"));
    assert_eq!(cancelled.refusal(), (409, "on_hold"));
    fixture.dispute(&[("closed", "won", 2)]).await;
    let state = fixture.dispute_state().await;
    assert_eq!(state, "free | won fraudulent 1999 | 1 mail");
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn a_decision_that_is_appealed_holds_the_goods_until_the_next_one() {
    let fixture = Fixture::paid().await;

    fixture.dispute(&WON).await;
    fixture.dispute(&[("updated", "appeal_needs_response", 4)]).await;
    let appealed = fixture.dispute_state().await;
    fixture.dispute(&[("updated", "appeal_under_review", 5), ("closed", "won", 6)]).await;

    let funds = "withdrawn 1999 reinstated 1999 | 1 mail";
    assert_eq!(appealed, format!("on hold | appeal_needs_response fraudulent 1999 | {funds}"));
    let won = fixture.dispute_state().await;
    assert_eq!(won, format!("free | won fraudulent 1999 | {funds}"));
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn a_dispute_over_nothing_that_nobody_can_answer_is_kept_without_money_or_day() {
    let fixture = Fixture::paid().await;
    let mut event = fixture.intent.dispute_event(DISPUTE, "funds_withdrawn", "needs_response", 1);
    event["data"]["object"]["amount"] = json!(0);
    event["data"]["object"]["evidence_details"]["due_by"] = json!(0);

    fixture.deliver(&event).await;

    let state = fixture.dispute_state().await;
    assert_eq!(state, "on hold | needs_response fraudulent 0 | 1 mail");
    let days = "select count(*) from disputes where evidence_due_at is not null";
    assert_eq!(fixture.shop.one::<i64>(days).await, 0);
    fixture.shop.check_invariants().await;
}
