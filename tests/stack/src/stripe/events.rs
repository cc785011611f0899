//! Events: what Stripe tells the shop, and the signature by which the shop knows it is Stripe.

use super::{
    Refused,
    form::Form,
    state::{State, new_id, now, page},
};
use aws_lc_rs::hmac;
use serde_json::{Value, json};
use std::fmt::Write;

/// The version of Stripe's API whose shapes the stand-in speaks.
pub const API_VERSION: &str = "2026-09-30.endive";

/// The `Stripe-Signature` header for a body: one `v1` for each secret, as while a secret is rotated.
pub fn signature(secrets: &[impl AsRef<str>], timestamp: i64, body: &[u8]) -> String {
    let mut signed = format!("{timestamp}.").into_bytes();
    signed.extend_from_slice(body);
    let mut header = format!("t={timestamp}");
    for secret in secrets {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_ref().as_bytes());
        header.push_str(",v1=");
        for byte in hmac::sign(&key, &signed).as_ref() {
            write!(header, "{byte:02x}").expect("a String takes whatever is written");
        }
    }
    header
}

impl State {
    /// Something happened to `object`, as it is now.
    pub(super) fn emit(&mut self, kind: &str, object: Value) -> Value {
        let mut event = self.event(kind);
        event["data"]["object"] = object;
        self.publish(event.clone());
        event
    }

    fn event(&self, kind: &str) -> Value {
        let (request, key) = &self.cause;
        json!({
            "id": new_id("evt"),
            "object": "event",
            "api_version": API_VERSION,
            "created": now(),
            "data": {"object": null},
            "livemode": false,
            "pending_webhooks": i32::from(self.post.has_address()),
            "request": {"id": request, "idempotency_key": key},
            "type": kind,
        })
    }

    /// Keeps an event and sends it on its way, whatever is in it.
    pub(super) fn publish(&mut self, event: Value) {
        let text = |key: &str| event[key].as_str().unwrap_or_default().to_owned();
        let (id, kind) = (text("id"), text("type"));
        let fault = if self.post.has_address() { self.script.for_event(&kind) } else { None };
        self.post.send(&id, &kind, &event, fault);
        self.events.put(&id, event);
    }

    pub(super) fn list_events(&self, form: &Form) -> Result<Value, Refused> {
        let mut kinds = form.texts("types");
        kinds.extend(form.owned("type"));
        let wanted = |event: &&Value| {
            let kind = event["type"].as_str().unwrap_or_default();
            kinds.is_empty() || kinds.iter().any(|wanted| matches(wanted, kind))
        };
        page("/v1/events", self.events.iter().filter(wanted).cloned(), form)
    }

    pub(super) fn show_event(&self, id: &str) -> Result<Value, Refused> {
        let event = self.events.get(id).cloned();
        event.ok_or_else(|| Refused::no_such("event", id).param("id"))
    }
}

/// `charge.*` stands for all events of charges.
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
