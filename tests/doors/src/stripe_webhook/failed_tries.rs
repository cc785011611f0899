//! A try to pay that came to nothing: the buyer hears of it once, as long as it is true.

use super::{door, fate, ordered, state, tell};
use domain::id::OrderId;
use lambda::dispatch::Dispatch;
use orders::Orders;
use testkit::{Answer, Door, Intent, Shop, all};

const WAITING: &str = "pending 0 0 | requires_payment_method | 5-1";

/// The mails about failed tries that wait to be sent.
async fn mails(shop: &Shop) -> String {
    let sql = "select coalesce(string_agg(dedupe_key, ' '), '') from outbox
               where payload ->> 'type' = 'payment_failed'";
    shop.one(sql).await
}

/// What the staff see under `/v1/orders/{order}…`.
async fn shown(shop: &Shop, order: OrderId, below: &str) -> Answer {
    let orders = Orders { app: shop.app(), dispatch: Dispatch::later() };
    let door = Door::new(orders::routes(), orders);
    door.get(&format!("/v1/orders/{order}{below}")).by(&shop.staff().await).await
}

fn mail_of(intent: &Intent) -> String {
    format!("payment_failed:{}", intent.payment)
}

#[tokio::test]
async fn a_failed_try_is_told_once_and_the_order_waits_for_another() {
    let shop = Shop::open().await;
    let (order, intent) = ordered(&shop).await;
    let door = door(&shop);
    let event = intent.event("payment_failed", 1);

    let twins = all((0..5).map(|_| door.stripe_event(&event))).await;
    tell(&door, &intent.event("requires_action", 2)).await;
    let between = shown(&shop, order, "").await;
    tell(&door, &intent.event("payment_failed", 3)).await;

    assert!(twins.iter().all(|answer| answer.status == 200));
    assert_eq!(between.text("/payment_status"), "unpaid");
    assert_eq!(shown(&shop, order, "").await.text("/payment_status"), "failed");
    assert_eq!((mails(&shop).await, state(&shop, order).await), (mail_of(&intent), WAITING.into()));
    let story = shown(&shop, order, "/events").await;
    let kinds: Vec<_> = (0..3).map(|at| story.text(&format!("/data/{at}/type"))).collect();
    assert_eq!(kinds, ["order_placed", "payment_started", "payment_failed"], "{}", story.body);
    assert_eq!(story.text("/data/2/data/payment"), intent.payment.to_string());
    shop.check_invariants().await;
}

#[tokio::test]
async fn a_failed_try_that_is_told_after_the_success_is_not_told_on() {
    let shop = Shop::open().await;
    let (order, intent) = ordered(&shop).await;
    let door = door(&shop);
    tell(&door, &intent.event("succeeded", 5)).await;
    let late = intent.event("payment_failed", 9);

    tell(&door, &late).await;

    assert_eq!((fate(&shop, &late).await, mails(&shop).await), ("done".into(), String::new()));
    assert_eq!(shown(&shop, order, "").await.text("/payment_status"), "paid");
    let story = shown(&shop, order, "/events").await;
    assert!(!story.body.to_string().contains("payment_failed"), "{}", story.body);
}

#[tokio::test]
async fn a_try_that_failed_last_is_told_in_whatever_order_the_steps_come() {
    for steps in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let shop = Shop::open().await;
        let (order, intent) = ordered(&shop).await;
        let door = door(&shop);
        for step in steps.into_iter().chain(steps) {
            let name = ["created", "processing", "payment_failed"][step];
            tell(&door, &intent.event(name, i64::try_from(step).unwrap())).await;
        }

        assert_eq!(mails(&shop).await, mail_of(&intent), "{steps:?}");
        assert_eq!(shown(&shop, order, "").await.text("/payment_status"), "failed");
    }
}

#[tokio::test]
async fn a_failed_try_that_another_overtook_is_not_told() {
    let shop = Shop::open().await;
    let (order, intent) = ordered(&shop).await;
    let door = door(&shop);
    tell(&door, &intent.event("processing", 5)).await;

    tell(&door, &intent.event("payment_failed", 1)).await;

    assert_eq!(mails(&shop).await, "");
    assert_eq!(shown(&shop, order, "").await.text("/payment_status"), "processing");
}
