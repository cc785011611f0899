//! Every request body, with what no body may hold.

use crate::document::{Operation, operations};
use crate::shapes::Shape;
use crate::street::Street;
use domain::accounts::Role;
use serde_json::Value;

/// Every operation that takes a JSON body of ours, and what that looks like.
fn taking(street: &Street) -> Vec<(Operation, Shape)> {
    let all = operations().into_iter().filter_map(|operation| {
        let shape = Shape::of(&operation, &street.schemas)?;
        Some((operation, shape))
    });
    let all: Vec<_> = all.collect();
    assert!(all.len() > 20, "operations are missing");
    all
}

/// A client that may set more than it should know of is one that sets its own role.
#[tokio::test]
async fn a_member_that_no_body_has_is_refused_in_every_object_of_every_body() {
    let street = Street::open().await;
    let admin = street.shop.person(Role::Admin).await;
    let things = street.things().await;
    for (operation, Shape { body, objects, .. }) in taking(&street) {
        let tag = street.tag_of(&operation, &things, &admin).await;
        for place in objects {
            let mut body = body.clone();
            let object = body.pointer_mut(&place).and_then(Value::as_object_mut).unwrap();
            object.insert("is_admin".to_owned(), true.into());

            let call = street.knock_at(&operation, &things).by(&admin);
            let call = call.key("one key for one wish").header("if-match", &tag);
            let answer = call.json(&body).await;

            assert_eq!(answer.refusal(), (400, "bad_body"), "{operation} {place}: {answer:?}");
            let told = answer.text("/errors/0/detail");
            assert!(told.contains("`is_admin`"), "{operation} {place}: {told}");
        }
    }
}

#[tokio::test]
async fn a_body_that_is_too_deep_or_too_large_is_refused_everywhere() {
    let street = Street::open().await;
    let admin = street.shop.person(Role::Admin).await;
    let things = street.things().await;
    for (operation, _) in taking(&street) {
        let tag = street.tag_of(&operation, &things, &admin).await;
        let knock = async |body: String| {
            let call = street.knock_at(&operation, &things).by(&admin);
            let call = call.key("one key for one wish").header("if-match", &tag);
            call.raw("application/json", body).await
        };

        let deep = knock("[".repeat(100_000)).await;
        let deep_below = knock(format!("{{\"a\":{}", "[".repeat(100_000))).await;
        let large = knock(" ".repeat(256 * 1024 + 1)).await;

        assert_eq!(deep.status, 400, "{operation}: {deep:?}");
        assert_eq!(deep_below.status, 400, "{operation}: {deep_below:?}");
        assert_eq!(large.refusal(), (413, "too_large"), "{operation}");
    }
}
