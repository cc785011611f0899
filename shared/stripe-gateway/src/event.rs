//! Webhook events: from Stripe's JSON to types of the domain.
//!
//! Parses only the members that we need, so that an event of another API version is not lost.

mod checkout_session;
mod values;

use crate::metadata::{PAYMENT_ID, REFUND_ID};
use domain::payments::dispute::{Case, DisputeStatus, DisputeUpdate, Funds};
use domain::payments::refund::{RefundStatus, RefundUpdate};
use domain::payments::{EventEnvelope, EventPayload, PaymentUpdate, Status};
use serde::Deserialize;
use std::collections::HashMap;
use time::OffsetDateTime;
use values::{money, storable, time};

const CLIENT_SECRET: &str = "\"client_secret\"";

/// A body with a valid signature that is not an event.
#[derive(Debug, thiserror::Error)]
#[error("not a Stripe event: {0}")]
pub struct MalformedEvent(String);

#[derive(Deserialize)]
struct RawEvent {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    created: i64,
    livemode: bool,
    api_version: Option<String>,
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    object: serde_json::Value,
}

#[derive(Deserialize)]
struct Intent {
    id: String,
    amount: i64,
    currency: String,
    status: String,
    #[serde(default)]
    metadata: HashMap<String, String>,
}

#[derive(Deserialize)]
struct Refund {
    id: String,
    amount: i64,
    currency: String,
    status: Option<String>,
    payment_intent: Option<String>,
    #[serde(default)]
    metadata: Option<HashMap<String, String>>,
}

#[derive(Deserialize)]
struct Dispute {
    id: String,
    amount: i64,
    currency: String,
    status: String,
    reason: Option<String>,
    payment_intent: Option<String>,
    evidence_details: Option<Evidence>,
}

#[derive(Deserialize)]
struct Evidence {
    due_by: Option<i64>,
}

/// The members that every event has, checked so that they can be stored.
pub fn envelope(raw: &[u8]) -> Result<EventEnvelope, MalformedEvent> {
    // The error is logged, so it says where parsing failed and does not quote the body.
    let event: RawEvent = serde_json::from_slice(raw).map_err(|error| {
        let (why, line, column) = (error.classify(), error.line(), error.column());
        MalformedEvent(format!("{why:?} at line {line} column {column}"))
    })?;
    let is_id = event.id.strip_prefix("evt_").is_some_and(|rest| {
        (1..=250).contains(&rest.len())
            && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    });
    if !is_id {
        return Err(MalformedEvent(format!("id {:?}", event.id)));
    }
    let created = OffsetDateTime::from_unix_timestamp(event.created).ok();
    let created = created.filter(|created| *created >= OffsetDateTime::UNIX_EPOCH);
    Ok(EventEnvelope {
        id: event.id,
        kind: storable(&event.kind)
            .ok_or_else(|| MalformedEvent(format!("type {:?}", event.kind)))?,
        object_id: event.data.object.get("id").and_then(|id| storable(id.as_str()?)),
        created: created.ok_or_else(|| MalformedEvent(format!("created {}", event.created)))?,
        livemode: event.livemode,
        api_version: event.api_version.as_deref().and_then(storable),
    })
}

/// The same JSON with the value of every `client_secret` replaced by `withheld`: a browser pays with it, and we never
/// need it again.
pub fn without_secrets(raw: &str) -> String {
    let mut parts = raw.split(CLIENT_SECRET);
    let mut redacted = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let value = part.trim_start().strip_prefix(':').and_then(|value| {
            let value = value.trim_start().strip_prefix('"')?;
            Some(value.split_at(end_of_string(value)?))
        });
        redacted.push_str(CLIENT_SECRET);
        match value {
            Some((secret, rest)) => {
                let before = part.len() - secret.len() - rest.len();
                redacted.push_str(&part[..before]);
                redacted.push_str("withheld");
                redacted.push_str(rest);
            }
            None => redacted.push_str(part),
        }
    }
    redacted
}

/// The position of the closing quote of a JSON string; `text` starts after the opening one.
fn end_of_string(text: &str) -> Option<usize> {
    let mut is_escaped = false;
    text.find(|c| {
        let ends = c == '"' && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
        ends
    })
}

/// What an event means for us. Never errs: one that concerns us and cannot be parsed is [`EventPayload::Unreadable`].
pub fn payload(raw: &[u8]) -> EventPayload {
    let Ok(RawEvent { kind, created, data, .. }) = serde_json::from_slice(raw) else {
        return EventPayload::Unreadable("not an event".to_owned());
    };
    let parsed = match kind.split_once('.') {
        Some(("payment_intent", step)) => serde_json::from_value(data.object)
            .map_err(|error| error.to_string())
            .and_then(|intent| payment(&intent, created))
            .map(if step == "payment_failed" {
                EventPayload::FailedAttempt
            } else {
                EventPayload::Payment
            }),
        Some(("refund", _)) => serde_json::from_value(data.object)
            .map_err(|error| error.to_string())
            .and_then(|object| refund(&object, created)),
        Some(("charge", step)) if step.starts_with("dispute.") => {
            serde_json::from_value(data.object)
                .map_err(|error| error.to_string())
                .and_then(|object| dispute(object, step, created))
        }
        Some(("checkout", step)) => checkout_session::payment(step, data.object, created),
        // `charge.refunded` among others: the events of the refund itself say the same.
        _ => Ok(EventPayload::Other),
    };
    parsed.unwrap_or_else(EventPayload::Unreadable)
}

