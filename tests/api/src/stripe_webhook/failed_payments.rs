//! Failed payment attempts: the buyer gets one email, and none if a later event has overtaken the failure.

use super::{api, deliver, event_outcome, ordered, state};
use domain::id::OrderId;
use lambda::dispatcher::OutboxDispatcher;
use orders::Orders;
use serde_json::json;
use testkit::{ApiClient, Intent, Response, Shop, send_all};

const WAITING: &str = "pending 0 0 | requires_payment_method | 5-1";

/// The dedupe keys of the queued emails about failed payments.
async fn mails(shop: &Shop) -> String {
    let sql = "select coalesce(string_agg(dedupe_key, ' '), '') from outbox
               where payload ->> 'type' = 'payment_failed'";
    shop.one(sql).await
}

/// `GET /v1/orders/{order}{below}` as staff.
async fn shown(shop: &Shop, order: OrderId, below: &str) -> Response {
    let orders = Orders { app: shop.app(), dispatcher: OutboxDispatcher::deferred() };
    let api = ApiClient::new(orders::routes(), orders);
    api.get(&format!("/v1/orders/{order}{below}")).by(&shop.staff().await).await
}

fn mail_of(intent: &Intent) -> String {
    format!("payment_failed:{}", intent.payment)
}

#[tokio::test]
async fn a_failed_try_is_told_once_and_the_order_waits_for_another() {
    let shop = Shop::open().await;
    let (order, intent) = ordered(&shop).await;
    let api = api(&shop);
    let event = intent.event("payment_failed", 1);

    let twins = send_all((0..5).map(|_| api.stripe_event(&event))).await;
    deliver(&api, &intent.event("requires_action", 2)).await;
    let between = shown(&shop, order, "").await;
    deliver(&api, &intent.event("payment_failed", 3)).await;

    assert!(twins.iter().all(|response| response.status == 200));
    assert_eq!(between.text("/payment_status"), "unpaid");
    assert_eq!(shown(&shop, order, "").await.text("/payment_status"), "failed");
    assert_eq!((mails(&shop).await, state(&shop, order).await), (mail_of(&intent), WAITING.into()));
    let timeline = shown(&shop, order, "/events").await;
    let kinds: Vec<_> = (0..3).map(|at| timeline.text(&format!("/data/{at}/type"))).collect();
    assert_eq!(kinds, ["order_placed", "payment_started", "payment_failed"], "{}", timeline.body);
    assert_eq!(timeline.text("/data/2/data/payment"), intent.payment.to_string());
    shop.check_invariants().await;
}

#[tokio::test]
async fn a_failed_try_that_is_told_after_the_success_is_not_told_on() {
    let shop = Shop::open().await;
    let (order, intent) = ordered(&shop).await;
    let api = api(&shop);
    deliver(&api, &intent.event("succeeded", 5)).await;
    let late = intent.event("payment_failed", 9);

    deliver(&api, &late).await;

    assert_eq!(
        (event_outcome(&shop, &late).await, mails(&shop).await),
        ("done".into(), String::new())
    );
    assert_eq!(shown(&shop, order, "").await.text("/payment_status"), "paid");
    let timeline = shown(&shop, order, "/events").await;
    assert!(!timeline.body.to_string().contains("payment_failed"), "{}", timeline.body);
}

#[tokio::test]
async fn a_try_that_failed_last_is_told_in_whatever_order_the_steps_come() {
    for steps in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let shop = Shop::open().await;
        let (order, intent) = ordered(&shop).await;
        let api = api(&shop);
        for step in steps.into_iter().chain(steps) {
            let name = ["created", "processing", "payment_failed"][step];
            deliver(&api, &intent.event(name, i64::try_from(step).unwrap())).await;
        }

        assert_eq!(mails(&shop).await, mail_of(&intent), "{steps:?}");
        assert_eq!(shown(&shop, order, "").await.text("/payment_status"), "failed");
    }
}

#[tokio::test]
async fn a_failed_try_that_another_overtook_is_not_told() {
    let shop = Shop::open().await;
    let (order, intent) = ordered(&shop).await;
    let api = api(&shop);
    deliver(&api, &intent.event("processing", 5)).await;

    deliver(&api, &intent.event("payment_failed", 1)).await;

    assert_eq!(mails(&shop).await, "");
    assert_eq!(shown(&shop, order, "").await.text("/payment_status"), "processing");
}

#[tokio::test]
async fn why_the_bank_declined_is_kept_for_the_mail() {
    for (error, code) in [
        (
            json!({"code": "card_declined", "decline_code": "insufficient_funds"}),
            "insufficient_funds",
        ),
        (json!({"code": "expired_card", "decline_code": null}), "expired_card"),
    ] {
        let shop = Shop::open().await;
        let (_, intent) = ordered(&shop).await;
        let mut event = intent.event("payment_failed", 1);
        event["data"]["object"]["last_payment_error"] = error;

        deliver(&api(&shop), &event).await;

        let mail = domain::mail::failed_payment(&shop.db, intent.payment).await.unwrap().unwrap();
        assert_eq!(mail.content.decline_code.as_deref(), Some(code));
        shop.check_invariants().await;
    }
}
