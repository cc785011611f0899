//! One event a line, as API Gateway sends it. What stands in `{{…}}` is filled in anew by whoever sends it.

use crate::measure;
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
    lines([event("GET", "/v1/products", "limit=20", &[], None)])
}

pub(super) fn search() -> String {
    lines([event("GET", "/v1/products", "q=thing+{{rand:1:9999}}&limit=20", &[], None)])
}

pub(super) fn details(products: &[Uuid]) -> String {
    let show = |id: &Uuid| format!("/v1/products/prod_{}", id.simple());
    lines(products.iter().map(|id| event("GET", &show(id), "", &[], None)))
}

pub(super) fn log_in(buyers: i32, password: &str) -> String {
    let mail = format!("{{{{rand:1:{buyers}}}}}@peers.example");
    let body = json!({"email": mail, "password": password}).to_string();
    lines([event("POST", "/v1/auth/login", "", &[], Some(body))])
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
        let headers =
            [("authorization", &*format!("Bearer {token}")), ("idempotency-key", "{{uuid}}")];
        event("POST", "/v1/orders", "", &headers, Some(body))
    }))
}

pub(super) fn looks(held: &[Held], tokens: &[String]) -> String {
    lines(held.iter().map(|held| {
        let headers = [("authorization", &*format!("Bearer {}", tokens[held.buyer]))];
        event("GET", &format!("/v1/orders/{}", held.order), "", &headers, None)
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
        event("POST", "/v1/webhooks/stripe", "", &[("stripe-signature", &*signature)], Some(body))
    }))
}

fn event(
    method: &str,
    path: &str,
    query: &str,
    headers: &[(&str, &str)],
    body: Option<String>,
) -> Value {
    let mut event = measure::event(method, path);
    event["rawQueryString"] = query.into();
    event["requestContext"]["requestId"] = "{{uuid}}".into();
    // Tries to log in are counted by where they come from.
    event["requestContext"]["http"]["sourceIp"] =
        "10.{{rand:0:255}}.{{rand:0:255}}.{{rand:1:254}}".into();
    for (name, value) in headers {
        event["headers"][*name] = (*value).into();
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_an_event_of_three_products_under_a_key_of_its_own() {
        let text = orders(&["one".to_owned(), "other".to_owned()], &[Uuid::nil()]);

        let events: Vec<Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(events.len(), 2);
        assert_eq!(events[1]["headers"]["authorization"], "Bearer other");
        assert_eq!(events[1]["headers"]["idempotency-key"], "{{uuid}}");
        assert_eq!(events[1]["headers"]["content-type"], "application/json");
        let wish: Value = serde_json::from_str(events[1]["body"].as_str().unwrap()).unwrap();
        assert_eq!(wish["lines"].as_array().map(Vec::len), Some(3));
    }

    #[test]
    fn a_payment_is_told_of_by_an_event_that_is_signed_as_stripe_signs() {
        let (payment, order, buyer) = (PaymentId::generate(), OrderId::generate(), 0);
        let held = Held { payment, intent: "pi_1".to_owned(), amount: 1999, order, buyer };
        let now = OffsetDateTime::from_unix_timestamp(1_800_000_000).unwrap();

        let event: Value = serde_json::from_str(payments(&[held], "whsec_a", now).trim()).unwrap();

        let body = event["body"].as_str().unwrap();
        let signature = stripe::signature(&["whsec_a"], 1_800_000_000, body.as_bytes());
        assert_eq!(event["headers"]["stripe-signature"], signature);
        let said: Value = serde_json::from_str(body).unwrap();
        assert_eq!(said["data"]["object"]["metadata"]["payment_id"], payment.to_string());
    }
}
