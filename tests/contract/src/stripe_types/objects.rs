//! The objects and events of the stand-in, and the sample events.

use super::{TYPES, Types, story::Story};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use stack::tools::StripeTypes;
use std::collections::BTreeMap;

#[tokio::test(flavor = "multi_thread")]
async fn every_object_and_event_of_the_stand_in_is_as_stripe_says() {
    let story = Story::tell().await;
    // One event of each type, with each set of members: most events differ in ids and amounts only.
    let mut kinds = BTreeMap::new();
    for event in story.stand_in.events() {
        let (kind, status) = (text(&event["type"]), &event["data"]["object"]["status"]);
        kinds.insert(format!("{kind} {status}"), (kind, event));
    }
    let mut errors = Vec::new();

    for types in TYPES.iter() {
        for (kind, event) in kinds.values() {
            errors.extend(types.errors("events", kind, event).into_iter().filter(counts(types)));
        }
        for object in &story.objects {
            let found = types.errors("objects", &text(&object["object"]), object);
            errors.extend(found.into_iter().filter(counts(types)));
        }
    }

    assert!(errors.is_empty(), "{}", errors.join("\n"));
    assert!(kinds.len() > 30, "{:?}", kinds.keys());
}

#[test]
fn every_sample_event_is_as_stripe_says() {
    let files = crate::workspace::files("events", &[".json"]).into_iter();
    let samples = files.filter(|file| file.path.starts_with("events/stripe-webhook-"));
    let bodies: Vec<_> = samples.filter_map(|file| Some((body(&file.text)?, file.path))).collect();
    let mut errors = Vec::new();

    for types in TYPES.iter() {
        for (event, path) in &bodies {
            let found = types.errors("events", &text(&event["type"]), event);
            let found = found.into_iter().filter(counts(types));
            errors.extend(found.map(|error| format!("{path}: {error}")));
        }
    }

    assert!(errors.is_empty(), "{}", errors.join("\n"));
    assert!(bodies.len() > 3);
}

/// Objects of the pinned version lack what a newer one has added.
fn counts(types: &Types) -> impl Fn(&String) -> bool {
    let is_newest = types.version == StripeTypes::Newest;
    move |error| !(is_newest && error.ends_with("is a required property"))
}

/// The body of a request; none if it is not JSON, as in the sample of such a body.
fn body(request: &str) -> Option<Value> {
    let request: Value = serde_json::from_str(request).unwrap();
    let body = text(&request["body"]);
    if request["isBase64Encoded"] == true {
        return serde_json::from_slice(&BASE64_STANDARD.decode(body).unwrap()).ok();
    }
    serde_json::from_str(&body).ok()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}
