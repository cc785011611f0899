//! Only events with a valid and recent signature of Stripe are accepted.

use super::{api, api_with, event_outcome, ordered};
use domain::db::Db;
use serde_json::json;
use stack::stripe::signature;
use testkit::{ApiClient, Call, Log, Shop, WEBHOOK_SECRET, clock};

fn now() -> i64 {
    clock().now().unix_timestamp()
}

fn unsigned(api: &ApiClient, body: &str) -> Call {
    let post = api.call(axum::http::Method::POST, "/v1/webhooks/stripe");
    post.raw("application/json", body.to_owned())
}

#[tokio::test]
async fn what_stripe_did_not_sign_is_refused_and_not_kept() {
    let shop = Shop::open().await;
    let (_, intent) = ordered(&shop).await;
    let api = api(&shop);
    let body = intent.event("succeeded", 0).to_string();
    let now = now();
    let good = signature(&[WEBHOOK_SECRET], now, body.as_bytes());
    let (time, hex) = good.split_once(",v1=").unwrap();
    let before = shop.snapshot().await;

    for header in [
        "",
        "t=,v1=",
        time,
        hex,
        &format!("v1={hex}"),
        &format!("{time},v0={hex}"),
        &format!("{time},v1={}", &hex[..62]),
        &format!("{time},v1={}", hex.replace(|c: char| c.is_ascii_digit(), "g")),
        &format!("{time},{time},v1={hex}"),
        &format!("t={},v1={hex}", now - 1),
        &format!("{time},v1={}", "0".repeat(64)),
        &signature(&["whsec_of_another_shop"], now, body.as_bytes()),
        &signature(&[WEBHOOK_SECRET], now, b"{}"),
        &signature(&[WEBHOOK_SECRET], now - 310, body.as_bytes()),
        &signature(&[WEBHOOK_SECRET], now + 310, body.as_bytes()),
    ] {
        let response = unsigned(&api, &body).header("stripe-signature", header).await;
        assert_eq!(response.refusal(), (400, "bad_signature"), "{header}");
    }
    assert_eq!(unsigned(&api, &body).await.refusal(), (400, "bad_signature"));
    for changed in [format!("{body}\r\n"), format!("\u{feff}{body}"), body.replace("1999", "1")] {
        let response = unsigned(&api, &changed).header("stripe-signature", &good).await;
        assert_eq!(response.refusal(), (400, "bad_signature"), "{changed}");
    }
    assert_eq!(shop.snapshot().await, before);
}

#[tokio::test]
async fn a_signature_is_good_for_five_minutes() {
    let shop = Shop::open().await;
    let (_, intent) = ordered(&shop).await;
    let api = api(&shop);

    for age in [-290, 290] {
        let body = intent.event("processing", 0).to_string();
        let response = api.signed(body.as_bytes(), &[WEBHOOK_SECRET], now() - age).await;
        assert_eq!(response.status, 200, "{age}");
    }
}

/// The template has an alarm on the log line. A wrong time alone must not raise it: anybody could send that.
#[tokio::test]
async fn a_signature_of_stripes_that_is_out_of_time_is_told_and_others_are_not() {
    let shop = Shop::open().await;
    let (_, intent) = ordered(&shop).await;
    let api = api(&shop);
    let body = intent.event("processing", 0).to_string();

    for (secret, age, lines) in [
        (WEBHOOK_SECRET, 310, 1),
        (WEBHOOK_SECRET, -310, 1),
        (WEBHOOK_SECRET, 290, 0),
        ("whsec_of_another_shop", 310, 0),
    ] {
        let (log, _listening) = Log::of_this_test();
        api.signed(body.as_bytes(), &[secret], now() - age).await;

        assert_eq!(log.containing("is signed out of time").len(), lines, "{secret} {age}");
    }
}

#[tokio::test]
async fn while_the_secret_changes_either_one_will_do() {
    let shop = Shop::open().await;
    let (_, intent) = ordered(&shop).await;
    let (old, new) = ("whsec_old", "whsec_new");

    for (ours, theirs, status) in [
        ("whsec_old,whsec_new", vec![old], 200),
        ("whsec_old,whsec_new", vec![new], 200),
        ("whsec_old", vec![old, new], 200),
        ("whsec_new", vec![old, new], 200),
        ("whsec_new", vec![new, old], 200),
        ("whsec_new", vec![old], 400),
    ] {
        let event = intent.event("processing", 0);
        let api = api_with(shop.db.clone(), ours);
        let response = api.signed(event.to_string().as_bytes(), &theirs, now()).await;

        assert_eq!(response.status, status, "{ours} {theirs:?}");
        let kept = if status == 200 { "done" } else { "unknown" };
        assert_eq!(event_outcome(&shop, &event).await, kept);
    }
}

