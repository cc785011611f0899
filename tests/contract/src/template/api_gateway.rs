//! The HTTP API: its routes, rate limits, CORS and access log.

use super::Faults;
use super::functions::events;
use super::yaml::{Yaml, branches, items};
use crate::routes::is_unpublished;
use crate::workspace;
use serde_json::{Value, json};

/// Public routes other than `GET`. [`crate::authorization`] calls every other route without a token.
const PUBLIC: [&str; 11] = [
    "POST /v1/auth/email/resend",
    "POST /v1/auth/email/verify",
    "POST /v1/auth/links",
    "POST /v1/auth/login",
    "POST /v1/auth/password/forgot",
    "POST /v1/auth/password/reset",
    "POST /v1/auth/refresh",
    "POST /v1/auth/register",
    "POST /v1/checkouts",
    "POST /v1/orders/{order_id}/link",
    "POST /v1/quotes",
];
/// Requests a second to a route that has a throttle of its own. All callers share it: with fewer, one client shuts the route for
/// all others; with more, those that hash passwords take the instances of everything else.
const SHARED_RATE: std::ops::RangeInclusive<u64> = 40..=60;
/// The route that takes what no other takes.
const DEFAULT: &str = "$default";
/// Variables of the access log that would hold personal data or input.
const NOT_LOGGED: [&str; 4] = ["header", "body", "querystring", "sourceIp"];

pub(super) fn are_declared(yaml: &Yaml) -> Faults {
    let mut faults = gateway(yaml);
    let document: Value =
        serde_json::from_str(&workspace::read("functions/docs/openapi.json")).unwrap();
    let mut keys = Vec::new();
    for (id, own) in yaml.functions() {
        for event in events(own).filter(|event| event["Type"] == "HttpApi") {
            let event = &event["Properties"];
            let [method, path] =
                ["Method", "Path"].map(|key| event[key].as_str().unwrap_or_default());
            let is_default = event.get("Method").or(event.get("Path")).is_none();
            let key = if is_default { DEFAULT.to_owned() } else { format!("{method} {path}") };
            if event["ApiId"] != json!({"Ref": "Api"}) {
                faults.push(format!("{id}: {key} is not on the gateway Api"));
            }
            if is_default {
                keys.push(key);
                continue;
            }
            if method == "ANY" || path.contains(['+', '$']) || path.is_empty() {
                faults.push(format!("{id}: {key} is a catch-all route"));
            }
            let method = if method == "HEAD" { "GET" } else { method };
            match needs_credentials(&document, method, path) {
                None if !is_unpublished(method, path) => {
                    faults.push(format!("{id}: {key} is not in the document"));
                }
                Some(false) if method != "GET" && !PUBLIC.contains(&&*key) => {
                    faults.push(format!("{id}: {key} is public"));
                }
                _ => {}
            }
            keys.push(key);
        }
    }
    faults.extend(cors(&yaml.properties("Api")["CorsConfiguration"], &document));
    let api = &yaml.properties("Api")["RouteSettings"];
    let throttled: Vec<_> = api.as_object().into_iter().flatten().collect();
    for (key, settings) in &throttled {
        if !keys.contains(key) {
            faults.push(format!("there is no route {key} to throttle"));
        }
        match settings["ThrottlingRateLimit"].as_u64() {
            Some(rate) if rate < *SHARED_RATE.start() => {
                faults.push(format!("{key} is shut for all by one client"));
            }
            Some(rate) if SHARED_RATE.contains(&rate) => {}
            _ => faults.push(format!("{key} is not throttled")),
        }
    }
    for key in
        ["POST /v1/auth/login", "POST /v1/auth/register", "POST /v1/auth/password/forgot", DEFAULT]
    {
        if !throttled.iter().any(|(known, _)| *known == key) {
            faults.push(format!("{key} has no rate limit of its own"));
        }
    }
    faults
}

/// Whether a route needs credentials; `None` if the document does not have it.
fn needs_credentials(document: &Value, method: &str, path: &str) -> Option<bool> {
    let operation = document["paths"].get(path)?.get(method.to_lowercase())?;
    let schemes = operation["security"].as_array();
    Some(schemes.is_some_and(|schemes| !schemes.is_empty() && !schemes.contains(&json!({}))))
}

/// Pages of other origins may send and read what the document has.
fn cors(rules: &Value, document: &Value) -> Faults {
    let mut faults = Vec::new();
    let mut need = |key: &str, name: &str, fault: &str| {
        if !items(&rules[key]).any(|known| known.as_str() == Some(name)) {
            faults.push(format!("Api: {name} {fault}"));
        }
    };
    let exposed = document["components"]["headers"].as_object().into_iter().flatten();
    for name in exposed.map(|(name, _)| name.as_str()).chain(["Allow", "X-Request-Id"]) {
        need("ExposeHeaders", &name.to_lowercase(), "is not exposed");
    }
    for name in ["authorization", "content-type", "x-request-id"] {
        need("AllowHeaders", name, "is not allowed");
    }
    let paths = document["paths"].as_object().into_iter().flatten();
    let operations = paths.flat_map(|(_, operations)| operations.as_object().into_iter().flatten());
    for (method, operation) in operations {
        need("AllowMethods", &method.to_uppercase(), "is not allowed");
        let headers = items(&operation["parameters"]).filter(|one| one["in"] == "header");
        for name in headers.filter_map(|header| header["name"].as_str()) {
            need("AllowHeaders", &name.to_lowercase(), "is not allowed");
        }
    }
    faults
}

fn gateway(yaml: &Yaml) -> Faults {
    let mut faults = Vec::new();
    let api = yaml.properties("Api");
    for limit in ["ThrottlingRateLimit", "ThrottlingBurstLimit"] {
        if api["DefaultRouteSettings"][limit].as_u64().is_none() {
            faults.push(format!("Api: {limit}"));
        }
    }
    if api["FailOnWarnings"] != true {
        faults.push("Api: FailOnWarnings".to_owned());
    }
    if api["DisableExecuteApiEndpoint"] != json!({"Fn::If": ["HasDomain", true, false]}) {
        faults.push("Api: DisableExecuteApiEndpoint".to_owned());
    }
    let origins = &api["CorsConfiguration"]["AllowOrigins"];
    let star = items(origins).chain(branches(origins)).any(|origin| origin == "*");
    let pattern = &yaml.template["Parameters"]["AllowedOrigins"]["AllowedPattern"];
    if star || *origins != json!({"Ref": "AllowedOrigins"}) || pattern != "^https://[^/*\\s]+$" {
        faults.push("Api: AllowOrigins are not exact".to_owned());
    }
    let format = api["AccessLogSettings"]["Format"].as_str().unwrap_or_default();
    for word in ["requestId", "routeKey", "status", "responseLatency", "integrationLatency"] {
        if !format.contains(&format!("$context.{word}")) {
            faults.push(format!("Api: {word} is not logged"));
        }
    }
    for word in NOT_LOGGED.iter().filter(|word| format.contains(**word)) {
        faults.push(format!("Api: {word} is logged"));
    }
    faults
}
