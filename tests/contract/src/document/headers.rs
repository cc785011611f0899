//! The headers of every answer, told from what an operation takes and answers: no endpoint has to repeat them.

use super::entries;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// What an `Idempotency-Key` may be: printable ASCII, and no space at an end, for HTTP takes that away.
const KEY: &str = "^[!-~][ -~]{14,253}[!-~]$";
/// One entity tag, or any.
const TAG: &str = r#"^(\*|(W/)?"[^",]*")$"#;
/// Name, type, whether every answer that is said to have it has it, and what it is.
const HEADERS: [(&str, &str, bool, &str); 8] = [
    ("ETag", "string", true, "Send it as If-Match, or as If-None-Match"),
    ("Idempotent-Replayed", "string", false, "`true` if the answer was given before"),
    ("Link", "string", false, "The next page, as `rel=\"next\"`, if there is one"),
    ("Location", "string", true, "Where what was made can be seen"),
    ("RateLimit-Limit", "integer", false, "How many tries there are"),
    ("RateLimit-Remaining", "integer", false, "How many are left"),
    ("RateLimit-Reset", "integer", false, "Seconds until all are there again"),
    ("Retry-After", "integer", false, "Seconds until another try makes sense"),
];

/// The part of the document that all answers refer to.
pub(super) fn components() -> BTreeMap<&'static str, Value> {
    let header = |(name, kind, always, what)| {
        (name, json!({"description": what, "required": always, "schema": {"type": kind}}))
    };
    HEADERS.map(header).into()
}

pub(super) fn describe(operation: &mut Value) {
    let takes = |name| each(&operation["parameters"]).any(|parameter| parameter["name"] == name);
    let once = takes("Idempotency-Key");
    let tagged = takes("If-Match") || takes("If-None-Match");
    let counted = operation["responses"].get("429").is_some();
    for (status, response) in operation["responses"].as_object_mut().into_iter().flatten() {
        let is_busy = response["description"].as_str().is_some_and(|said| said.contains("`busy`"));
        let is_list = entries(&response["content"]).any(|(_, body)| {
            let schema = body["schema"]["$ref"].as_str().unwrap_or_default();
            schema.starts_with("#/components/schemas/List_")
        });
        // What is created may have a version as well; that, its endpoint says.
        let created_tagged = response["headers"].get("ETag").is_some();
        let occurs = |header: &str| match header {
            "ETag" => created_tagged || tagged && ["200", "304"].contains(&status.as_str()),
            "Idempotent-Replayed" => once && status.starts_with('2'),
            "Link" => is_list,
            "Location" => status == "201",
            "Retry-After" => is_busy || ["429", "502", "503"].contains(&status.as_str()),
            _ => counted,
        };
        let headers = HEADERS.into_iter().filter(|(name, ..)| occurs(name)).map(|(name, ..)| {
            (name.to_owned(), json!({"$ref": format!("#/components/headers/{name}")}))
        });
        let headers: Map<_, _> = headers.collect();
        if !headers.is_empty() {
            response["headers"] = headers.into();
        }
    }
    let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
    for parameter in parameters.into_iter().flatten() {
        match parameter["name"].as_str() {
            // A header that may be missing is never null.
            Some("Idempotency-Key") => {
                parameter["schema"] = json!({"type": "string", "pattern": KEY});
            }
            Some("If-Match") => parameter["schema"] = json!({"type": "string", "pattern": TAG}),
            _ => {}
        }
    }
}

fn each(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}
