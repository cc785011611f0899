//! Every event type that Stripe sends us, and its effect.

use super::{api, deliver, dispute_state, event_outcome, ordered, state};
use domain::id::OrderId;
use domain::workflows::{self, CloseOutcome};
use lambda::dispatcher::OutboxDispatcher;
use orders::Orders;
use serde_json::{Value, json};
use testkit::{ApiClient, Intent, Shop};

/// An event, and the expected state of the order after it.
struct Effect {
    kind: &'static str,
    /// The events delivered before.
    before: fn(&Intent) -> Vec<Value>,
    event: fn(&Intent) -> Value,
    state: &'static str,
    disputes: &'static str,
    payment_status: &'static str,
}

fn nothing(_: &Intent) -> Vec<Value> {
    Vec::new()
}

fn paid(intent: &Intent) -> Vec<Value> {
    vec![intent.event("succeeded", 1)]
}

fn refunded(intent: &Intent) -> Vec<Value> {
    vec![intent.event("succeeded", 1), refund(intent, "succeeded", 3)]
}

fn disputed(intent: &Intent) -> Vec<Value> {
    vec![intent.event("succeeded", 1), dispute(intent, "created", "needs_response", 2)]
}

fn warned(intent: &Intent) -> Vec<Value> {
    let warning = intent.warning_event(&format!("issfr_{}", intent.id), "created", true);
    vec![intent.event("succeeded", 1), warning]
}

fn reviewed(intent: &Intent) -> Vec<Value> {
    let review = intent.review_event(&format!("prv_{}", intent.id), "opened");
    vec![intent.event("succeeded", 1), review]
}

fn refund(intent: &Intent, status: &str, second: i64) -> Value {
    intent.refund_event(&format!("re_{}", intent.id), status, 500, None, second)
}

fn dispute(intent: &Intent, step: &str, status: &str, second: i64) -> Value {
    intent.dispute_event(&format!("dp_{}", intent.id), step, status, second)
}

/// An event of another type, about the charge of the PaymentIntent.
fn other(intent: &Intent, kind: &str) -> Value {
    let mut event = intent.event("succeeded", 4);
    event["type"] = json!(kind);
    event["data"]["object"] = json!({
        "id": "ch_1", "object": "charge", "amount": 1999, "amount_refunded": 500, "currency": "eur",
        "payment_intent": intent.id, "status": "succeeded",
    });
    event
}

const UNPAID: &str = "pending 0 0 | requires_payment_method | 5-1";
const PAID: &str = "confirmed 1999 0 | succeeded | captured 1999 | order_confirmed | 5-1";

