//! The connection to the database breaks after any number of bytes.

use super::Fixture;
use lambda::dispatcher::OutboxDispatcher;
use lambda::http::App;
use payments::Payments;
use serde_json::json;
use stack::proxy::{Direction, NetworkFault, Trigger};
use stripe_gateway::webhook::SigningSecrets;
use stripe_webhook::Webhook;
use testkit::{ApiClient, Order, WEBHOOK_SECRET};

/// Bytes between two offsets that are tried: a prime, so that breaks fall into all parts of messages.
const STEP: usize = 397;

/// Runs `work` once per offset and direction, with a connection that breaks there, until `work` ends before the offset
/// is reached. `work` gets the place as text, and restores the proxy itself after its first try.
async fn break_at_each_offset(fixture: &Fixture, fault: NetworkFault, work: impl AsyncFn(String)) {
    for direction in [Direction::ToServer, Direction::ToClient] {
        let mut broken = 0;
        for byte in (0..).step_by(STEP) {
            fixture.proxy.restore();
            let before = fixture.proxy.fault_count();
            fixture.proxy.inject(direction, Trigger::Byte(byte), fault);
            work(format!("{direction:?}, byte {byte}")).await;
            if fixture.proxy.fault_count() == before {
                break;
            }
            broken += 1;
        }
        assert!(broken >= 3, "{direction:?}: the connection broke {broken} times");
    }
}

#[tokio::test]
async fn an_order_whose_line_breaks_at_any_byte_is_placed_once() {
    for fault in [NetworkFault::Close, NetworkFault::Reset] {
        let fixture = Fixture::new().await;

        break_at_each_offset(&fixture, fault, async |place| {
            let key = format!("{place}, and a long key");
            let first = fixture.order(&key).await;
            fixture.proxy.restore();
            let again = fixture.order(&key).await;

            assert!(
                matches!(first.refusal(), (201, "") | (503, "unavailable")),
                "{place}: {}",
                first.body
            );
            assert_eq!(again.status, 201, "{place}: {}", again.body);
            assert!(first.status == 503 || first.bytes == again.bytes, "{place}");
            // A buyer may have at most five unpaid orders.
            let order = again.text("/id").to_owned();
            let cancel = fixture.api.post(&format!("/v1/orders/{order}/cancel"), &json!({}));
            assert_eq!(cancel.by(&fixture.buyer).await.status, 200);
        })
        .await;

        let keys = "select count(*) from idempotency_keys";
        assert_eq!(fixture.order_count().await, fixture.shop.one::<i64>(keys).await);
        assert_eq!(fixture.shop.stock(fixture.mug).await, (1000, 0));
        fixture.check_invariants().await;
    }
}

#[tokio::test]
async fn an_event_whose_line_breaks_at_any_byte_is_not_acknowledged_unless_kept_and_pays_once() {
    let fixture = Fixture::new().await;
    let webhook = Webhook {
        db: fixture.db(),
        clock: testkit::clock(),
        dispatcher: OutboxDispatcher::deferred(),
        secrets: SigningSecrets::parse(WEBHOOK_SECRET).unwrap().into(),
        live: false,
    };
    let api = ApiClient::new(stripe_webhook::routes(), webhook);

    break_at_each_offset(&fixture, NetworkFault::Close, async |place| {
        let order = Order { product: fixture.mug, quantity: 1 };
        let order = fixture.shop.order(&fixture.buyer, order).await;
        let event = fixture.shop.payment(order).await.event("succeeded", 0);

        let first = api.stripe_event(&event).await;
        let kept = "select count(*) from stripe_events where event_id = $1";
        let kept = fixture.shop.admin.query_one(kept, &[&event["id"].as_str()]).await.unwrap();
        fixture.proxy.restore();
        let again = api.stripe_event(&event).await;

        assert!(matches!(first.status, 200 | 503), "{place}: {}", first.body);
        assert!(
            first.status == 503 || kept.get::<_, i64>(0) == 1,
            "{place}: acknowledged but not kept"
        );
        assert_eq!(again.status, 200, "{place}: {}", again.body);
    })
    .await;
    crate::stripe_webhook::retry_due_events(&fixture.shop).await;

    let unpaid = "select count(*) from orders where status <> 'confirmed'";
    assert_eq!(fixture.shop.one::<i64>(unpaid).await, 0);
    let confirmations = "select count(*) from outbox where dedupe_key like 'order_confirmed:%'";
    assert_eq!(fixture.shop.one::<i64>(confirmations).await, fixture.order_count().await);
    fixture.shop.audit().with_exchanges(api.exchanges()).assert_holds().await;
}

