//! The line to the database breaks at one byte after the other.

use super::Scene;
use lambda::dispatch::Dispatch;
use lambda::http::App;
use payments::Payments;
use serde_json::json;
use stack::proxy::{At, Break, Way};
use stripe_gateway::webhook::Secrets;
use stripe_webhook::Webhook;
use testkit::{Door, Order, WEBHOOK_SECRET};

/// A prime, so that the breaks fall into all parts of messages.
const STEP: usize = 397;

/// Breaks the line further and further on, both ways, until the work is done before it breaks. The work mends the line
/// once it has been tried.
async fn everywhere(scene: &Scene, how: Break, work: impl AsyncFn(String)) {
    for way in [Way::ToServer, Way::ToClient] {
        let mut broken = 0;
        for byte in (0..).step_by(STEP) {
            scene.line.mend();
            let before = scene.line.struck();
            scene.line.script(way, At::Byte(byte), how);
            work(format!("{way:?}, byte {byte}")).await;
            if scene.line.struck() == before {
                break;
            }
            broken += 1;
        }
        assert!(broken >= 3, "{way:?}: the line broke {broken} times");
    }
}

#[tokio::test]
async fn an_order_whose_line_breaks_at_any_byte_is_placed_once() {
    for how in [Break::Cut, Break::Reset] {
        let scene = Scene::set().await;

        everywhere(&scene, how, async |place| {
            let key = format!("{place}, and a long key");
            let first = scene.order(&key).await;
            scene.line.mend();
            let again = scene.order(&key).await;

            assert!(
                matches!(first.refusal(), (201, "") | (503, "unavailable")),
                "{place}: {}",
                first.body
            );
            assert_eq!(again.status, 201, "{place}: {}", again.body);
            assert!(first.status == 503 || first.bytes == again.bytes, "{place}");
            // Five orders may wait for their payment, and no more.
            let order = again.text("/id").to_owned();
            let cancel = scene.door.post(&format!("/v1/orders/{order}/cancel"), &json!({}));
            assert_eq!(cancel.by(&scene.buyer).await.status, 200);
        })
        .await;

        let keys = "select count(*) from idempotency_keys";
        assert_eq!(scene.orders().await, scene.shop.one::<i64>(keys).await);
        assert_eq!(scene.shop.stock(scene.mug).await, (1000, 0));
        scene.hold().await;
    }
}

#[tokio::test]
async fn an_event_whose_line_breaks_at_any_byte_is_not_acknowledged_unless_kept_and_pays_once() {
    let scene = Scene::set().await;
    let webhook = Webhook {
        db: scene.db(),
        clock: testkit::clock(),
        dispatch: Dispatch::later(),
        secrets: Secrets::parse(WEBHOOK_SECRET).unwrap().into(),
        live: false,
    };
    let door = Door::new(stripe_webhook::routes(), webhook);

    everywhere(&scene, Break::Cut, async |place| {
        let order = Order { product: scene.mug, quantity: 1 };
        let order = scene.shop.order(&scene.buyer, order).await;
        let event = scene.shop.payment(order).await.event("succeeded", 0);

        let first = door.stripe_event(&event).await;
        let kept = "select count(*) from stripe_events where event_id = $1";
        let kept = scene.shop.admin.query_one(kept, &[&event["id"].as_str()]).await.unwrap();
        scene.line.mend();
        let again = door.stripe_event(&event).await;

        assert!(matches!(first.status, 200 | 503), "{place}: {}", first.body);
        assert!(first.status == 503 || kept.get::<_, i64>(0) == 1, "{place}: said 200 of nothing");
        assert_eq!(again.status, 200, "{place}: {}", again.body);
    })
    .await;
    crate::stripe_webhook::later(&scene.shop).await;

    let unpaid = "select count(*) from orders where status <> 'confirmed'";
    assert_eq!(scene.shop.one::<i64>(unpaid).await, 0);
    let mails = "select count(*) from outbox where dedupe_key like 'order_confirmed:%'";
    assert_eq!(scene.shop.one::<i64>(mails).await, scene.orders().await);
    scene.shop.books().with_answers(door.notes()).hold().await;
}