const EFFECTS: &[Effect] = &[
    Effect {
        kind: "payment_intent.created",
        before: nothing,
        event: |intent| intent.event("created", 0),
        state: UNPAID,
        disputes: "free",
        payment_status: "unpaid",
    },
    Effect {
        kind: "payment_intent.requires_action",
        before: nothing,
        event: |intent| intent.event("requires_action", 1),
        state: "pending 0 0 | requires_action | 5-1",
        disputes: "free",
        payment_status: "unpaid",
    },
    Effect {
        kind: "payment_intent.processing",
        before: nothing,
        event: |intent| intent.event("processing", 1),
        state: "pending 0 0 | processing | 5-1",
        disputes: "free",
        payment_status: "processing",
    },
    Effect {
        kind: "payment_intent.amount_capturable_updated",
        before: nothing,
        event: |intent| intent.event("amount_capturable_updated", 1),
        state: "pending 0 0 | requires_capture | 5-1",
        disputes: "free",
        payment_status: "authorized",
    },
    Effect {
        kind: "payment_intent.succeeded",
        before: nothing,
        event: |intent| intent.event("succeeded", 1),
        state: PAID,
        disputes: "free",
        payment_status: "paid",
    },
    Effect {
        kind: "payment_intent.payment_failed",
        before: nothing,
        event: |intent| intent.event("payment_failed", 1),
        state: UNPAID,
        disputes: "free",
        payment_status: "failed",
    },
    Effect {
        kind: "payment_intent.canceled",
        before: nothing,
        event: |intent| intent.event("canceled", 1),
        state: "cancelled 0 0 payment_canceled | canceled | order_cancelled | 5-0",
        disputes: "free",
        payment_status: "unpaid",
    },
    Effect {
        kind: "refund.created",
        before: paid,
        event: |intent| refund(intent, "pending", 2),
        state: "confirmed 1999 500 | succeeded | captured 1999 refunded 500 \
                | dashboard pending 500 | order_confirmed | 5-1",
        disputes: "free",
        payment_status: "partially_refunded",
    },
    Effect {
        kind: "refund.updated",
        before: paid,
        event: |intent| refund(intent, "succeeded", 3),
        state: "confirmed 1999 500 | succeeded | captured 1999 refunded 500 \
                | dashboard succeeded 500 | order_confirmed | 5-1",
        disputes: "free",
        payment_status: "partially_refunded",
    },
    Effect {
        kind: "refund.failed",
        before: refunded,
        event: |intent| refund(intent, "failed", 4),
        state: "confirmed 1999 0 | succeeded | captured 1999 refunded 500 refund_failed 500 \
                | dashboard failed 500 | order_confirmed | 5-1",
        disputes: "free",
        payment_status: "paid",
    },
    // From endpoints of older API versions, in place of `refund.updated`.
    Effect {
        kind: "charge.refund.updated",
        before: paid,
        event: |intent| {
            let mut event = refund(intent, "succeeded", 3);
            event["type"] = json!("charge.refund.updated");
            event
        },
        state: "confirmed 1999 500 | succeeded | captured 1999 refunded 500 \
                | dashboard succeeded 500 | order_confirmed | 5-1",
        disputes: "free",
        payment_status: "partially_refunded",
    },
    // No effect: `refund.*` events report each refund with its own id.
    Effect {
        kind: "charge.refunded",
        before: refunded,
        event: |intent| other(intent, "charge.refunded"),
        state: "confirmed 1999 500 | succeeded | captured 1999 refunded 500 \
                | dashboard succeeded 500 | order_confirmed | 5-1",
        disputes: "free",
        payment_status: "partially_refunded",
    },
    Effect {
        kind: "charge.dispute.created",
        before: paid,
        event: |intent| dispute(intent, "created", "needs_response", 2),
        state: PAID,
        disputes: "on hold | needs_response fraudulent 1999 | 1 mail",
        payment_status: "disputed",
    },
    Effect {
        kind: "charge.dispute.funds_withdrawn",
        before: disputed,
        event: |intent| dispute(intent, "funds_withdrawn", "needs_response", 2),
        state: "confirmed 1999 0 | succeeded | captured 1999 dispute_withdrawn 1999 | order_confirmed | 5-1",
        disputes: "on hold | needs_response fraudulent 1999 | withdrawn 1999 | 1 mail",
        payment_status: "disputed",
    },
    Effect {
        kind: "charge.dispute.updated",
        before: disputed,
        event: |intent| dispute(intent, "updated", "under_review", 3),
        state: PAID,
        disputes: "on hold | under_review fraudulent 1999 | 1 mail",
        payment_status: "disputed",
    },
    Effect {
        kind: "charge.dispute.closed",
        before: disputed,
        event: |intent| dispute(intent, "closed", "won", 4),
        state: PAID,
        disputes: "free | won fraudulent 1999 | 1 mail",
        payment_status: "paid",
    },
    Effect {
        kind: "charge.dispute.funds_reinstated",
        before: disputed,
        event: |intent| dispute(intent, "funds_reinstated", "won", 4),
        state: "confirmed 1999 0 | succeeded | captured 1999 dispute_reinstated 1999 | order_confirmed | 5-1",
        disputes: "free | won fraudulent 1999 | reinstated 1999 | 1 mail",
        payment_status: "paid",
    },
    Effect {
        kind: "radar.early_fraud_warning.created",
        before: paid,
        event: |intent| intent.warning_event(&format!("issfr_{}", intent.id), "created", true),
        state: PAID,
        disputes: "on hold",
        payment_status: "paid",
    },
    Effect {
        kind: "radar.early_fraud_warning.updated",
        before: warned,
        event: |intent| intent.warning_event(&format!("issfr_{}", intent.id), "updated", false),
        state: PAID,
        disputes: "free",
        payment_status: "paid",
    },
    Effect {
        kind: "review.opened",
        before: paid,
        event: |intent| intent.review_event(&format!("prv_{}", intent.id), "opened"),
        state: PAID,
        disputes: "on hold",
        payment_status: "paid",
    },
    Effect {
        kind: "review.closed",
        before: reviewed,
        event: |intent| intent.review_event(&format!("prv_{}", intent.id), "closed"),
        state: PAID,
        disputes: "free",
        payment_status: "paid",
    },
    Effect {
        kind: "invented.by.tomorrow",
        before: paid,
        event: |intent| other(intent, "invented.by.tomorrow"),
        state: PAID,
        disputes: "free",
        payment_status: "paid",
    },
];

async fn payment_status(shop: &Shop, order: OrderId) -> String {
    let orders = Orders { app: shop.app(), dispatcher: OutboxDispatcher::deferred() };
    let api = ApiClient::new(orders::routes(), orders);
    let order = api.get(&format!("/v1/orders/{order}")).by(&shop.staff().await).await;
    order.text("/payment_status").to_owned()
}

#[tokio::test]
async fn every_type_has_its_effect_once() {
    let shop = Shop::open().await;
    let api = api(&shop);
    for Effect {
        kind,
        before,
        event,
        state: expected,
        disputes,
        payment_status: expected_payment_status,
    } in EFFECTS
    {
        let (order, intent) = ordered(&shop).await;
        for event in before(&intent) {
            deliver(&api, &event).await;
        }
        let event = event(&intent);
        assert_eq!(event["type"], *kind);

        deliver(&api, &event).await;
        deliver(&api, &event).await;

        assert_eq!(event_outcome(&shop, &event).await, "done", "{kind}");
        assert_eq!(state(&shop, order).await, *expected, "{kind}");
        assert_eq!(dispute_state(&shop, order).await, *disputes, "{kind}");
        assert_eq!(payment_status(&shop, order).await, *expected_payment_status, "{kind}");
    }
    shop.check_invariants().await;
}

#[tokio::test]
async fn an_order_whose_payment_is_processing_does_not_end_by_itself() {
    let shop = Shop::open().await;
    let (order, intent) = ordered(&shop).await;
    deliver(&api(&shop), &intent.event("processing", 1)).await;
    shop.run("update orders set expires_at = now() - interval '1 hour'").await;

    let outcome = workflows::close_order(&shop.db, order).await.unwrap();

    // The payment must be cancelled at Stripe first, and Stripe does not cancel one that is processing.
    assert!(
        matches!(outcome, CloseOutcome::CancelPayment { open, .. } if open.provider.as_ref() == Some(&intent.id))
    );
    assert_eq!(state(&shop, order).await, "pending 0 0 | processing | 5-1");
    shop.check_invariants().await;
}
