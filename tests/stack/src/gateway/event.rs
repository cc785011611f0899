//! Events in the formats of AWS: HTTP API payload format 2.0 and `EventBridge` scheduled events.

use super::route::RouteMatch;
use crate::aws::{ACCOUNT, REGION};
use axum::http::{HeaderMap, header, request::Parts};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Map, Value, json};
use std::{collections::BTreeMap, net::SocketAddr};
use time::{OffsetDateTime, format_description::well_known::Rfc3339, macros::format_description};
use uuid::Uuid;

/// The client and the time of a request.
pub(super) struct RequestContext {
    pub(super) peer: SocketAddr,
    pub(super) port: u16,
    pub(super) now: OffsetDateTime,
    pub(super) request_id: String,
}

/// `rawPath` is decoded, in spite of its name.
pub(super) fn http(
    parts: &Parts,
    body: &[u8],
    route: &RouteMatch,
    context: &RequestContext,
) -> Value {
    let path = percent_decode(parts.uri.path());
    let query = parts.uri.query().unwrap_or_default();
    let cookies = cookies(&parts.headers);
    let mut event = json!({
        "version": "2.0",
        "routeKey": route.key,
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers(&parts.headers, context),
        "requestContext": request_context(parts, route, context),
        "isBase64Encoded": false,
    });
    if !cookies.is_empty() {
        event["cookies"] = json!(cookies);
    }
    if !query.is_empty() {
        event["queryStringParameters"] = json!(query_parameters(query));
    }
    if !route.params.is_empty() {
        event["pathParameters"] = json!(route.params);
    }
    match std::str::from_utf8(body) {
        _ if body.is_empty() => {}
        Ok(text) if is_text(&parts.headers) => event["body"] = text.into(),
        _ => {
            event["body"] = BASE64_STANDARD.encode(body).into();
            event["isBase64Encoded"] = true.into();
        }
    }
    event
}

/// The event that `EventBridge` sends for a scheduled rule.
pub fn scheduled(rule: &str, now: OffsetDateTime) -> Value {
    let now = now.replace_nanosecond(0).unwrap_or(now);
    json!({
        "version": "0",
        "id": Uuid::new_v4(),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": ACCOUNT,
        "time": now.format(&Rfc3339).unwrap_or_default(),
        "region": REGION,
        "resources": [format!("arn:aws:events:{REGION}:{ACCOUNT}:rule/{rule}")],
        "detail": {},
    })
}

fn request_context(parts: &Parts, route: &RouteMatch, context: &RequestContext) -> Value {
    let domain = text(&parts.headers, header::HOST.as_str());
    let domain = domain.split(':').next().unwrap_or_default();
    let clf_time =
        format_description!("[day]/[month repr:short]/[year]:[hour]:[minute]:[second] +0000");
    json!({
        "accountId": ACCOUNT,
        "apiId": "local",
        "domainName": domain,
        "domainPrefix": domain.split('.').next(),
        "http": {
            "method": parts.method.as_str(),
            "path": percent_decode(parts.uri.path()),
            "protocol": "HTTP/1.1",
            "sourceIp": context.peer.ip().to_string(),
            "userAgent": text(&parts.headers, header::USER_AGENT.as_str()),
        },
        "requestId": context.request_id,
        "routeKey": route.key,
        "stage": "$default",
        "time": context.now.format(clf_time).unwrap_or_default(),
        "timeEpoch": epoch_millis(context.now),
    })
}

/// Repeated headers are joined with commas; cookies are in a field of their own.
fn headers(given: &HeaderMap, context: &RequestContext) -> Map<String, Value> {
    let mut headers = Map::new();
    for name in given.keys().filter(|name| **name != header::COOKIE) {
        headers.insert(name.as_str().to_owned(), text(given, name.as_str()).into());
    }
    let forwarded = text(given, "x-forwarded-for");
    let peer = context.peer.ip().to_string();
    let forwarded = if forwarded.is_empty() { peer } else { format!("{forwarded}, {peer}") };
    headers.insert("x-forwarded-for".to_owned(), forwarded.into());
    headers.insert("x-forwarded-port".to_owned(), context.port.to_string().into());
    headers.insert("x-forwarded-proto".to_owned(), "http".into());
    headers.insert("x-amzn-trace-id".to_owned(), trace_id(context.now).into());
    headers
}

pub(super) fn trace_id(now: OffsetDateTime) -> String {
    let id = Uuid::new_v4().simple().to_string();
    format!("Root=1-{:08x}-{}", now.unix_timestamp(), &id[..24])
}

pub(super) fn epoch_millis(now: OffsetDateTime) -> i128 {
    now.unix_timestamp_nanos() / 1_000_000
}

fn cookies(headers: &HeaderMap) -> Vec<String> {
    let lines = headers.get_all(header::COOKIE).iter();
    let lines: Vec<String> =
        lines.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).collect();
    let cookies = lines.iter().flat_map(|line| line.split(';'));
    cookies.map(str::trim).filter(|cookie| !cookie.is_empty()).map(str::to_owned).collect()
}

fn query_parameters(query: &str) -> BTreeMap<String, String> {
    let mut parameters: BTreeMap<String, String> = BTreeMap::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let decode = |text: &str| percent_decode(&text.replace('+', " "));
        let value = decode(value);
        parameters
            .entry(decode(name))
            .and_modify(|before| {
                before.push(',');
                before.push_str(&value);
            })
            .or_insert(value);
    }
    parameters
}

/// Whether API Gateway passes the body on as text. Everything else is base64, forms included.
fn is_text(headers: &HeaderMap) -> bool {
    let kind = text(headers, header::CONTENT_TYPE.as_str()).to_ascii_lowercase();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.is_empty()
        || kind.starts_with("text/")
        || kind.ends_with("+json")
        || kind.ends_with("+xml")
        || matches!(kind, "application/json" | "application/xml" | "application/javascript")
}

fn text(headers: &HeaderMap, name: &str) -> String {
    let values = headers.get_all(name).iter();
    let values: Vec<_> = values.map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
    values.join(",")
}

pub(super) fn percent_decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let hex =
            after.get(..2).filter(|_| first == b'%').and_then(|hex| std::str::from_utf8(hex).ok());
        if let Some(byte) = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            bytes.push(byte);
            rest = &after[2..];
        } else {
            bytes.push(first);
            rest = after;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests;
