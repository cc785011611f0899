//! Correctly signed bodies that are no events: stored for a person, and never asked for again.

use super::{api, ordered, retry_due_events, state};
use domain::accounts::Role;
use lambda::dead_letters::DeadLetters;
use operations::Operations;
use serde_json::{Value, json};
use testkit::{ApiClient, Response, Shop, WEBHOOK_SECRET, clock};

async fn send(shop: &Shop, body: &[u8]) -> Response {
    api(shop).signed(body, &[WEBHOOK_SECRET], clock().now().unix_timestamp()).await
}

/// `event` with another value of one of its members.
fn with(event: &Value, member: &str, value: Value) -> Vec<u8> {
    let mut event = event.clone();
    event[member] = value;
    event.to_string().into_bytes()
}

#[tokio::test]
async fn an_authentic_body_that_is_no_event_is_kept_for_a_person() {
    let shop = Shop::open().await;
    let (order, intent) = ordered(&shop).await;
    let event = intent.event("succeeded", 0);
    let before = state(&shop, order).await;

    for body in [
        b"null".to_vec(),
        b"[]".to_vec(),
        b"{}".to_vec(),
        b"{\"id\": \"evt_1\"".to_vec(),
        b"{\"id\": \"\xff\"}".to_vec(),
        b"<html></html>".to_vec(),
        with(&event, "id", json!("pi_1")),
        with(&event, "id", json!("evt_")),
        with(&event, "id", json!("evt_\u{0}")),
        with(&event, "id", json!(format!("evt_{}", "x".repeat(251)))),
        with(&event, "type", json!("")),
        with(&event, "type", json!("a\u{0}b")),
        with(&event, "type", json!("x".repeat(256))),
        with(&event, "created", json!("today")),
        with(&event, "created", json!(i64::MAX)),
        with(&event, "created", json!(-377_705_116_800_i64)),
        with(&event, "data", json!(null)),
    ] {
        shop.run("delete from stripe_events").await;
        let answers = [send(&shop, &body).await, send(&shop, &body).await];

        let shown = String::from_utf8_lossy(&body);
        assert_eq!(answers.map(|answer| answer.status), [200, 200], "{shown}");
        let kept = "select string_agg(type || ' ' || parked_reason, ', ') from stripe_events
                    where event_id ~ '^evt_unreadable_[0-9a-f]{32}$' and processed_at is null";
        assert_eq!(shop.one::<String>(kept).await, "unreadable unreadable", "{shown}");
    }
    assert_eq!(state(&shop, order).await, before);
}

#[tokio::test]
async fn a_body_that_is_no_event_is_seen_by_the_staff_and_stays_parked_when_it_is_replayed() {
    let shop = Shop::open().await;
    let (order, intent) = ordered(&shop).await;
    // Of the other mode as well: nothing in it may be believed.
    let mut event = intent.event("succeeded", 0);
    event["livemode"] = json!(true);
    let body = with(&event, "id", json!("pi_1"));
    send(&shop, &body).await;
    let (before, admin) = (state(&shop, order).await, shop.user(Role::Admin).await);
    let state_of_ops = Operations { app: shop.app(), dead_letters: DeadLetters::none() };
    let ops = ApiClient::new(operations::routes(), state_of_ops);

    let listed = ops.get("/v1/ops/stripe-events?state=parked").by(&admin).await;
    let id = listed.text("/data/0/id").to_owned();
    let replayed =
        ops.post(&format!("/v1/ops/stripe-events/{id}/replay"), &json!({})).by(&admin).await;
    retry_due_events(&shop).await;
    let shown = ops.get(&format!("/v1/ops/stripe-events/{id}")).by(&admin).await;

    assert_eq!(replayed.status, 202, "{}", replayed.body);
    assert_eq!((shown.text("/parked_reason"), shown.text("/raw/id")), ("unreadable", "pi_1"));
    assert_eq!(state(&shop, order).await, before);
}

#[tokio::test]
async fn the_client_secret_in_a_body_that_is_no_event_is_not_kept() {
    let shop = Shop::open().await;

    send(&shop, b"{\"client_secret\": \"pi_1_secret_2\", \"x\": \"\xff\"}").await;

    let raw = shop.one::<Vec<u8>>("select raw from stripe_events").await;
    assert_eq!(raw, b"{\"client_secret\": \"withheld\", \"x\": \"\xff\"}");
}

#[tokio::test]
async fn an_empty_body_is_refused() {
    let shop = Shop::open().await;

    for body in ["", "x"] {
        assert_eq!(send(&shop, body.as_bytes()).await.refusal(), (400, "malformed_json"));
    }
    assert_eq!(shop.one::<i64>("select count(*) from stripe_events").await, 0);
}
