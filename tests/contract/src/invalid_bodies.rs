//! Request bodies that every operation refuses: with an unknown member, with an array in place of an object, with a fraction
//! in place of an integer, too deep, too large.

use crate::all_functions::AllFunctions;
use crate::document::{Operation, operations};
use crate::example_bodies::ExampleBody;
use domain::accounts::Role;
use serde_json::Value;

/// Every operation that takes a JSON body with a schema of ours, with an example.
fn with_body(functions: &AllFunctions) -> Vec<(Operation, ExampleBody)> {
    let found = operations().into_iter().filter_map(|operation| {
        let body = ExampleBody::of(&operation, &functions.schemas)?;
        Some((operation, body))
    });
    let found: Vec<_> = found.collect();
    assert!(found.len() > 20, "operations are missing");
    found
}

/// Otherwise a client may set what is not in the schema, such as its own role.
#[tokio::test]
async fn a_member_that_no_body_has_is_refused_in_every_object_of_every_body() {
    let functions = AllFunctions::open().await;
    let admin = functions.shop.user(Role::Admin).await;
    let resources = functions.resources().await;
    for (operation, ExampleBody { body, objects, .. }) in with_body(&functions) {
        let etag = functions.etag(&operation, &resources, &admin).await;
        for place in objects {
            let mut body = body.clone();
            let object = body.pointer_mut(&place).and_then(Value::as_object_mut).unwrap();
            object.insert("is_admin".to_owned(), true.into());

            let call = functions.call_on(&operation, &resources).by(&admin);
            let call = call.key("a key for this request").header("if-match", &etag);
            let response = call.json(&body).await;

            assert_eq!(response.refusal(), (400, "bad_body"), "{operation} {place}: {response:?}");
            let detail = response.text("/errors/0/detail");
            assert!(detail.contains("`is_admin`"), "{operation} {place}: {detail}");
        }
    }
}

/// serde would read the array as the values of the object's members.
#[tokio::test]
async fn an_array_is_no_object_in_any_body() {
    let functions = AllFunctions::open().await;
    let admin = functions.shop.user(Role::Admin).await;
    let resources = functions.resources().await;
    for (operation, ExampleBody { body, objects, .. }) in with_body(&functions) {
        let etag = functions.etag(&operation, &resources, &admin).await;
        for place in objects {
            let members = body.pointer(&place).and_then(Value::as_object).unwrap();
            let values: Vec<Value> = members.values().cloned().collect();
            for array in [values, Vec::new()] {
                let mut body = body.clone();
                *body.pointer_mut(&place).unwrap() = array.into();

                let call = functions.call_on(&operation, &resources).by(&admin);
                let call = call.key("a key for this request").header("if-match", &etag);
                let response = call.json(&body).await;

                let what = format!("{operation} {place}: {response:?}");
                assert_eq!(response.refusal(), (400, "bad_body"), "{what}");
                assert_eq!(response.text("/errors/0/pointer"), place, "{what}");
            }
        }
    }
}

/// JSON Schema says so; `1.5` is no integer in any of them.
#[tokio::test]
async fn an_integer_may_be_spelled_as_any_json_number_in_every_body() {
    const NUMBER: &str = "the number";
    let functions = AllFunctions::open().await;
    let admin = functions.shop.user(Role::Admin).await;
    let resources = functions.resources().await;
    let mut tried = 0;
    for (operation, ExampleBody { body, integers, .. }) in with_body(&functions) {
        let etag = functions.etag(&operation, &resources, &admin).await;
        for place in integers {
            let value = body.pointer(&place).and_then(Value::as_i64).unwrap();
            let mut body = body.clone();
            *body.pointer_mut(&place).unwrap() = NUMBER.into();
            let send = async |number: String| {
                let body = body.to_string().replace(&format!("\"{NUMBER}\""), &number);
                // Some bodies are accepted, and each of them has a key of its own.
                let key = format!("the number {number} at {place} of {}", operation.id());
                let call = functions.call_on(&operation, &resources).by(&admin);
                let call = call.key(&key).header("if-match", &etag);
                call.raw("application/json", body).await
            };

            for spelled in [
                format!("{value}.0"),
                format!("{value}e0"),
                format!("{}E-1", i128::from(value) * 10),
            ] {
                let response = send(spelled.clone()).await;
                let is_read = !["bad_body", "malformed_json"].contains(&response.refusal().1)
                    && response.text("/rejected/0/reason") != "wrong_type";
                assert!(is_read, "{operation} {place} {spelled}: {response:?}");
            }
            let fraction = send(format!("{value}.5")).await;
            // Feeds tell their rows one by one.
            let (refusal, pointer) = match fraction.refusal() {
                (422, "no_good_count") => ((422, "no_good_count"), "/rejected/0/pointer"),
                _ => ((400, "bad_body"), "/errors/0/pointer"),
            };
            assert_eq!(fraction.refusal(), refusal, "{operation} {place}: {fraction:?}");
            assert_eq!(fraction.text(pointer), place, "{operation}");
            tried += 1;
        }
    }
    assert!(tried > 10, "integers are missing: {tried}");
}

#[tokio::test]
async fn a_body_that_is_too_deep_or_too_large_is_refused_everywhere() {
    let functions = AllFunctions::open().await;
    let admin = functions.shop.user(Role::Admin).await;
    let resources = functions.resources().await;
    for (operation, _) in with_body(&functions) {
        let etag = functions.etag(&operation, &resources, &admin).await;
        let send = async |body: String| {
            let call = functions.call_on(&operation, &resources).by(&admin);
            let call = call.key("a key for this request").header("if-match", &etag);
            call.raw("application/json", body).await
        };

        let deep = send("[".repeat(100_000)).await;
        let deep_below = send(format!("{{\"a\":{}", "[".repeat(100_000))).await;
        let large = send(" ".repeat(256 * 1024 + 1)).await;

        assert_eq!(deep.status, 400, "{operation}: {deep:?}");
        assert_eq!(deep_below.status, 400, "{operation}: {deep_below:?}");
        assert_eq!(large.refusal(), (413, "too_large"), "{operation}");
    }
}
