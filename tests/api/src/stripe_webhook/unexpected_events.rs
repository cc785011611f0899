//! Correctly signed events with unexpected content: stored, and applied only as far as that is safe.

use super::{api, deliver, event_outcome, ordered, state};
use serde_json::{Value, json};
use testkit::Shop;

/// `event` with another value at a JSON pointer.
fn with(mut event: Value, pointer: &str, value: Value) -> Value {
    *event.pointer_mut(pointer).unwrap() = value;
    event
}

const UNPAID: &str = "pending 0 0 | requires_payment_method | 5-1";

#[tokio::test]
async fn more_than_was_asked_for_or_another_currency_confirms_nothing() {
    let shop = Shop::open().await;
    let (order, intent) = ordered(&shop).await;
    let api = api(&shop);
    let event = || intent.event("succeeded", 0);

    for event in [
        with(event(), "/data/object/amount_received", json!(2000)),
        with(event(), "/data/object/currency", json!("usd")),
    ] {
        deliver(&api, &event).await;
        assert_eq!(event_outcome(&shop, &event).await, "amount_mismatch", "{event}");
    }
    assert_eq!(state(&shop, order).await, UNPAID);
    shop.check_invariants().await;
}

#[tokio::test]
async fn an_event_of_ours_in_an_unreadable_form_is_parked() {
    let shop = Shop::open().await;
    let (order, intent) = ordered(&shop).await;
    let api = api(&shop);
    let event = || intent.event("succeeded", 0);

    for event in [
        with(event(), "/data/object/currency", json!("???")),
        with(event(), "/data/object/status", json!("sleeping")),
        with(event(), "/data/object/amount", json!("1999")),
        with(event(), "/data/object/amount", json!(19.99)),
        with(event(), "/data/object/amount_received", json!(null)),
        with(event(), "/data/object/metadata", json!({"payment_id": 1})),
        with(event(), "/data/object", json!({})),
        with(event(), "/data/object", json!([])),
        with(event(), "/data/object", json!(null)),
    ] {
        deliver(&api, &event).await;
        assert_eq!(event_outcome(&shop, &event).await, "unreadable", "{event}");
    }
    assert_eq!(state(&shop, order).await, UNPAID);
}

#[tokio::test]
async fn an_event_of_the_other_mode_is_parked() {
    let shop = Shop::open().await;
    let (order, intent) = ordered(&shop).await;
    let event = with(intent.event("succeeded", 0), "/livemode", json!(true));

    deliver(&api(&shop), &event).await;

    assert_eq!(event_outcome(&shop, &event).await, "livemode");
    assert_eq!(state(&shop, order).await, UNPAID);
}

#[tokio::test]
async fn an_event_that_names_our_payment_under_another_id_waits() {
    let shop = Shop::open().await;
    let (order, intent) = ordered(&shop).await;
    // The metadata names our payment, which belongs to another PaymentIntent.
    let event = with(intent.event("succeeded", 0), "/data/object/id", json!("pi_unknown"));

    deliver(&api(&shop), &event).await;

    assert_eq!(event_outcome(&shop, &event).await, "waits", "{event}");
    assert_eq!(state(&shop, order).await, UNPAID);
    let again = "select min(next_try_at) > now() from stripe_events";
    assert!(shop.one::<bool>(again).await);
}

#[tokio::test]
async fn an_event_of_an_unknown_kind_is_kept_without_effect() {
    let shop = Shop::open().await;
    let (order, intent) = ordered(&shop).await;
    let api = api(&shop);

    for kind in ["plan.created", "charge.succeeded", "invented.by.tomorrow", "x"] {
        let event = with(intent.event("succeeded", 0), "/type", json!(kind));
        deliver(&api, &event).await;
        assert_eq!(event_outcome(&shop, &event).await, "done", "{kind}");
    }
    assert_eq!(state(&shop, order).await, UNPAID);
}

#[tokio::test]
async fn an_event_of_an_unknown_version_is_understood_for_what_we_need() {
    let shop = Shop::open().await;
    let api = api(&shop);

    for version in [json!("2031-01-01.unknown"), json!(null), json!("\u{0}")] {
        let (order, intent) = ordered(&shop).await;
        let mut event = with(intent.event("succeeded", 0), "/api_version", version);
        event["data"]["object"]["new_field"] = json!({"nested": [1, 2.5, null]});
        event["something"] = json!("new");

        deliver(&api, &event).await;

        assert!(state(&shop, order).await.starts_with("confirmed 1999 0"));
    }
    shop.check_invariants().await;
}

#[tokio::test]
async fn text_that_postgres_cannot_hold_stands_in_nobodys_way() {
    let shop = Shop::open().await;
    let api = api(&shop);

    for strange in ["\u{0}", "a\u{0}b", "\u{202e}", "\u{1f469}\u{200d}\u{1f4bb}", "İ", "\r\nX: y"]
    {
        let (order, intent) = ordered(&shop).await;
        let mut event = intent.event("succeeded", 0);
        event["data"]["object"]["description"] = json!(strange);
        event["data"]["object"]["metadata"]["note"] = json!(strange);
        event["request"] = json!({"id": strange});

        deliver(&api, &event).await;

        assert_eq!(event_outcome(&shop, &event).await, "done", "{strange:?}");
        assert!(state(&shop, order).await.starts_with("confirmed 1999 0"));
    }
}

#[tokio::test]
async fn an_object_with_a_strange_id_is_kept_all_the_same() {
    let shop = Shop::open().await;
    let (_, intent) = ordered(&shop).await;
    let api = api(&shop);

    for id in [json!(""), json!("\u{0}"), json!("x".repeat(300)), json!(7), json!(null)] {
        let event = with(intent.event("succeeded", 0), "/type", json!("plan.created"));
        let event = with(event, "/data/object/id", id);
        deliver(&api, &event).await;
        assert_eq!(event_outcome(&shop, &event).await, "done", "{event}");
    }
}

#[tokio::test]
async fn the_client_secret_in_an_event_is_not_kept() {
    let shop = Shop::open().await;
    let (order, intent) = ordered(&shop).await;
    let event = intent.event("succeeded", 0);

    deliver(&api(&shop), &event).await;

    assert!(state(&shop, order).await.starts_with("confirmed 1999 0"));
    let secret = event["data"]["object"]["client_secret"].as_str().unwrap();
    assert_eq!(shop.tables_with(secret).await, [""; 0]);
}

#[tokio::test]
async fn the_person_in_an_event_is_not_kept_and_what_the_shop_reads_is() {
    let shop = Shop::open().await;
    let (_, intent) = ordered(&shop).await;
    let event = intent.event("succeeded", 0);
    let mut told = event.clone();
    let object = &mut told["data"]["object"];
    object["receipt_email"] = json!("quill@example.com");
    object["shipping"] = json!({"name": "Quill", "address": {"line1": "Quillway 7"}});
    object["charges"] = json!({"data": [{"billing_details": {"email": "quill@example.com"}}]});

    deliver(&api(&shop), &told).await;

    assert_eq!(event_outcome(&shop, &told).await, "done");
    assert_eq!(shop.tables_with("uill").await, [""; 0]);
    let raw = shop.one::<Vec<u8>>("select raw from stripe_events").await;
    let mut expected = event;
    expected["data"]["object"].as_object_mut().unwrap().remove("client_secret");
    assert_eq!(serde_json::from_slice::<Value>(&raw).unwrap(), expected);
}
