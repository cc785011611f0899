//! One event a line, as API Gateway sends it. What stands in `{{…}}` is filled in anew by whoever sends it.

use domain::id::{OrderId, PaymentId, UserId};
use serde_json::{Value, json};
use stack::stripe;
use std::collections::HashMap;
use std::fmt::Write as _;
use time::OffsetDateTime;
use tokio_postgres::Row;
use uuid::Uuid;

/// A payment that Stripe has not told of yet, and its order.
pub(super) struct Held {
    payment: PaymentId,
    intent: String,
    amount: i64,
    order: OrderId,
    /// Which of the buyers placed it.
    buyer: usize,
}

impl Held {
    pub(super) fn of(rows: &[Row], buyers: &[UserId]) -> Vec<Self> {
        let places: HashMap<_, _> = buyers.iter().zip(0..).collect();
        let held = rows.iter().filter_map(|row| {
            Some(Self {
                payment: row.get("payment"),
                intent: row.get("provider_pi"),
                amount: row.get("amount_minor"),
                order: row.get("order_id"),
                buyer: *places.get(&row.get::<_, UserId>("user_id"))?,
            })
        });
        held.collect()
    }
}

pub(super) fn list() -> String {
    lines([event("GET", "/v1/products", "limit=20", json!({}), None)])
}

pub(super) fn search() -> String {
    lines([event("GET", "/v1/products", "q=thing+{{rand:1:9999}}&limit=20", json!({}), None)])
}

pub(super) fn details(products: &[Uuid]) -> String {
    let show = |id: &Uuid| format!("/v1/products/prod_{}", id.simple());
    lines(products.iter().map(|id| event("GET", &show(id), "", json!({}), None)))
}

pub(super) fn log_in(buyers: i32, password: &str) -> String {
    let mail = format!("{{{{rand:1:{buyers}}}}}@peers.example");
    let body = json!({"email": mail, "password": password}).to_string();
    let json = json!({"content-type": "application/json"});
    lines([event("POST", "/v1/auth/login", "", json, Some(body))])
}

/// Three products each, as in the peers' order.
pub(super) fn orders(tokens: &[String], products: &[Uuid]) -> String {
    let mut luck = fastrand::Rng::with_seed(1);
    lines(tokens.iter().map(|token| {
        let line = |quantity| {
            let product = products[luck.usize(..products.len())];
            json!({"product": format!("prod_{}", product.simple()), "quantity": quantity})
        };
        let lines = [1, 2, 3].map(line);
        let body = json!({"lines": lines}).to_string();
        let headers = json!({
            "content-type": "application/json", "authorization": format!("Bearer {token}"),
            "idempotency-key": "{{uuid}}",
        });
        event("POST", "/v1/orders", "", headers, Some(body))
    }))
}

pub(super) fn looks(held: &[Held], tokens: &[String]) -> String {
    lines(held.iter().map(|held| {
        let headers = json!({"authorization": format!("Bearer {}", tokens[held.buyer])});
        event("GET", &format!("/v1/orders/{}", held.order), "", headers, None)
    }))
}

/// Stripe tells that each was paid.
pub(super) fn payments(held: &[Held], secret: &str, now: OffsetDateTime) -> String {
    let now = now.unix_timestamp();
    lines(held.iter().map(|held| {
        let body = json!({
            "id": format!("evt_{}", held.intent), "object": "event", "api_version": stripe::API_VERSION, "created": now,
            "livemode": false, "pending_webhooks": 1, "request": {"id": null, "idempotency_key": null},
            "type": "payment_intent.succeeded",
            "data": {"object": {
                "id": held.intent, "object": "payment_intent", "amount": held.amount, "amount_received": held.amount,
                "currency": "eur", "status": "succeeded", "created": now, "livemode": false,
                "capture_method": "automatic", "payment_method_types": ["card"], "metadata": {"payment_id": held.payment},
            }},
        });
        let body = body.to_string();
        let signature = stripe::signature(&[secret], now, body.as_bytes());
        let headers = json!({"content-type": "application/json", "stripe-signature": signature});
        event("POST", "/v1/webhooks/stripe", "", headers, Some(body))
    }))
}

fn event(method: &str, path: &str, query: &str, headers: Value, body: Option<String>) -> Value {
    let mut event = json!({
        "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": query,
        "requestContext": {
            "accountId": "123456789012", "apiId": "peers", "domainName": "peers.example", "domainPrefix": "peers",
            "requestId": "{{uuid}}", "routeKey": "$default", "stage": "$default",
            "time": "01/Jan/2026:00:00:00 +0000", "timeEpoch": 0,
            // Tries to log in are counted by where they come from.
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "userAgent": "peers",
                     "sourceIp": "10.{{rand:0:255}}.{{rand:0:255}}.{{rand:1:254}}"},
        },
        "isBase64Encoded": false,
    });
    event["headers"] = headers;
    event["headers"]["host"] = "peers.example".into();
    if let Some(body) = body {
        event["body"] = body.into();
    }
    event
}

fn lines(events: impl IntoIterator<Item = Value>) -> String {
    let mut text = String::new();
    for event in events {
        // Writing into a string cannot fail.
        let _ = writeln!(text, "{event}");
    }
    text
}
