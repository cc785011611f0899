//! Who is let in: nobody but Stripe, and not too late.

use super::{door, door_of, fate, ordered};
use domain::db::Db;
use serde_json::json;
use stack::stripe::signature;
use testkit::{Call, Door, Log, Shop, WEBHOOK_SECRET, clock};

fn now() -> i64 {
    clock().now().unix_timestamp()
}

fn unsigned(door: &Door, body: &str) -> Call {
    let post = door.call(axum::http::Method::POST, "/v1/webhooks/stripe");
    post.raw("application/json", body.to_owned())
}

#[tokio::test]
async fn what_stripe_did_not_sign_is_refused_and_not_kept() {
    let shop = Shop::open().await;
    let (_, intent) = ordered(&shop).await;
    let door = door(&shop);
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
        let answer = unsigned(&door, &body).header("stripe-signature", header).await;
        assert_eq!(answer.refusal(), (400, "bad_signature"), "{header}");
    }
    assert_eq!(unsigned(&door, &body).await.refusal(), (400, "bad_signature"));
    for changed in [format!("{body}\r\n"), format!("\u{feff}{body}"), body.replace("1999", "1")] {
        let answer = unsigned(&door, &changed).header("stripe-signature", &good).await;
        assert_eq!(answer.refusal(), (400, "bad_signature"), "{changed}");
    }
    assert_eq!(shop.snapshot().await, before);
}

#[tokio::test]
async fn a_signature_is_good_for_five_minutes() {
    let shop = Shop::open().await;
    let (_, intent) = ordered(&shop).await;
    let door = door(&shop);

    for age in [-290, 290] {
        let body = intent.event("processing", 0).to_string();
        let answer = door.signed(body.as_bytes(), &[WEBHOOK_SECRET], now() - age).await;
        assert_eq!(answer.status, 200, "{age}");
    }
}

/// The template counts the line. Anybody could write a time without a signature, and alarm us.
#[tokio::test]
async fn a_signature_of_stripes_that_is_out_of_time_is_told_and_others_are_not() {
    let shop = Shop::open().await;
    let (_, intent) = ordered(&shop).await;
    let door = door(&shop);
    let body = intent.event("processing", 0).to_string();

    for (secret, age, told) in [
        (WEBHOOK_SECRET, 310, 1),
        (WEBHOOK_SECRET, -310, 1),
        (WEBHOOK_SECRET, 290, 0),
        ("whsec_of_another_shop", 310, 0),
    ] {
        let (log, _listening) = Log::of_this_test();
        door.signed(body.as_bytes(), &[secret], now() - age).await;

        assert_eq!(log.telling("is signed out of time").len(), told, "{secret} {age}");
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
        let door = door_of(shop.db.clone(), ours);
        let answer = door.signed(event.to_string().as_bytes(), &theirs, now()).await;

        assert_eq!(answer.status, status, "{ours} {theirs:?}");
        let kept = if status == 200 { "done" } else { "unknown" };
        assert_eq!(fate(&shop, &event).await, kept);
    }
}

#[tokio::test]
async fn a_large_event_is_kept_and_a_huge_one_is_refused() {
    let shop = Shop::open().await;
    let (_, intent) = ordered(&shop).await;
    let door = door(&shop);
    let sized = |size: usize| {
        let mut event = intent.event("processing", 0);
        event["data"]["object"]["padding"] = json!("");
        let room = size - event.to_string().len();
        event["data"]["object"]["padding"] = json!("x".repeat(room));
        event
    };
    let (large, huge) = (sized(512 * 1024), sized(512 * 1024 + 1));

    assert_eq!(door.stripe_event(&large).await.status, 200);
    assert_eq!(door.stripe_event(&huge).await.refusal(), (413, "too_large"));

    assert_eq!(fate(&shop, &large).await, "done");
    assert_eq!(fate(&shop, &huge).await, "unknown");
}

#[tokio::test]
async fn without_its_database_the_shop_lets_stripe_come_again() {
    let shop = Shop::open().await;
    let (_, intent) = ordered(&shop).await;
    // Nobody listens on the port of `discard`.
    let db = Db::connect("postgres://app_rw@127.0.0.1:9/none", 1).unwrap();
    let dead = door_of(db, WEBHOOK_SECRET);
    let event = intent.event("succeeded", 0);

    let lost = dead.stripe_event(&event).await;
    let forged = unsigned(&dead, &event.to_string()).await;
    let found = door(&shop).stripe_event(&event).await;

    assert_eq!(lost.refusal(), (503, "unavailable"));
    assert!(lost.header("retry-after").is_some());
    assert_eq!(forged.refusal(), (400, "bad_signature"));
    assert_eq!((found.status, &*fate(&shop, &event).await), (200, "done"));
}

#[tokio::test]
async fn only_posts_are_taken() {
    let shop = Shop::open().await;

    let answer = door(&shop).get("/v1/webhooks/stripe").await;

    assert_eq!(answer.refusal(), (405, "no_such_method"));
}

/// Whatever stands between Stripe and us may wrap a body, and may not change it.
#[tokio::test]
async fn a_signature_is_over_the_very_bytes_that_came() {
    let shop = Shop::open().await;
    let (_, intent) = ordered(&shop).await;
    let door = door(&shop);
    let compact = || intent.event("processing", 0);
    let event = compact();
    let crlf = serde_json::to_string_pretty(&event).unwrap().replace('\n', "\r\n");
    let padded = format!("\r\n{}\r\n\t ", compact());

    for body in [&crlf, &padded] {
        let good = signature(&[WEBHOOK_SECRET], now(), body.as_bytes());
        for bent in [body.replace("\r\n", "\n"), body.trim().to_owned(), format!("\u{feff}{body}")]
        {
            if bent != *body {
                let answer = unsigned(&door, &bent).header("stripe-signature", &good).await;
                assert_eq!(answer.refusal(), (400, "bad_signature"), "{bent:?}");
            }
        }
        let answer = unsigned(&door, body).header("stripe-signature", &good).await;
        assert_eq!(answer.status, 200, "{body:?}");
    }
    assert_eq!(fate(&shop, &event).await, "done");
    assert_eq!(shop.one::<i64>("select count(*) from stripe_events").await, 2);

    let mut latin = compact();
    latin["data"]["object"]["description"] = json!("caf#");
    let latin: Vec<_> =
        latin.to_string().bytes().map(|byte| if byte == b'#' { 0xe9 } else { byte }).collect();
    let answer = door.signed(&latin, &[WEBHOOK_SECRET], now()).await;
    assert_eq!(answer.refusal(), (400, "not_text"));
    assert_eq!(shop.one::<i64>("select count(*) from stripe_events").await, 2);
}
