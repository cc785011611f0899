//! What is fed, and what must hold whatever it is fed with.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use domain::catalog::Place;
use domain::db::Db;
use domain::id::{FamilyId, OrderId, UserId};
use domain::inventory::{Count, CountMessage};
use domain::ordering::Moment;
use domain::outbox::Message;
use domain::page::{Mark, Page};
use lambda::dispatch::Dispatch;
use lambda::http::App;
use lambda::http::token::Verifier;
use orders::Orders;
use serde_json::Value;
use stripe_gateway::webhook::Secrets;
use testkit::Door;
use time::OffsetDateTime;

/// Takes one input, and panics if a promise is broken by it.
type Target = Box<dyn FnMut(&[u8])>;
/// A target by its name.
type Named = (&'static str, fn() -> Target);

pub(crate) const TARGETS: [Named; 5] =
    [("webhook", webhook), ("cursor", cursor), ("token", token), ("queue", queue), ("wish", wish)];

/// Only the bytes that were signed are believed, and what is kept of them is still JSON.
fn webhook() -> Target {
    let secret = testkit::WEBHOOK_SECRET;
    let secrets = Secrets::parse(secret).unwrap();
    let now = OffsetDateTime::from_unix_timestamp(1_800_000_000).unwrap();
    let signed = b"{\"id\":\"evt_1\"}";
    let header = stack::stripe::signature(&[secret], now.unix_timestamp(), signed);
    Box::new(move |input| {
        assert_eq!(secrets.verify(&header, input, now).is_ok(), input == signed);
        let text = String::from_utf8_lossy(input);
        if secrets.verify(&text, signed, now).is_ok() {
            assert!(header.split("v1=").nth(1).is_some_and(|mac| text.contains(mac)));
        }
        let head = stripe_gateway::head(input);
        stripe_gateway::notice(input);
        if let Ok(head) = head {
            assert!(head.id.starts_with("evt_") && !head.kind.contains('\0'));
        }
        let kept = stripe_gateway::without_secrets(&text);
        assert_eq!(stripe_gateway::without_secrets(&kept), kept);
        if serde_json::from_str::<Value>(&text).is_ok() {
            assert!(tells_nothing(&serde_json::from_str(&kept).unwrap()), "{kept}");
        }
    })
}

/// Whether no secret with which a browser pays stands anywhere in here.
fn tells_nothing(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().all(tells_nothing),
        Value::Object(members) => members.iter().all(|(name, member)| {
            let told = name == "client_secret" && member.is_string() && member != "withheld";
            !told && tells_nothing(member)
        }),
        _ => true,
    }
}

/// Whatever a list takes for a cursor of its own names no text that PostgreSQL cannot hold.
fn cursor() -> Target {
    Box::new(|input| {
        let text = String::from_utf8_lossy(input);
        for cursor in [BASE64_URL_SAFE_NO_PAD.encode(input), text.into_owned()] {
            let cursor = Some(&*cursor);
            let _ = Page::<Place>::new(Some(100), cursor);
            let _ = Page::<OrderId>::new(None, cursor);
            let _ = Page::<Moment>::new(None, cursor);
            if let Ok(Page { after: Some(mark), .. }) = Page::<Mark>::new(None, cursor) {
                assert!(!format!("{mark:?}").contains("\\0"), "{mark:?}");
            }
        }
    })
}

/// A token that is not byte for byte one of ours never gets as far as the database, which is not there.
fn token() -> Target {
    let db = Db::connect("postgres://nobody@127.0.0.1:1/nothing", 1).unwrap();
    let verifier = Verifier::from_jwks(&testkit::token_keys()).unwrap();
    let app = App { db, verifier, clock: testkit::clock() };
    let door = Door::new(orders::routes(), Orders { app, dispatch: Dispatch::later() });
    let now = testkit::clock().now();
    let good = testkit::signer().issue(UserId::generate(), FamilyId::generate(), 0, now).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let knock = move |token: &str| {
        let call = door.get("/v1/orders").header("authorization", &format!("Bearer {token}"));
        runtime.block_on(call.into_future()).status
    };
    assert_eq!(knock(&good), 503, "our own token opens nothing");
    Box::new(move |input| {
        let parts: Vec<_> = good.split('.').collect();
        let [head, claims, mac] = parts.as_slice() else { panic!("{good}") };
        let bent = BASE64_URL_SAFE_NO_PAD.encode(input);
        // The bytes of one part, xored into where they land: mostly right is what gets furthest.
        let mut near = good.clone().into_bytes();
        for (place, byte) in input.iter().take(2).enumerate() {
            let at = (usize::from(*byte) * 7 + place) % near.len();
            near[at] = b"Aa9-_."[usize::from(*byte) % 6];
        }
        let near = String::from_utf8(near).unwrap();
        let text: String =
            String::from_utf8_lossy(input).chars().filter(char::is_ascii_graphic).collect();
        for token in [
            format!("{bent}.{claims}.{mac}"),
            format!("{head}.{bent}.{mac}"),
            format!("{head}.{claims}.{bent}"),
            near,
            text,
        ] {
            assert!(token == good || knock(&token) == 401, "{token}");
        }
    })
}

/// What was read is written as it was read.
fn queue() -> Target {
    Box::new(|input| {
        if let Ok(message) = serde_json::from_slice::<CountMessage>(input) {
            let again = serde_json::to_vec(&message).unwrap();
            assert_eq!(serde_json::from_slice::<CountMessage>(&again).unwrap(), message);
            if let Ok(count) = Count::try_from(message) {
                assert!(count.on_hand() >= 0 && !count.sku().contains('\0'));
            }
        }
        if let Ok(message) = serde_json::from_slice::<Message>(input) {
            let again = serde_json::to_vec(&message).unwrap();
            assert_eq!(serde_json::from_slice::<Message>(&again).unwrap(), message);
        }
    })
}

/// Nobody orders nothing, less than nothing, or more than fits into an order.
fn wish() -> Target {
    Box::new(|input| {
        let Some(_) = orders::read_wish(input) else { return };
        let body: Value = serde_json::from_slice(input).unwrap();
        let lines = body["lines"].as_array().unwrap();
        assert!((1..=100).contains(&lines.len()), "{} lines", lines.len());
        for line in lines {
            assert!((1..=1000).contains(&line["quantity"].as_i64().unwrap()), "{line}");
        }
        assert!(!body["note"].as_str().unwrap_or_default().contains('\0'));
    })
}
