//! The headers of responses, derived from the parameters and responses of an operation, so that no endpoint has to repeat them.

use super::entries;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// An `Idempotency-Key`: 16 to 255 printable ASCII characters. No space at either end, because HTTP trims header values. The
/// same in quotation marks is a string of RFC 9651.
const KEY: &str = r#"^([!#-~][ -~]{14,253}[!-~]|"([ !#-\[\]-~]|\\["\\]){16,255}")$"#;
/// The value of `If-Match`: entity tags, or `*`.
const TAGS: &str = r#"^(\*|(W/)?"[^",]*"(, ?(W/)?"[^",]*")*)$"#;
/// Name, type, whether it is in every response that documents it, and description.
const HEADERS: [(&str, &str, bool, &str); 10] = [
    ("ETag", "string", true, "Send it as If-Match, or as If-None-Match"),
    (
        "Idempotent-Replayed",
        "string",
        false,
        "`true` if this response was recorded for an earlier request with the same key",
    ),
    ("Link", "string", false, "The URL of the next page as `rel=\"next\"`, if there is one"),
    ("Location", "string", true, "The URL of the created resource"),
    (
        "RateLimit",
        "string",
        false,
        "The limit with the fewest attempts left: its name, attempts left (`r`), and seconds until all are available again (`t`)",
    ),
    ("RateLimit-Limit", "integer", false, "Attempts allowed"),
    (
        "RateLimit-Policy",
        "string",
        false,
        "The same limit: its name, attempts allowed (`q`), and the seconds in which they become available again (`w`)",
    ),
    ("RateLimit-Remaining", "integer", false, "Attempts left"),
    ("RateLimit-Reset", "integer", false, "Seconds until all attempts are available again"),
    ("Retry-After", "integer", false, "Seconds to wait before the next attempt"),
];

/// The header components, to which the responses refer.
pub(super) fn components() -> BTreeMap<&'static str, Value> {
    let header = |(name, kind, always, what)| {
        (name, json!({"description": what, "required": always, "schema": {"type": kind}}))
    };
    HEADERS.map(header).into()
}

/// Adds the headers to the responses of an operation, and their patterns to its parameters.
pub(super) fn describe(operation: &mut Value) {
    let takes = |name| each(&operation["parameters"]).any(|parameter| parameter["name"] == name);
    let idempotent = takes("Idempotency-Key");
    let versioned = takes("If-Match") || takes("If-None-Match");
    let rate_limited = operation["responses"].get("429").is_some();
    for (status, response) in operation["responses"].as_object_mut().into_iter().flatten() {
        let is_busy = response["description"].as_str().is_some_and(|text| text.contains("`busy`"));
        let is_list = is_list(response);
        // Endpoints that create something versioned document the ETag themselves.
        let has_etag = response["headers"].get("ETag").is_some();
        let occurs = |header: &str| match header {
            "ETag" => has_etag || versioned && ["200", "304"].contains(&status.as_str()),
            "Idempotent-Replayed" => idempotent && status.starts_with('2'),
            "Link" => is_list,
            "Location" => status == "201",
            "Retry-After" => is_busy || ["429", "502", "503"].contains(&status.as_str()),
            _ => rate_limited,
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
            // An optional header may be absent, but it is never null.
            Some("Idempotency-Key") => {
                parameter["schema"] = json!({"type": "string", "pattern": KEY});
            }
            Some("If-Match") => parameter["schema"] = json!({"type": "string", "pattern": TAGS}),
            Some("If-None-Match") => parameter["schema"] = json!({"type": "string"}),
            _ => {}
        }
    }
}

/// Whether the body of a response is a page of a list.
pub(super) fn is_list(response: &Value) -> bool {
    entries(&response["content"]).any(|(_, body)| {
        let schema = body["schema"]["$ref"].as_str().unwrap_or_default();
        schema.starts_with("#/components/schemas/List_")
    })
}

fn each(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}
