//! Every file in `events/`, sent to the function that it is for, as built for deployment.

use crate::routes::template;
use crate::workspace;
use local::event::Filler;
use local::{Options, Shop};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What a function must answer to an event.
enum Expected {
    /// An HTTP status, and a JSON pointer into the body with the value there.
    Http(u16, &'static str, Value),
    /// The messages of the batch that are reported as failed, by the last digit of their ids.
    Failed(&'static [char]),
    /// A JSON pointer into the response with the value there.
    Returns(&'static str, Value),
}
use Expected::{Failed, Http, Returns};

/// The expected response to each file, in a new shop.
fn expected() -> BTreeMap<&'static str, Expected> {
    let ok = |pointer, value| Http(200, pointer, value);
    let created = |pointer, value| Http(201, pointer, value);
    let accepted = |detail| Http(202, "/detail", json!(detail));
    let refused = |status, code| Http(status, "/code", json!(code));
    let registered = || {
        accepted(
            "there is an account with this address; if it is new, use the link in the email, then log in",
        )
    };
    BTreeMap::from([
        (
            "accounts-forgot-unknown",
            accepted("if there is an account with this address, an email is on its way"),
        ),
        ("accounts-keys", ok("/keys/0/kty", json!("OKP"))),
        ("accounts-log-in-cut-off", refused(400, "malformed_json")),
        ("accounts-log-in-cut-off-base64", refused(400, "malformed_json")),
        ("accounts-log-in-unknown", refused(401, "wrong_credentials")),
        ("accounts-me", ok("/email", json!("buyer@tradepost.example"))),
        ("accounts-register", registered()),
        ("accounts-register-base64", registered()),
        ("accounts-users-as-customer", refused(403, "wrong_role")),
        ("accounts-verify-unknown", refused(400, "bad_link")),
        ("catalog-create-product", created("/sku", json!("MUG-TALL"))),
        ("catalog-create-product-as-customer", refused(403, "wrong_role")),
        ("catalog-create-product-as-stranger", refused(401, "sign_in")),
        ("catalog-create-product-base64", created("/sku", json!("MUG-TALLER"))),
        ("catalog-create-product-taken", refused(409, "sku_taken")),
        ("catalog-create-product-with-floats", refused(400, "bad_body")),
        ("catalog-create-product-with-floats-base64", refused(400, "bad_body")),
        ("catalog-list-products", ok("/has_more", json!(true))),
        ("checkouts-create", created("/total/amount", json!(2500))),
        ("checkouts-current-as-stranger", refused(401, "sign_in")),
        ("checkouts-quote", ok("/lines/0/sku", json!("MUG-BLUE"))),
        ("checkouts-quote-with-a-price", refused(400, "bad_body")),
        ("docs-elsewhere", refused(405, "no_such_method")),
        ("docs-error-garbled", refused(404, "not_found")),
        ("docs-error-unknown", refused(404, "not_found")),
        ("docs-health", ok("/status", json!("ok"))),
        ("docs-openapi", ok("/info/title", json!("Tradepost"))),
        ("inventory-adjust", created("/delta", json!(5))),
        ("inventory-adjust-base64", created("/note", json!("dropped when unpacking"))),
        ("inventory-adjust-below-reserved", refused(409, "below_reserved")),
        ("inventory-adjust-no-json-base64", refused(400, "malformed_json")),
        ("inventory-adjust-without-key", refused(400, "idempotency_key_required")),
        ("inventory-list-as-stranger", refused(401, "sign_in")),
        ("migrate-deploy", Returns("/applied", json!(0))),
        ("operations-emails-bad-limit", refused(400, "bad_query")),
        ("operations-invariants", ok("/breaches", json!([]))),
        ("operations-invariants-as-customer", refused(403, "wrong_role")),
        ("operations-invariants-as-stranger", refused(401, "sign_in")),
        ("operations-redrive-base64", Http(202, "/redriven", json!(0))),
        ("orders-list-as-stranger", refused(401, "sign_in")),
        ("orders-place", created("/status", json!("pending"))),
        ("orders-place-base64", created("/total/amount", json!(1598))),
        ("orders-place-out-of-stock", refused(409, "out_of_stock")),
        ("orders-place-with-a-price", refused(400, "bad_body")),
        ("orders-place-with-a-price-base64", refused(400, "bad_body")),
        ("orders-show", ok("/lines/0/sku", json!("MUG-BLUE"))),
        ("orders-show-with-bad-token", refused(401, "sign_in")),
        ("payments-intent", ok("/amount/amount", json!(2500))),
        ("payments-intent-as-stranger", refused(401, "sign_in")),
        ("payments-refund", created("/amount/amount", json!(500))),
        ("payments-refund-base64", created("/amount/amount", json!(300))),
        ("payments-refund-empty", refused(400, "malformed_json")),
        ("payments-refund-empty-base64", refused(400, "malformed_json")),
        ("payments-refund-too-much", refused(422, "amount_too_large")),
        ("reconcile-tick", Returns("/healed", json!(0))),
        ("send-email-order-placed-and-garbled", Failed(&['2'])),
        ("send-email-order-unknown-and-garbled", Failed(&['2'])),
        (
            // The signature is of the right secret, but too old.
            "stripe-webhook-dispute-replayed",
            Http(400, "/detail", json!("the signature is too old, or from the future")),
        ),
        ("stripe-webhook-forged", refused(400, "bad_signature")),
        ("stripe-webhook-signed", ok("/received", json!(true))),
        ("stripe-webhook-signed-base64", ok("/received", json!(true))),
        ("stripe-webhook-signed-no-json", ok("/received", json!(true))),
        ("stripe-webhook-unsigned-base64", refused(400, "bad_signature")),
        ("sweep-tick", Returns("/failures", json!(0))),
        ("sync-inventory-count-and-garbled", Failed(&['2'])),
    ])
}

/// The files by their names without `.json`.
fn events() -> BTreeMap<String, Value> {
    let files = workspace::files("events", &[""]).into_iter().map(|file| {
        let name = file.path.strip_prefix("events/").and_then(|name| name.strip_suffix(".json"));
        let name = name.unwrap_or_else(|| panic!("{} is not called .json", file.path));
        let event = serde_json::from_str(&file.text);
        (name.to_owned(), event.unwrap_or_else(|error| panic!("{}: {error}", file.path)))
    });
    files.collect()
}

/// The function that a file is for: the longest folder name that the name of the file begins with.
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
        let mut keys = routes.map(|(route, _)| route.key());
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
    let (expected, mut filler) = (expected(), Filler::new(&shop));
    for (name, event) in events() {
        let event =
            filler.fill(&event.to_string()).await.unwrap_or_else(|error| panic!("{name}: {error}"));
        let response = shop.gateway.invoke(&ids[&function_of(&name)], &event).await;
        let response = response.unwrap_or_else(|error| panic!("{name}: {error}"));
        match &expected[name.as_str()] {
            Http(status, pointer, value) => {
                assert_eq!(response["statusCode"], *status, "{name}: {response}");
                assert_eq!(response["isBase64Encoded"], false, "{name}: {response}");
                let body: Value = serde_json::from_str(response["body"].as_str().unwrap()).unwrap();
                assert_eq!(body.pointer(pointer), Some(value), "{name}: {body}");
                let kind =
                    if *status < 400 { "application/json" } else { "application/problem+json" };
                assert_eq!(response["headers"]["content-type"], kind, "{name}: {response}");
            }
            Failed(digits) => {
                let failures = response["batchItemFailures"].as_array().unwrap();
                let failed = failures.iter().map(|failure| failure["itemIdentifier"].as_str());
                let failed: Vec<_> = failed.filter_map(|id| id?.chars().last()).collect();
                assert_eq!(failed, *digits, "{name}: {response}");
            }
            Returns(pointer, value) => {
                assert_eq!(response.pointer(pointer), Some(value), "{name}: {response}");
            }
        }
    }
}
