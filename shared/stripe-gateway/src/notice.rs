//! What Stripe's webhooks say, in the domain's words.
//!
//! Reads only what it needs, whatever else stands beside it: an event of another API version must not be lost.

mod checkout;

use domain::money::{Currency, Money};
use domain::payment::dispute::{Case, DisputeStatus, DisputeTold, Funds};
use domain::payment::refund::{RefundStatus, RefundTold};
use domain::payment::{EventHead, Notice, Status, Told};
use serde::Deserialize;
use std::collections::HashMap;
use time::OffsetDateTime;

/// Under which name an intent carries our payment's id.
pub(crate) const PAYMENT_ID: &str = "payment_id";
/// Under which name a refund carries our refund's id.
pub(crate) const REFUND_ID: &str = "refund_id";

const CLIENT_SECRET: &str = "\"client_secret\"";

/// An authentic body that is no event of Stripe's.
#[derive(Debug, thiserror::Error)]
#[error("this is no Stripe event: {0}")]
pub struct Unreadable(String);

#[derive(Deserialize)]
struct Envelope {
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

/// What is known of every event. What passes here can be kept.
pub fn head(raw: &[u8]) -> Result<EventHead, Unreadable> {
    // Where it stops making sense, and nothing of what stands there: this is logged.
    let event: Envelope = serde_json::from_slice(raw).map_err(|error| {
        let (why, line, column) = (error.classify(), error.line(), error.column());
        Unreadable(format!("{why:?} at line {line} column {column}"))
    })?;
    let is_id = event.id.strip_prefix("evt_").is_some_and(|rest| {
        (1..=250).contains(&rest.len())
            && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    });
    if !is_id {
        return Err(Unreadable(format!("id {:?}", event.id)));
    }
    let created = OffsetDateTime::from_unix_timestamp(event.created).ok();
    let created = created.filter(|created| *created >= OffsetDateTime::UNIX_EPOCH);
    Ok(EventHead {
        id: event.id,
        kind: column(&event.kind).ok_or_else(|| Unreadable(format!("type {:?}", event.kind)))?,
        object_id: event.data.object.get("id").and_then(|id| column(id.as_str()?)),
        created: created.ok_or_else(|| Unreadable(format!("created {}", event.created)))?,
        livemode: event.livemode,
        api_version: event.api_version.as_deref().and_then(column),
    })
}

/// Text as a column takes it: not empty, not endless, and PostgreSQL has no place for NUL.
fn column(text: &str) -> Option<String> {
    let fits = (1..=255).contains(&text.chars().count()) && !text.contains('\0');
    fits.then(|| text.to_owned())
}

/// The same event without the secrets with which a browser pays; nobody needs them later.
pub fn without_secrets(raw: &str) -> String {
    let mut parts = raw.split(CLIENT_SECRET);
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let value = part.trim_start().strip_prefix(':').and_then(|value| {
            let value = value.trim_start().strip_prefix('"')?;
            Some(value.split_at(end_of_string(value)?))
        });
        kept.push_str(CLIENT_SECRET);
        match value {
            Some((secret, rest)) => {
                let before = part.len() - secret.len() - rest.len();
                kept.push_str(&part[..before]);
                kept.push_str("withheld");
                kept.push_str(rest);
            }
            None => kept.push_str(part),
        }
    }
    kept
}

/// Where the quote is that ends a JSON string; its first one is left out.
fn end_of_string(text: &str) -> Option<usize> {
    let mut is_escaped = false;
    text.find(|c| {
        let ends = c == '"' && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
        ends
    })
}

/// What an event means to us.
pub fn notice(raw: &[u8]) -> Notice {
    let Ok(Envelope { kind, created, data, .. }) = serde_json::from_slice(raw) else {
        return Notice::Unreadable("no event".to_owned());
    };
    let read = match kind.split_once('.') {
        Some(("payment_intent", step)) => serde_json::from_value(data.object)
            .map_err(|error| error.to_string())
            .and_then(|intent| payment(&intent, created))
            .map(if step == "payment_failed" { Notice::FailedTry } else { Notice::Payment }),
        Some(("refund", _)) => serde_json::from_value(data.object)
            .map_err(|error| error.to_string())
            .and_then(|given| refund(&given, created)),
        Some(("charge", step)) if step.starts_with("dispute.") => {
            serde_json::from_value(data.object)
                .map_err(|error| error.to_string())
                .and_then(|case| dispute(case, step, created))
        }
        Some(("checkout", step)) => checkout::payment(step, data.object, created),
        // A charge that is refunded says nothing that its refunds do not say themselves.
        _ => Ok(Notice::Other),
    };
    read.unwrap_or_else(Notice::Unreadable)
}

