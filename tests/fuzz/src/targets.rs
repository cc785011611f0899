//! The targets of the fuzzer, and what must hold for every input.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use domain::catalog::ListPosition;
use domain::db::Db;
use domain::id::{FamilyId, OrderId, UserId};
use domain::inventory::{Count, CountMessage};
use domain::ordering::TimelinePosition;
use domain::outbox::Message;
use domain::page::{PageRequest, TextKey};
use domain::payments::EventPayload;
use lambda::dispatcher::OutboxDispatcher;
use lambda::http::token::Verifier;
use lambda::http::{App, TrustedProxies};
use orders::Orders;
use serde_json::Value;
use stripe_gateway::webhook::SigningSecrets;
use testkit::ApiClient;
use time::OffsetDateTime;

/// Processes one input, and panics if the input breaks something.
type Target = Box<dyn FnMut(&[u8])>;
/// A name and the constructor of the target.
type Named = (&'static str, fn() -> Target);

pub(crate) const TARGETS: [Named; 5] = [
    ("webhook", webhook),
    ("cursor", cursor),
    ("token", token),
    ("queue", queue),
    ("order", order),
];

/// Only the signed bytes are accepted, and what is kept of an event is valid JSON and means the same.
fn webhook() -> Target {
    let secret = testkit::WEBHOOK_SECRET;
    let secrets = SigningSecrets::parse(secret).unwrap();
    let now = OffsetDateTime::from_unix_timestamp(1_800_000_000).unwrap();
    let signed = b"{\"id\":\"evt_1\"}";
    let header = stack::stripe::signature(&[secret], now.unix_timestamp(), signed);
    Box::new(move |input| {
        assert_eq!(secrets.verify(&header, input, now).is_ok(), input == signed);
        let text = String::from_utf8_lossy(input);
        if secrets.verify(&text, signed, now).is_ok() {
            assert!(header.split("v1=").nth(1).is_some_and(|signature| text.contains(signature)));
        }
        let envelope = stripe_gateway::envelope(input);
        let (payload, kept) = (stripe_gateway::payload(input), stripe_gateway::minimize(input));
        if let Ok(envelope) = envelope {
            assert!(envelope.id.starts_with("evt_") && !envelope.kind.contains('\0'));
            assert_eq!(meaning(stripe_gateway::payload(&kept)), meaning(payload), "{text}");
            assert_eq!(stripe_gateway::minimize(&kept), kept);
        }
        if serde_json::from_slice::<Value>(input).is_ok() {
            assert!(has_no_secrets(&serde_json::from_slice(&kept).unwrap()), "{kept:?}");
        }
    })
}

/// What an event does. Which of its members cannot be read is told of the stored one, whose foreign metadata is emptied.
fn meaning(payload: EventPayload) -> EventPayload {
    match payload {
        EventPayload::Unreadable { subject, .. } => {
            EventPayload::Unreadable { subject, why: String::new() }
        }
        readable => readable,
    }
}

/// Whether no `client_secret`, with which a browser can pay, is left anywhere.
fn has_no_secrets(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().all(has_no_secrets),
        Value::Object(members) => members.iter().all(|(name, member)| {
            let is_secret = name == "client_secret" && member.is_string() && member != "withheld";
            !is_secret && has_no_secrets(member)
        }),
        _ => true,
    }
}

/// An accepted cursor contains no text that PostgreSQL cannot store.
fn cursor() -> Target {
    Box::new(|input| {
        let text = String::from_utf8_lossy(input);
        for cursor in [BASE64_URL_SAFE_NO_PAD.encode(input), text.into_owned()] {
            let cursor = Some(&*cursor);
            let _ = PageRequest::<ListPosition>::new(Some(100), cursor);
            let _ = PageRequest::<OrderId>::new(None, cursor);
            let _ = PageRequest::<TimelinePosition>::new(None, cursor);
            if let Ok(PageRequest { after: Some(mark), .. }) =
                PageRequest::<TextKey>::new(None, cursor)
            {
                assert!(!format!("{mark:?}").contains("\\0"), "{mark:?}");
            }
        }
    })
}

/// A token that is not exactly the issued one is refused before the database is queried, which does not exist here.
fn token() -> Target {
    let db = Db::connect("postgres://nobody@127.0.0.1:1/nothing", 1).unwrap();
    let verifier = Verifier::from_jwks(&testkit::token_keys()).unwrap();
    let (clock, trusted_proxies) = (testkit::clock(), TrustedProxies::default());
    let app = App { db, verifier, clock, trusted_proxies };
    let api =
        ApiClient::new(orders::routes(), Orders { app, dispatcher: OutboxDispatcher::deferred() });
    let now = testkit::clock().now();
    let good = testkit::signer().issue(UserId::generate(), FamilyId::generate(), 0, now).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let status_of = move |token: &str| {
        let call = api.get("/v1/orders").header("authorization", &format!("Bearer {token}"));
        runtime.block_on(call.into_future()).status
    };
    assert_eq!(status_of(&good), 503, "the issued token is refused");
    Box::new(move |input| {
        let parts: Vec<_> = good.split('.').collect();
        let [head, claims, signature] = parts.as_slice() else { panic!("{good}") };
        let encoded = BASE64_URL_SAFE_NO_PAD.encode(input);
        // Almost valid tokens get furthest: up to two bytes of the valid one are replaced.
        let mut changed = good.clone().into_bytes();
        for (offset, byte) in input.iter().take(2).enumerate() {
            let at = (usize::from(*byte) * 7 + offset) % changed.len();
            changed[at] = b"Aa9-_."[usize::from(*byte) % 6];
        }
        let changed = String::from_utf8(changed).unwrap();
        let text: String =
            String::from_utf8_lossy(input).chars().filter(char::is_ascii_graphic).collect();
        for token in [
            format!("{encoded}.{claims}.{signature}"),
            format!("{head}.{encoded}.{signature}"),
            format!("{head}.{claims}.{encoded}"),
            changed,
            text,
        ] {
            assert!(token == good || status_of(&token) == 401, "{token}");
        }
    })
}

/// An accepted message is equal after a round trip through JSON.
fn queue() -> Target {
    Box::new(|input| {
        if let Ok(message) = serde_json::from_slice::<CountMessage>(input) {
            let json = serde_json::to_vec(&message).unwrap();
            assert_eq!(serde_json::from_slice::<CountMessage>(&json).unwrap(), message);
            if let Ok(count) = Count::try_from(message) {
                assert!(count.on_hand() >= 0 && !count.sku().contains('\0'));
            }
        }
        if let Ok(message) = serde_json::from_slice::<Message>(input) {
            let json = serde_json::to_vec(&message).unwrap();
            assert_eq!(serde_json::from_slice::<Message>(&json).unwrap(), message);
        }
    })
}

/// An accepted order has 1 to 100 lines, each of 1 to 1000 pieces, and no NUL in its note.
fn order() -> Target {
    Box::new(|input| {
        let Some(_) = orders::parse_new_order(input) else { return };
        let body: Value = serde_json::from_slice(input).unwrap();
        let lines = body["lines"].as_array().unwrap();
        assert!((1..=100).contains(&lines.len()), "{} lines", lines.len());
        for line in lines {
            assert!((1..=1000).contains(&line["quantity"].as_i64().unwrap()), "{line}");
        }
        assert!(!body["note"].as_str().unwrap_or_default().contains('\0'));
    })
}
