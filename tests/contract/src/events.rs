//! Every file in events/, fed to the binary that it is for.

use crate::routes::template;
use crate::workspace;
use local::{Options, Shop};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What a function makes of an event.
enum Answer {
    /// An HTTP status, and a pointer into the body with the value there.
    Http(u16, &'static str, Value),
    /// The messages of the batch that must come again, by the last digit of their ids.
    Again(&'static [char]),
    /// A pointer into the answer with the value there.
    Says(&'static str, Value),
}
use Answer::{Again, Http, Says};

/// Each file with what comes of it, in a shop that was just opened.
fn expected() -> BTreeMap<&'static str, Answer> {
    BTreeMap::from([
        (
            "accounts-forgot-unknown",
            Http(
                202,
                "/detail",
                json!("if there is an account with this address, a mail is on its way"),
            ),
        ),
        ("accounts-keys", Http(200, "/keys/0/kty", json!("OKP"))),
        ("accounts-log-in-unknown", Http(401, "/code", json!("wrong_credentials"))),
        (
            "accounts-register",
            Http(
                202,
                "/detail",
                json!("there is an account with this address; if it is new, it has this password"),
            ),
        ),
        ("accounts-verify-unknown", Http(400, "/code", json!("bad_link"))),
        ("catalog-create-product-as-stranger", Http(401, "/code", json!("sign_in"))),
        ("catalog-list-products", Http(200, "/has_more", json!(true))),
        ("docs-health", Http(200, "/status", json!("ok"))),
        ("docs-openapi", Http(200, "/info/title", json!("Tradepost"))),
        ("inventory-list-as-stranger", Http(401, "/code", json!("sign_in"))),
        ("migrate-deploy", Says("/applied", json!(0))),
        ("operations-invariants-as-stranger", Http(401, "/code", json!("sign_in"))),
        ("orders-list-as-stranger", Http(401, "/code", json!("sign_in"))),
        ("orders-show-with-bad-token", Http(401, "/code", json!("sign_in"))),
        ("payments-intent-as-stranger", Http(401, "/code", json!("sign_in"))),
        ("reconcile-tick", Says("/healed", json!(0))),
        ("send-email-order-unknown-and-garbled", Again(&['2'])),
        (
            // Signed with the local shop's secret, and long ago.
            "stripe-webhook-dispute-replayed",
            Http(400, "/detail", json!("the signature is too old, or from the future")),
        ),
        ("stripe-webhook-forged", Http(400, "/code", json!("bad_signature"))),
        ("sweep-tick", Says("/failures", json!(0))),
        ("sync-inventory-count-and-garbled", Again(&['2'])),
    ])
}

/// The files by their names, without the ending.
fn events() -> BTreeMap<String, Value> {
    let files = workspace::files("events", &[""]).into_iter().map(|file| {
        let name = file.path.strip_prefix("events/").and_then(|name| name.strip_suffix(".json"));
        let name = name.unwrap_or_else(|| panic!("{} is no JSON file", file.path));
        let event = serde_json::from_str(&file.text);
        (name.to_owned(), event.unwrap_or_else(|error| panic!("{}: {error}", file.path)))
    });
    files.collect()
}

/// The folder of the function that a file is for: the longest that its name begins with.
fn function_of(name: &str) -> String {
    let fits = |folder: &String| {
        name.strip_prefix(folder.as_str()).is_some_and(|rest| rest.starts_with('-'))
    };
    let folders = workspace::folders("functions").into_iter().filter(fits);
    let longest = folders.max_by_key(String::len);
    longest.unwrap_or_else(|| panic!("events/{name}.json: <folder of the function>-<case>.json"))
}

#[test]
fn every_function_has_an_event_and_every_event_an_expectation() {
    let events = events();
    let named: BTreeSet<_> = events.keys().map(String::as_str).collect();
    assert_eq!(named, expected().into_keys().collect(), "files and expectations");

    let served: BTreeSet<_> = events.keys().map(|name| function_of(name)).collect();
    assert_eq!(served, workspace::folders("functions").into_iter().collect());
}

#[test]
fn every_http_event_is_for_a_route_of_its_function() {
    let template = template();
    for (name, event) in events().iter().filter(|(_, event)| event.get("routeKey").is_some()) {
        let routes = template.routes().filter(|(_, function)| function.binary == function_of(name));
        let mut keys = routes.map(|(route, _)| format!("{} {}", route.method, route.path));
        assert!(keys.any(|key| event["routeKey"] == key), "{name}: {}", event["routeKey"]);
        assert_eq!(event["routeKey"], event["requestContext"]["routeKey"], "{name}");
        assert_eq!(event["rawPath"], event["requestContext"]["http"]["path"], "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_event_is_answered_by_the_binary_that_gets_deployed() {
    let shop = Shop::open(Options::default()).await.unwrap();
    let ids: BTreeMap<_, _> =
        template().functions.into_values().map(|function| (function.binary, function.id)).collect();
    let expected = expected();
    for (name, event) in events() {
        let answer = shop.gateway.invoke(&ids[&function_of(&name)], &event).await;
        let answer = answer.unwrap_or_else(|error| panic!("{name}: {error}"));
        match &expected[name.as_str()] {
            Http(status, pointer, value) => {
                assert_eq!(answer["statusCode"], *status, "{name}: {answer}");
                assert_eq!(answer["isBase64Encoded"], false, "{name}: {answer}");
                let body: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
                assert_eq!(body.pointer(pointer), Some(value), "{name}: {body}");
                let kind =
                    if *status < 400 { "application/json" } else { "application/problem+json" };
                assert_eq!(answer["headers"]["content-type"], kind, "{name}: {answer}");
            }
            Again(digits) => {
                let failures = answer["batchItemFailures"].as_array().unwrap();
                let again = failures.iter().map(|failure| failure["itemIdentifier"].as_str());
                let again: Vec<_> = again.filter_map(|id| id?.chars().last()).collect();
                assert_eq!(again, *digits, "{name}: {answer}");
            }
            Says(pointer, value) => {
                assert_eq!(answer.pointer(pointer), Some(value), "{name}: {answer}");
            }
        }
    }
}