fn payment(intent: &Intent, created: i64) -> Result<PaymentUpdate, String> {
    let Intent { id, amount, currency, status, metadata } = intent;
    Ok(PaymentUpdate {
        provider: Some(id.clone()),
        session: None,
        payment: metadata.get(PAYMENT_ID).and_then(|id| id.parse().ok()),
        status: Status::from_name(status).ok_or_else(|| format!("status {status}"))?,
        amount: money(*amount, currency)?,
        at: time(created)?,
    })
}

fn refund(refund: &Refund, created: i64) -> Result<EventPayload, String> {
    let Refund { id, amount, currency, status, payment_intent, metadata } = refund;
    // Of a charge without a PaymentIntent, so not ours.
    let Some(intent) = payment_intent else { return Ok(EventPayload::Other) };
    let status = status.as_deref().unwrap_or("succeeded");
    let ours = metadata.as_ref().and_then(|metadata| metadata.get(REFUND_ID));
    Ok(EventPayload::Refund(RefundUpdate {
        provider: id.clone(),
        intent: intent.clone(),
        refund: ours.and_then(|id| id.parse().ok()),
        status: RefundStatus::from_name(status).ok_or_else(|| format!("status {status}"))?,
        amount: money(*amount, currency)?,
        at: time(created)?,
    }))
}

fn dispute(dispute: Dispute, step: &str, created: i64) -> Result<EventPayload, String> {
    let Dispute { id, amount, currency, status, reason, payment_intent, evidence_details } =
        dispute;
    // Of a charge without a PaymentIntent, so not ours.
    let Some(intent) = payment_intent else { return Ok(EventPayload::Other) };
    if amount < 1 {
        return Err(format!("amount {amount}"));
    }
    let due = evidence_details.and_then(|evidence| evidence.due_by);
    Ok(EventPayload::Dispute(DisputeUpdate {
        provider: id,
        intent,
        case: Case {
            status: DisputeStatus::from_name(&status).ok_or_else(|| format!("status {status}"))?,
            amount: money(amount, &currency)?,
            // Stripe's own name for disputes without a specific reason.
            reason: reason.as_deref().and_then(storable).unwrap_or_else(|| "general".to_owned()),
            evidence_due: due.map(time).transpose()?,
        },
        at: time(created)?,
        funds: match step {
            "dispute.funds_withdrawn" => Some(Funds::Withdrawn),
            "dispute.funds_reinstated" => Some(Funds::Reinstated),
            _ => None,
        },
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::money::{Currency, Money};
    use serde_json::{Value, json};

    fn event(kind: &str, object: &Value) -> Vec<u8> {
        let event = json!({
            "id": "evt_1", "object": "event", "type": kind, "created": 1_800_000_000, "livemode": false,
            "api_version": "2031-01-01.unknown", "data": {"object": object}, "something": ["new"],
        });
        event.to_string().into_bytes()
    }

    fn intent(status: &str, currency: &str) -> Value {
        json!({"id": "pi_1", "amount": 1999, "currency": currency, "status": status, "new_field": 1})
    }

    #[test]
    fn an_event_of_another_version_is_read_for_what_we_need() {
        let raw = event("payment_intent.succeeded", &intent("succeeded", "eur"));

        let EventPayload::Payment(update) = payload(&raw) else { panic!("no payment") };

        assert_eq!(update.status, Status::Succeeded);
        assert_eq!(update.amount, Money { minor: 1999, currency: Currency::EUR });
        assert_eq!(envelope(&raw).unwrap().object_id.as_deref(), Some("pi_1"));
    }

    #[test]
    fn an_event_of_a_kind_that_we_do_not_know_is_kept_without_effect() {
        assert_eq!(payload(&event("plan.created", &json!({}))), EventPayload::Other);
    }

    #[test]
    fn an_event_of_ours_that_we_cannot_read_says_so() {
        for object in [json!({}), intent("sleeping", "eur"), intent("succeeded", "???")] {
            let parsed = payload(&event("payment_intent.succeeded", &object));
            assert!(matches!(parsed, EventPayload::Unreadable(_)), "{parsed:?}");
        }
    }

    #[test]
    fn secrets_are_withheld_and_nothing_else_changes() {
        for (raw, redacted) in [
            (r#"{"client_secret":"pi_1_secret_2","a":1}"#, r#"{"client_secret":"withheld","a":1}"#),
            (r#"{"client_secret" : "s", "x": "s"}"#, r#"{"client_secret" : "withheld", "x": "s"}"#),
            (
                r#"[{"client_secret":null},"client_secret"]"#,
                r#"[{"client_secret":null},"client_secret"]"#,
            ),
            (r#"{"client_secret":"a\"b\\","a":1}"#, r#"{"client_secret":"withheld","a":1}"#),
            ("{}", "{}"),
        ] {
            assert_eq!(without_secrets(raw), redacted);
        }
    }

    #[test]
    fn a_body_that_is_no_event_has_no_head() {
        for body in ["", "[]", "{}", "null", "{\"id\": 1}"] {
            assert!(envelope(body.as_bytes()).is_err(), "{body}");
        }
    }
}