#[tokio::test]
async fn a_payment_and_a_refund_whose_line_breaks_at_any_byte_are_made_once_at_stripe() {
    let fixture = Fixture::new().await;
    let (stand_in, stripe) = testkit::stripe().await;
    let app = App { db: fixture.db(), ..fixture.shop.app() };
    let payments =
        Payments { app, dispatcher: OutboxDispatcher::deferred(), stripe: stripe.into() };
    let api = ApiClient::new(payments::routes(), payments);
    let staff = fixture.shop.staff().await;

    break_at_each_offset(&fixture, NetworkFault::Close, async |place| {
        let order = Order { product: fixture.mug, quantity: 1 };
        let order = fixture.shop.order(&fixture.buyer, order).await;
        let path = format!("/v1/orders/{order}/payment-intent");
        let pay = || api.post(&path, &json!({})).by(&fixture.buyer);
        let first = pay().await;
        fixture.proxy.restore();
        let again = pay().await;

        assert!(matches!(first.status, 200 | 503), "{place}: {}", first.body);
        assert_eq!(again.status, 200, "{place}: {}", again.body);
        let intent = again.text("/stripe_payment_intent");
        stand_in.pay(intent, stack::stripe::Card::Visa).unwrap();
        // No webhook arrives here: the next call fetches the intent's status from Stripe.
        assert_eq!(pay().await.text("/status"), "succeeded", "{place}");
        assert_eq!(pay().await.refusal().0, 409, "{place}: it is paid");
    })
    .await;
    assert_eq!(i64::try_from(stand_in.ledger().len()).unwrap(), fixture.order_count().await);
    // A refund exchanges more bytes than a payment does, so it needs more payments than the loop above made.
    for _ in 0..3 * fixture.order_count().await {
        let order =
            fixture.shop.order(&fixture.buyer, Order { product: fixture.mug, quantity: 1 }).await;
        let pay = || {
            api.post(&format!("/v1/orders/{order}/payment-intent"), &json!({})).by(&fixture.buyer)
        };
        stand_in
            .pay(pay().await.text("/stripe_payment_intent"), stack::stripe::Card::Visa)
            .unwrap();
        assert_eq!(pay().await.text("/status"), "succeeded");
    }

    let paid = "select 'pay_' || replace(id::text, '-', '') from payments where status = 'succeeded' order by id";
    let paid = fixture.shop.admin.query(paid, &[]).await.unwrap();
    assert_eq!(i64::try_from(paid.len()).unwrap(), fixture.order_count().await);
    let payments = std::sync::Mutex::new(paid.into_iter());
    break_at_each_offset(&fixture, NetworkFault::Close, async |place| {
        let payment: String = payments.lock().unwrap().next().unwrap().get(0);
        let path = format!("/v1/payments/{payment}/refunds");
        let key = format!("{place}, and a long key");
        let refund = || {
            api.post(&path, &json!({"amount": {"amount": 700, "currency": "EUR"}}))
                .by(&staff)
                .key(&key)
        };
        let first = refund().await;
        fixture.proxy.restore();
        let again = refund().await;

        assert!(matches!(first.status, 201 | 503), "{place}: {}", first.body);
        assert_eq!(again.status, 201, "{place}: {}", again.body);
    })
    .await;
    let refunds = fixture.shop.one::<i64>("select count(*) from refunds").await;
    let refunded: i64 = stand_in.ledger().iter().map(|line| line.refunded).sum();
    // A refund whose answer was lost stays `requested` until the sweep repeats it under the same key.
    assert!(refunded <= refunds * 700 && stand_in.ledger().iter().all(|line| line.refunded <= 700));
    assert_eq!(fixture.shop.one::<i64>("select count(*) from idempotency_keys").await, refunds);
    let audit = fixture.shop.audit().with_stripe(&stand_in);
    audit.with_exchanges(api.exchanges()).assert_holds().await;
}

#[tokio::test]
async fn where_nothing_is_heard_of_the_commit_of_an_order_its_key_tells_what_was_done() {
    let fixture = Fixture::new().await;
    let placed = async |key, direction| {
        let before = fixture.proxy.fault_count();
        fixture.proxy.inject(direction, Trigger::text("COMMIT\0"), NetworkFault::Close);
        let order = fixture.order(key).await;
        assert_eq!(fixture.proxy.fault_count(), before + 1);
        order
    };

    let committed = placed("the answer gets lost", Direction::ToClient).await;
    assert_eq!((committed.status, committed.header("idempotent-replayed")), (201, Some("true")));
    let lost = placed("the commit gets lost", Direction::ToServer).await;
    assert_eq!((lost.status, lost.header("idempotent-replayed")), (201, None));
    for (key, before) in [("the answer gets lost", committed), ("the commit gets lost", lost)] {
        let again = fixture.order(key).await;
        assert_eq!(again.header("idempotent-replayed"), Some("true"));
        assert_eq!((again.status, again.bytes), (201, before.bytes));
    }
    assert_eq!(fixture.order_count().await, 2);
    fixture.check_invariants().await;
}

#[tokio::test]
async fn whoever_has_no_key_and_hears_nothing_of_the_commit_is_told_to_ask_again() {
    let fixture = Fixture::new().await;
    let order =
        fixture.shop.order(&fixture.buyer, Order { product: fixture.mug, quantity: 1 }).await;
    let cancel = || {
        let path = format!("/v1/orders/{order}/cancel");
        fixture.api.post(&path, &json!({})).by(&fixture.buyer)
    };
    fixture.proxy.inject(Direction::ToClient, Trigger::text("COMMIT\0"), NetworkFault::Close);

    let first = cancel().await;
    let again = cancel().await;

    assert_eq!(first.refusal(), (503, "unavailable"));
    assert!(first.header("retry-after").is_some());
    assert_eq!((again.status, again.text("/status")), (200, "cancelled"));
    fixture.check_invariants().await;
}
