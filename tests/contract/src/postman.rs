//! The Postman collection, generated from the OpenAPI document. Its requests can be run in their order.

mod steps;

use crate::document::{self, Operation};
use crate::generated_files;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use steps::{Caller, Step};

#[test]
fn the_published_collection_is_what_the_document_says() {
    generated_files::compare("functions/docs/postman.json", &collection());
}

#[test]
fn every_operation_is_in_the_collection() {
    let operations: BTreeSet<_> =
        document::operations().iter().map(|operation| operation.id().to_owned()).collect();
    let steps: BTreeSet<_> = steps::all().map(|step| step.operation.to_owned()).collect();
    assert_eq!(operations, steps);
}

fn collection() -> Value {
    let operations: BTreeMap<String, Operation> = document::operations()
        .into_iter()
        .map(|operation| (operation.id().to_owned(), operation))
        .collect();
    let mut folders: Vec<(&str, Vec<Value>)> = Vec::new();
    for step in steps::all() {
        let operation = operations
            .get(step.operation)
            .unwrap_or_else(|| panic!("there is no operation {}", step.operation));
        match folders.last_mut() {
            Some((folder, items)) if *folder == step.folder => items.push(item(step, operation)),
            _ => folders.push((step.folder, vec![item(step, operation)])),
        }
    }
    json!({
        "info": {
            "name": "Tradepost",
            "description": "Can be run as a whole: set base and the email and password of staff and of a customer to what `cargo run` prints.",
            "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json",
        },
        "variable": variables(),
        "item": folders.into_iter().map(|(name, items)| json!({"name": name, "item": items})).collect::<Vec<_>>(),
    })
}

/// The variables that the user sets, then those that requests set for later ones.
fn variables() -> Vec<Value> {
    let given = [
        ("base", "http://127.0.0.1:3000"),
        ("staff_email", "admin@tradepost.example"),
        ("staff_password", ""),
        ("customer_email", "buyer@tradepost.example"),
        ("customer_password", ""),
        ("password", "plain words are fine"),
        ("webhook_secret", "whsec_local"),
    ];
    let given = given.into_iter().map(|(key, value)| json!({"key": key, "value": value}));
    let kept: BTreeSet<_> =
        steps::all().flat_map(|step| step.keep).map(|(variable, _)| *variable).collect();
    given.chain(kept.into_iter().map(|key| json!({"key": key, "value": ""}))).collect()
}

fn item(step: &Step, operation: &Operation) -> Value {
    let title = step.title.or_else(|| operation.spec["summary"].as_str()).unwrap_or_default();
    let mut headers = step.headers.to_vec();
    let parameters = operation.spec["parameters"].as_array().into_iter().flatten();
    if parameters.filter(|p| p["required"] == true).any(|p| p["name"] == "Idempotency-Key") {
        headers.push(("Idempotency-Key", "{{$guid}}"));
    }
    if matches!(step.caller, Caller::Guest | Caller::CustomerAndGuest) {
        headers.push(("Checkout-Secret", "{{checkout_secret}}"));
    }
    if step.body.is_some() {
        headers.push(("Content-Type", "application/json"));
    }
    let headers: Vec<_> =
        headers.into_iter().map(|(key, value)| json!({"key": key, "value": value})).collect();
    let mut request = json!({
        "method": operation.method,
        "description": operation.spec["description"],
        "header": headers,
        "url": format!("{{{{base}}}}{}", step.path.unwrap_or(&operation.path).replace('{', "{{").replace('}', "}}")),
        "auth": auth(step.caller),
    });
    if let Some(body) = step.body {
        request["body"] =
            json!({"mode": "raw", "raw": body, "options": {"raw": {"language": "json"}}});
    }
    let mut events = vec![script("test", &tests(step))];
    if !step.before.is_empty() {
        events.push(script(
            "prerequest",
            &step.before.iter().map(|&line| line.to_owned()).collect::<Vec<_>>(),
        ));
    }
    json!({"name": title, "request": request, "event": events})
}

fn auth(caller: Caller) -> Value {
    let bearer = |variable: &str| {
        let token =
            json!({"key": "token", "value": format!("{{{{{variable}}}}}"), "type": "string"});
        json!({"type": "bearer", "bearer": [token]})
    };
    match caller {
        Caller::Anonymous | Caller::Guest => json!({"type": "noauth"}),
        Caller::Customer | Caller::CustomerAndGuest => bearer("token"),
        Caller::Staff => bearer("staff_token"),
    }
}

/// Checks the status, then keeps what later requests need from the response.
fn tests(step: &Step) -> Vec<String> {
    let status = step.status;
    let mut lines =
        vec![format!("pm.test('answers {status}', () => pm.response.to.have.status({status}));")];
    for (variable, place) in step.keep {
        lines
            .push(format!("pm.collectionVariables.set('{variable}', pm.response.json().{place});"));
    }
    lines
}

fn script(listen: &str, lines: &[String]) -> Value {
    json!({"listen": listen, "script": {"type": "text/javascript", "exec": lines}})
}
