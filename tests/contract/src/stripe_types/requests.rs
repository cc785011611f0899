//! The parameters that we send, and those that the stand-in takes.

use super::{TYPES, story::Story};
use serde_json::{Map, Value, json};
use stack::stripe::parameters;
use std::collections::BTreeSet;

/// The endpoints that the story calls.
const CALLED: [&str; 11] = [
    "GET checkout/sessions/*",
    "GET disputes",
    "GET payment_intents",
    "GET payment_intents/*",
    "GET refunds",
    "GET refunds/*",
    "POST checkout/sessions",
    "POST checkout/sessions/*/expire",
    "POST payment_intents",
    "POST payment_intents/*/cancel",
    "POST refunds",
];

#[tokio::test(flavor = "multi_thread")]
async fn both_versions_know_all_that_we_send_and_deprecate_none_of_it() {
    let story = Story::tell().await;
    let calls: Vec<_> = story.stand_in.calls();
    let mut errors = BTreeSet::new();
    let mut called = BTreeSet::new();

    for types in TYPES.iter() {
        for call in &calls {
            let endpoint = endpoint(&call.call);
            let sent = tree(&call.parameters);
            errors.extend(types.errors("parameters", &endpoint, &sent));
            let deprecated = types.deprecated(&types.schemas["parameters"][&endpoint], &sent);
            errors
                .extend(deprecated.iter().map(|name| format!("{endpoint}: {name} is deprecated")));
            called.insert(endpoint);
        }
    }

    assert!(errors.is_empty(), "{errors:#?}");
    assert_eq!(called, CALLED.map(str::to_owned).into());
}

#[test]
fn the_stand_in_takes_no_parameters_that_stripe_does_not() {
    let mut errors = BTreeSet::new();

    for types in TYPES.iter() {
        for (endpoint, names) in parameters() {
            for name in names {
                // Only the name counts here, and not the value.
                let sent = tree(&[(name.replace('*', "0"), "1".to_owned())]);
                let found = types.errors("parameters", &endpoint, &sent);
                errors.extend(found.into_iter().filter(|error| error.contains("unexpected")));
            }
        }
    }

    assert!(errors.is_empty(), "{errors:#?}");
}

/// `POST payment_intents/*/cancel` of `POST /v1/payment_intents/pi_1/cancel`.
fn endpoint(call: &str) -> String {
    let segments: Vec<_> = call.replacen("/v1/", "", 1).split('/').map(str::to_owned).collect();
    let is_id = |segment: &str| {
        segment.contains('_') && segment.bytes().any(|letter| letter.is_ascii_digit())
    };
    let segments = segments.iter().map(|segment| match segment.split_once(' ') {
        None if is_id(segment) => "*",
        _ => segment,
    });
    segments.collect::<Vec<_>>().join("/")
}

/// The parameters as a tree, by names such as `line_items[0][quantity]`.
fn tree(parameters: &[(String, String)]) -> Value {
    let mut root = json!({});
    for (name, value) in parameters {
        let mut at = &mut root;
        for key in name.split('[').map(|part| part.trim_end_matches(']')) {
            at = &mut at[key];
        }
        *at = value.as_str().into();
    }
    lists(root)
}

/// Groups with numbers as their keys are lists.
fn lists(value: Value) -> Value {
    let Value::Object(members) = value else { return value };
    let members = members.into_iter().map(|(key, inner)| (key, lists(inner)));
    let members: Map<_, _> = members.collect();
    if !members.is_empty() && members.keys().all(|key| key.parse::<u32>().is_ok()) {
        return members.into_iter().map(|(_, inner)| inner).collect();
    }
    Value::Object(members)
}