#[tokio::test]
async fn a_large_event_is_kept_and_a_huge_one_is_refused() {
    let shop = Shop::open().await;
    let (_, intent) = ordered(&shop).await;
    let api = api(&shop);
    let sized = |size: usize| {
        let mut event = intent.event("processing", 0);
        event["data"]["object"]["padding"] = json!("");
        let room = size - event.to_string().len();
        event["data"]["object"]["padding"] = json!("x".repeat(room));
        event
    };
    let (large, huge) = (sized(512 * 1024), sized(512 * 1024 + 1));

    assert_eq!(api.stripe_event(&large).await.status, 200);
    assert_eq!(api.stripe_event(&huge).await.refusal(), (413, "too_large"));

    assert_eq!(event_outcome(&shop, &large).await, "done");
    assert_eq!(event_outcome(&shop, &huge).await, "unknown");
}

#[tokio::test]
async fn without_its_database_the_shop_lets_stripe_come_again() {
    let shop = Shop::open().await;
    let (_, intent) = ordered(&shop).await;
    // Nothing listens on port 9 (discard).
    let db = Db::connect("postgres://app_rw@127.0.0.1:9/none", 1).unwrap();
    let dead = api_with(db, WEBHOOK_SECRET);
    let event = intent.event("succeeded", 0);

    let lost = dead.stripe_event(&event).await;
    let forged = unsigned(&dead, &event.to_string()).await;
    let found = api(&shop).stripe_event(&event).await;

    assert_eq!(lost.refusal(), (503, "unavailable"));
    assert!(lost.header("retry-after").is_some());
    assert_eq!(forged.refusal(), (400, "bad_signature"));
    assert_eq!((found.status, &*event_outcome(&shop, &event).await), (200, "done"));
}

#[tokio::test]
async fn only_posts_are_taken() {
    let shop = Shop::open().await;

    let response = api(&shop).get("/v1/webhooks/stripe").await;

    assert_eq!(response.refusal(), (405, "no_such_method"));
}

/// A proxy that reformats the body breaks the signature.
#[tokio::test]
async fn a_signature_is_over_the_very_bytes_that_came() {
    let shop = Shop::open().await;
    let (_, intent) = ordered(&shop).await;
    let api = api(&shop);
    let compact = || intent.event("processing", 0);
    let event = compact();
    let crlf = serde_json::to_string_pretty(&event).unwrap().replace('\n', "\r\n");
    let padded = format!("\r\n{}\r\n\t ", compact());

    for body in [&crlf, &padded] {
        let good = signature(&[WEBHOOK_SECRET], now(), body.as_bytes());
        for changed in
            [body.replace("\r\n", "\n"), body.trim().to_owned(), format!("\u{feff}{body}")]
        {
            if changed != *body {
                let response = unsigned(&api, &changed).header("stripe-signature", &good).await;
                assert_eq!(response.refusal(), (400, "bad_signature"), "{changed:?}");
            }
        }
        let response = unsigned(&api, body).header("stripe-signature", &good).await;
        assert_eq!(response.status, 200, "{body:?}");
    }
    assert_eq!(event_outcome(&shop, &event).await, "done");
    assert_eq!(shop.one::<i64>("select count(*) from stripe_events").await, 2);

    let mut latin = compact();
    latin["data"]["object"]["description"] = json!("caf#");
    latin["data"]["object"]["client_secret"] = json!(null);
    let latin: Vec<_> =
        latin.to_string().bytes().map(|byte| if byte == b'#' { 0xe9 } else { byte }).collect();
    let response = api.signed(&latin, &[WEBHOOK_SECRET], now()).await;
    assert_eq!(response.status, 200);
    let raw = "select raw from stripe_events where parked_reason = 'unreadable'";
    assert_eq!(shop.one::<Vec<u8>>(raw).await, latin);
}
