//! Files of API Gateway events, one per line. The benchmark replaces `{{…}}` for each request.

use crate::measure;
use domain::id::{OrderId, PaymentId, UserId};
use serde_json::{Value, json};
use stack::stripe;
use std::collections::HashMap;
use std::fmt::Write as _;
use time::OffsetDateTime;
use tokio_postgres::Row;
use uuid::Uuid;

/// An unpaid payment and its order.
pub(super) struct UnpaidPayment {
    id: PaymentId,
    intent: String,
    amount: i64,
    order: OrderId,
    /// The index of the buyer.
    buyer: usize,
}

impl UnpaidPayment {
    pub(super) fn of(rows: &[Row], buyers: &[UserId]) -> Vec<Self> {
        let indexes: HashMap<_, _> = buyers.iter().zip(0..).collect();
        let payments = rows.iter().filter_map(|row| {
            Some(Self {
                id: row.get("payment"),
                intent: row.get("provider_pi"),
                amount: row.get("amount_minor"),
                order: row.get("order_id"),
                buyer: *indexes.get(&row.get::<_, UserId>("user_id"))?,
            })
        });
        payments.collect()
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

/// Orders of three products each.
pub(super) fn orders(tokens: &[String], products: &[Uuid]) -> String {
    let mut random = fastrand::Rng::with_seed(1);
    lines(tokens.iter().map(|token| {
        let line = |quantity| {
            let product = products[random.usize(..products.len())];
            json!({"product": format!("prod_{}", product.simple()), "quantity": quantity})
        };
        let lines = [1, 2, 3].map(line);
        let body = json!({"lines": lines}).to_string();
        let headers =
            [("authorization", &*format!("Bearer {token}")), ("idempotency-key", "{{uuid}}")];
        event("POST", "/v1/orders", "", &headers, Some(body))
    }))
}

pub(super) fn show_orders(payments: &[UnpaidPayment], tokens: &[String]) -> String {
    lines(payments.iter().map(|payment| {
        let headers = [("authorization", &*format!("Bearer {}", tokens[payment.buyer]))];
        event("GET", &format!("/v1/orders/{}", payment.order), "", &headers, None)
    }))
}

/// Signed webhook events, one for each payment, that it has succeeded.
pub(super) fn payment_events(
    payments: &[UnpaidPayment],
    secret: &str,
    now: OffsetDateTime,
) -> String {
    let now = now.unix_timestamp();
    lines(payments.iter().map(|payment| {
        let body = json!({
            "id": format!("evt_{}", payment.intent), "object": "event", "api_version": stripe::API_VERSION, "created": now,
            "livemode": false, "pending_webhooks": 1, "request": {"id": null, "idempotency_key": null},
            "type": "payment_intent.succeeded",
            "data": {"object": {
                "id": payment.intent, "object": "payment_intent", "amount": payment.amount, "amount_received": payment.amount,
                "currency": "eur", "status": "succeeded", "created": now, "livemode": false,
                "capture_method": "automatic", "payment_method_types": ["card"], "metadata": {"payment_id": payment.id},
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
    // Login attempts are limited per source address.
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
        // Writing to a String does not fail.
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
        let order: Value = serde_json::from_str(events[1]["body"].as_str().unwrap()).unwrap();
        assert_eq!(order["lines"].as_array().map(Vec::len), Some(3));
    }

    #[test]
    fn a_payment_is_told_of_by_an_event_that_is_signed_as_stripe_signs() {
        let (id, order, buyer) = (PaymentId::generate(), OrderId::generate(), 0);
        let payment = UnpaidPayment { id, intent: "pi_1".to_owned(), amount: 1999, order, buyer };
        let now = OffsetDateTime::from_unix_timestamp(1_800_000_000).unwrap();

        let text = payment_events(&[payment], "whsec_a", now);
        let event: Value = serde_json::from_str(text.trim()).unwrap();

        let body = event["body"].as_str().unwrap();
        let signature = stripe::signature(&["whsec_a"], 1_800_000_000, body.as_bytes());
        assert_eq!(event["headers"]["stripe-signature"], signature);
        let event_body: Value = serde_json::from_str(body).unwrap();
        assert_eq!(event_body["data"]["object"]["metadata"]["payment_id"], id.to_string());
    }
}