fn payment(intent: &Intent, created: i64) -> Result<Told, String> {
    let Intent { id, amount, currency, status, metadata } = intent;
    Ok(Told {
        provider: Some(id.clone()),
        session: None,
        payment: metadata.get(PAYMENT_ID).and_then(|id| id.parse().ok()),
        status: Status::from_name(status).ok_or_else(|| format!("status {status}"))?,
        amount: money(*amount, currency)?,
        at: time(created)?,
    })
}

fn refund(refund: &Refund, created: i64) -> Result<Notice, String> {
    let Refund { id, amount, currency, status, payment_intent, metadata } = refund;
    // Of a charge that no intent of ours made.
    let Some(intent) = payment_intent else { return Ok(Notice::Other) };
    let status = status.as_deref().unwrap_or("succeeded");
    let ours = metadata.as_ref().and_then(|metadata| metadata.get(REFUND_ID));
    Ok(Notice::Refund(RefundTold {
        provider: id.clone(),
        intent: intent.clone(),
        refund: ours.and_then(|id| id.parse().ok()),
        status: RefundStatus::from_name(status).ok_or_else(|| format!("status {status}"))?,
        amount: money(*amount, currency)?,
        at: time(created)?,
    }))
}

fn dispute(dispute: Dispute, step: &str, created: i64) -> Result<Notice, String> {
    let Dispute { id, amount, currency, status, reason, payment_intent, evidence_details } =
        dispute;
    // Of a charge that no intent of ours made.
    let Some(intent) = payment_intent else { return Ok(Notice::Other) };
    if amount < 1 {
        return Err(format!("amount {amount}"));
    }
    let due = evidence_details.and_then(|evidence| evidence.due_by);
    Ok(Notice::Dispute(DisputeTold {
        provider: id,
        intent,
        case: Case {
            status: DisputeStatus::from_name(&status).ok_or_else(|| format!("status {status}"))?,
            amount: money(amount, &currency)?,
            // Stripe's own word for want of a better one.
            reason: reason.as_deref().and_then(column).unwrap_or_else(|| "general".to_owned()),
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

fn money(minor: i64, currency: &str) -> Result<Money, String> {
    let known = Currency::from_code(&currency.to_ascii_uppercase());
    Ok(Money { minor, currency: known.ok_or_else(|| format!("currency {currency}"))? })
}

fn time(second: i64) -> Result<OffsetDateTime, String> {
    OffsetDateTime::from_unix_timestamp(second).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
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

        let Notice::Payment(told) = notice(&raw) else { panic!("no payment") };

        assert_eq!(told.status, Status::Succeeded);
        assert_eq!(told.amount, Money { minor: 1999, currency: Currency::EUR });
        assert_eq!(head(&raw).unwrap().object_id.as_deref(), Some("pi_1"));
    }

    #[test]
    fn an_event_of_a_kind_that_we_do_not_know_is_kept_without_effect() {
        assert_eq!(notice(&event("plan.created", &json!({}))), Notice::Other);
    }

    #[test]
    fn an_event_of_ours_that_we_cannot_read_says_so() {
        for object in [json!({}), intent("sleeping", "eur"), intent("succeeded", "???")] {
            let read = notice(&event("payment_intent.succeeded", &object));
            assert!(matches!(read, Notice::Unreadable(_)), "{read:?}");
        }
    }

    #[test]
    fn secrets_are_withheld_and_nothing_else_changes() {
        for (raw, kept) in [
            (r#"{"client_secret":"pi_1_secret_2","a":1}"#, r#"{"client_secret":"withheld","a":1}"#),
            (r#"{"client_secret" : "s", "x": "s"}"#, r#"{"client_secret" : "withheld", "x": "s"}"#),
            (
                r#"[{"client_secret":null},"client_secret"]"#,
                r#"[{"client_secret":null},"client_secret"]"#,
            ),
            (r#"{"client_secret":"a\"b\\","a":1}"#, r#"{"client_secret":"withheld","a":1}"#),
            ("{}", "{}"),
        ] {
            assert_eq!(without_secrets(raw), kept);
        }
    }

    #[test]
    fn a_body_that_is_no_event_has_no_head() {
        for body in ["", "[]", "{}", "null", "{\"id\": 1}"] {
            assert!(head(body.as_bytes()).is_err(), "{body}");
        }
    }
}
