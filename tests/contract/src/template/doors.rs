//! The gateway: nothing gets in that is not declared, and nothing gets out that should not.

use super::Complaints;
use super::functions::events;
use super::yaml::{Yaml, branches, items};
use crate::workspace;
use serde_json::{Value, json};

/// Where strangers may change something; `strangers` tries every other route.
const OPEN: [&str; 7] = [
    "POST /v1/auth/email/resend",
    "POST /v1/auth/email/verify",
    "POST /v1/auth/login",
    "POST /v1/auth/password/forgot",
    "POST /v1/auth/password/reset",
    "POST /v1/auth/refresh",
    "POST /v1/auth/register",
];
/// What would show people, or what they sent, in the log.
const NOT_LOGGED: [&str; 4] = ["header", "body", "querystring", "sourceIp"];

pub(super) fn are_declared(yaml: &Yaml) -> Complaints {
    let mut complaints = gateway(yaml);
    let document: Value =
        serde_json::from_str(&workspace::read("functions/docs/openapi.json")).unwrap();
    let mut keys = Vec::new();
    for (id, own) in yaml.functions() {
        for event in events(own).filter(|event| event["Type"] == "HttpApi") {
            let event = &event["Properties"];
            let [method, path] =
                ["Method", "Path"].map(|key| event[key].as_str().unwrap_or_default());
            let key = format!("{method} {path}");
            if event["ApiId"] != json!({"Ref": "Api"}) {
                complaints.push(format!("{id}: {key} has a gateway of its own"));
            }
            if method == "ANY" || path.contains(['+', '$']) || path.is_empty() {
                complaints.push(format!("{id}: {key} catches what nobody asked for"));
            }
            let closed = said(&document, method, path);
            let changes = method != "GET";
            match closed {
                None if path != "/docs/{file}" => {
                    complaints.push(format!("{id}: {key} is not in the document"));
                }
                Some(false) if changes && !OPEN.contains(&&*key) => {
                    complaints.push(format!("{id}: {key} is open to everybody"));
                }
                _ => {}
            }
            keys.push(key);
        }
    }
    let api = &yaml.properties("Api")["RouteSettings"];
    let throttled: Vec<_> = api.as_object().into_iter().flatten().collect();
    for (key, settings) in &throttled {
        if !keys.contains(key) {
            complaints.push(format!("there is no route {key} to throttle"));
        }
        if settings["ThrottlingRateLimit"].as_u64().is_none_or(|rate| rate > 10) {
            complaints.push(format!("{key} is not throttled"));
        }
    }
    for key in ["POST /v1/auth/login", "POST /v1/auth/register", "POST /v1/auth/password/forgot"] {
        if !throttled.iter().any(|(known, _)| *known == key) {
            complaints.push(format!("{key} takes as many tries as anything else"));
        }
    }
    complaints
}

/// Whether somebody must show who they are, if the document knows the route at all.
fn said(document: &Value, method: &str, path: &str) -> Option<bool> {
    let operation = document["paths"].get(path)?.get(method.to_lowercase())?;
    let keys = operation["security"].as_array();
    Some(keys.is_some_and(|keys| !keys.is_empty() && !keys.contains(&json!({}))))
}

fn gateway(yaml: &Yaml) -> Complaints {
    let mut complaints = Vec::new();
    let api = yaml.properties("Api");
    for limit in ["ThrottlingRateLimit", "ThrottlingBurstLimit"] {
        if api["DefaultRouteSettings"][limit].as_u64().is_none() {
            complaints.push(format!("Api: {limit}"));
        }
    }
    if api["FailOnWarnings"] != true {
        complaints.push("Api: FailOnWarnings".to_owned());
    }
    if api["DisableExecuteApiEndpoint"] != json!({"Fn::If": ["HasDomain", true, false]}) {
        complaints.push("Api: DisableExecuteApiEndpoint".to_owned());
    }
    let origins = &api["CorsConfiguration"]["AllowOrigins"];
    let star = items(origins).chain(branches(origins)).any(|origin| origin == "*");
    let pattern = &yaml.template["Parameters"]["AllowedOrigins"]["AllowedPattern"];
    if star || *origins != json!({"Ref": "AllowedOrigins"}) || pattern != "^https://[^/*\\s]+$" {
        complaints.push("Api: AllowOrigins are not exact".to_owned());
    }
    let format = api["AccessLogSettings"]["Format"].as_str().unwrap_or_default();
    for word in ["requestId", "routeKey", "status", "responseLatency", "integrationLatency"] {
        if !format.contains(&format!("$context.{word}")) {
            complaints.push(format!("Api: {word} is not logged"));
        }
    }
    for word in NOT_LOGGED.iter().filter(|word| format.contains(**word)) {
        complaints.push(format!("Api: {word} is logged"));
    }
    complaints
}