#[tokio::test]
async fn a_payment_and_a_refund_whose_line_breaks_at_any_byte_are_made_once_at_stripe() {
    let scene = Scene::set().await;
    let (stand_in, stripe) = testkit::stripe().await;
    let app = App { db: scene.db(), ..scene.shop.app() };
    let payments = Payments { app, dispatch: Dispatch::later(), stripe: stripe.into() };
    let door = Door::new(payments::routes(), payments);
    let staff = scene.shop.staff().await;

    everywhere(&scene, Break::Cut, async |place| {
        let order = Order { product: scene.mug, quantity: 1 };
        let order = scene.shop.order(&scene.buyer, order).await;
        let path = format!("/v1/orders/{order}/payment-intent");
        let pay = || door.post(&path, &json!({})).by(&scene.buyer);
        let first = pay().await;
        scene.line.mend();
        let again = pay().await;

        assert!(matches!(first.status, 200 | 503), "{place}: {}", first.body);
        assert_eq!(again.status, 200, "{place}: {}", again.body);
        let intent = again.text("/stripe_payment_intent");
        stand_in.pay(intent, stack::stripe::Card::Visa).unwrap();
        // No webhook comes here: the shop hears of it when it is asked once more.
        assert_eq!(pay().await.text("/status"), "succeeded", "{place}");
        assert_eq!(pay().await.refusal().0, 409, "{place}: it is paid");
    })
    .await;
    assert_eq!(i64::try_from(stand_in.ledger().len()).unwrap(), scene.orders().await);
    // A refund has more bytes than a payment.
    for _ in 0..3 * scene.orders().await {
        let order = scene.shop.order(&scene.buyer, Order { product: scene.mug, quantity: 1 }).await;
        let pay = || {
            door.post(&format!("/v1/orders/{order}/payment-intent"), &json!({})).by(&scene.buyer)
        };
        stand_in
            .pay(pay().await.text("/stripe_payment_intent"), stack::stripe::Card::Visa)
            .unwrap();
        assert_eq!(pay().await.text("/status"), "succeeded");
    }

    let paid = "select 'pay_' || replace(id::text, '-', '') from payments where status = 'succeeded' order by id";
    let paid = scene.shop.admin.query(paid, &[]).await.unwrap();
    assert_eq!(i64::try_from(paid.len()).unwrap(), scene.orders().await);
    let payments = std::sync::Mutex::new(paid.into_iter());
    everywhere(&scene, Break::Cut, async |place| {
        let payment: String = payments.lock().unwrap().next().unwrap().get(0);
        let path = format!("/v1/payments/{payment}/refunds");
        let key = format!("{place}, and a long key");
        let refund = || {
            door.post(&path, &json!({"amount": {"amount": 700, "currency": "EUR"}}))
                .by(&staff)
                .key(&key)
        };
        let first = refund().await;
        scene.line.mend();
        let again = refund().await;

        assert!(matches!(first.status, 201 | 503), "{place}: {}", first.body);
        assert_eq!(again.status, 201, "{place}: {}", again.body);
    })
    .await;
    let refunds = scene.shop.one::<i64>("select count(*) from refunds").await;
    let given: i64 = stand_in.ledger().iter().map(|line| line.refunded).sum();
    // What was asked for and not answered stands as requested until the sweep asks again, under the same key.
    assert!(given <= refunds * 700 && stand_in.ledger().iter().all(|line| line.refunded <= 700));
    assert_eq!(scene.shop.one::<i64>("select count(*) from idempotency_keys").await, refunds);
    let books = scene.shop.books().with_stripe(&stand_in);
    books.with_answers(door.notes()).hold().await;
}

#[tokio::test]
async fn whoever_hears_nothing_of_the_commit_asks_again_and_hears_what_was_done() {
    let scene = Scene::set().await;
    scene.line.script(Way::ToClient, At::text("COMMIT\0"), Break::Cut);

    let first = scene.order("the answer gets lost").await;
    let placed = scene.orders().await;
    let again = scene.order("the answer gets lost").await;

    assert_eq!((first.refusal(), placed), ((503, "unavailable"), 1));
    assert!(first.header("retry-after").is_some());
    assert_eq!((again.status, again.header("idempotent-replayed")), (201, Some("true")));
    assert_eq!(scene.orders().await, 1);
    scene.hold().await;
}
