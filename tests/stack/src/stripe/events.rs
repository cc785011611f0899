//! Webhook events and their signature.

use super::{
    ApiError,
    form::Form,
    state::{State, new_id, page},
};
use aws_lc_rs::hmac;
use serde_json::{Value, json};
use std::fmt::Write;
use time::{format_description::BorrowedFormatItem, macros::format_description};

/// The version of Stripe's API that the stand-in implements.
pub const API_VERSION: &str = "2026-09-30.endive";

/// The object of a thin event.
const THIN: &str = "v2.core.event";

const THIN_TIME: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");

/// The `Stripe-Signature` header of a body: one `v1` for each secret, since Stripe signs with two during a rotation.
/// `timestamp` is in seconds since the epoch.
pub fn signature(secrets: &[impl AsRef<str>], timestamp: i64, body: &[u8]) -> String {
    let mut signed = format!("{timestamp}.").into_bytes();
    signed.extend_from_slice(body);
    let mut header = format!("t={timestamp}");
    for secret in secrets {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_ref().as_bytes());
        header.push_str(",v1=");
        for byte in hmac::sign(&key, &signed).as_ref() {
            write!(header, "{byte:02x}").expect("writing to a String does not fail");
        }
    }
    header
}

impl State {
    /// Creates, stores and delivers an event with the current state of `object`.
    pub(super) fn emit(&mut self, kind: &str, object: Value) -> Value {
        let mut event = self.event(kind);
        if object["livemode"].is_boolean() {
            event["livemode"] = object["livemode"].clone();
        }
        event["data"]["object"] = object;
        self.publish(event.clone());
        event
    }

    fn event(&self, kind: &str) -> Value {
        let (request, key) = &self.current_call;
        json!({
            "id": new_id("evt"),
            "object": "event",
            "api_version": API_VERSION,
            "created": self.clock.now(),
            "data": {"object": null},
            "livemode": self.livemode,
            "pending_webhooks": i32::from(self.deliveries.has_endpoint()),
            "request": {"id": request, "idempotency_key": key},
            "type": kind,
        })
    }

    /// Creates, stores and delivers an event that only names its object.
    pub(super) fn emit_thin(&mut self, kind: &str, object_type: &str, id: &str) -> Value {
        let created = self.clock.time().format(&THIN_TIME);
        let plural = object_type.replacen("checkout.", "checkout/", 1);
        let event = json!({
            "id": new_id("evt"),
            "object": THIN,
            "type": kind,
            "livemode": self.object(id).is_some_and(|object| object["livemode"] == true),
            "created": created.expect("the format fits every time"),
            "related_object": {"id": id, "type": object_type, "url": format!("/v1/{plural}s/{id}")},
        });
        self.publish(event.clone());
        event
    }

    /// Stores and delivers an event as it is.
    pub(super) fn publish(&mut self, event: Value) {
        let text = |key: &str| event[key].as_str().unwrap_or_default().to_owned();
        let (id, kind) = (text("id"), text("type"));
        let fault =
            if self.deliveries.has_endpoint() { self.faults.for_event(&kind) } else { None };
        self.deliveries.send(&id, &kind, &event, fault);
        self.events.insert(&id, event);
    }

    pub(super) fn list_events(&self, form: &Form) -> Result<Value, ApiError> {
        let mut kinds = form.texts("types");
        kinds.extend(form.owned("type"));
        let wanted = |event: &&Value| {
            if event["object"] == THIN {
                return false;
            }
            let kind = event["type"].as_str().unwrap_or_default();
            kinds.is_empty() || kinds.iter().any(|wanted| matches(wanted, kind))
        };
        page("/v1/events", self.events.iter().filter(wanted).cloned(), form)
    }

    pub(super) fn show_event(&self, id: &str) -> Result<Value, ApiError> {
        let event = self.events.get(id).cloned();
        event.ok_or_else(|| ApiError::no_such("event", id).param("id"))
    }
}

/// Whether a type matches a filter. `charge.*` matches all types that start with `charge.`.
fn matches(wanted: &str, kind: &str) -> bool {
    match wanted.strip_suffix('*') {
        Some(start) => kind.starts_with(start),
        None => wanted == kind,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_the_hmac_of_timestamp_and_body() {
        let header = signature(&["whsec_test"], 1_700_000_000, b"{}");

        // printf '1700000000.{}' | openssl dgst -sha256 -hmac whsec_test
        assert_eq!(
            header,
            "t=1700000000,v1=35495024f4ef3f94e5a93e22221544c4b75e9a42300cd965ab81cb85cd994e91"
        );
    }

    #[test]
    fn two_secrets_make_two_signatures() {
        let header = signature(&["whsec_old", "whsec_new"], 1, b"{}");

        assert_eq!(header.matches(",v1=").count(), 2);
    }
}
