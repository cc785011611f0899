//! Events of PaymentIntents.

use super::unreadable;
use super::values::{money, our_id, storable, text};
use crate::metadata::PAYMENT_ID;
use domain::payments::{Awaited, EventPayload, EventSubject, PaymentUpdate, Status};
use serde::Deserialize;
use serde_json::Value;
use std::collections::HashMap;
use time::OffsetDateTime;

#[derive(Deserialize)]
struct Intent {
    id: String,
    amount: i64,
    amount_received: Option<i64>,
    currency: String,
    status: String,
    metadata: Option<HashMap<String, String>>,
    last_payment_error: Option<PaymentError>,
    next_action: Option<Value>,
}

#[derive(Deserialize)]
struct PaymentError {
    code: Option<String>,
    decline_code: Option<String>,
}

/// The update of a payment, or of a failed attempt to pay. `step` is what follows `payment_intent.` in the event's type.
pub(super) fn read(object: &Value, step: &str, at: OffsetDateTime) -> EventPayload {
    match update(object, at) {
        Ok(update) if step == "payment_failed" => EventPayload::FailedAttempt(update),
        Ok(update) => EventPayload::Payment(update),
        Err(why) => {
            let is_ours = our_id::<domain::id::PaymentId>(object, PAYMENT_ID).is_some();
            let ids = text(object, "/id").into_iter().collect();
            unreadable(EventSubject { is_ours, ids, follows_payment: false }, why)
        }
    }
}

pub(super) fn update(object: &Value, at: OffsetDateTime) -> Result<PaymentUpdate, String> {
    let intent = Intent::deserialize(object).map_err(|error| error.to_string())?;
    let Intent { id, amount, amount_received, currency, status, metadata, .. } = intent;
    let (last_payment_error, next_action) = (intent.last_payment_error, intent.next_action);
    let decline = last_payment_error.and_then(|error| error.decline_code.or(error.code));
    let status = Status::from_name(&status).ok_or_else(|| format!("status {status}"))?;
    // What came counts, not what was asked for.
    let minor = match status {
        Status::Succeeded => amount_received.ok_or("no amount received")?,
        _ => amount,
    };
    let ours = metadata.as_ref().and_then(|metadata| metadata.get(PAYMENT_ID));
    Ok(PaymentUpdate {
        provider: Some(id),
        session: None,
        payment: ours.and_then(|id| id.parse().ok()),
        status,
        amount: money(minor, &currency)?,
        decline_code: decline.as_deref().and_then(storable),
        waits_for: next_action.as_ref().and_then(awaited),
        at,
    })
}

/// The voucher or Pix code that the buyer got, if it is one.
fn awaited(next_action: &Value) -> Option<Awaited> {
    let kind = next_action["type"].as_str()?;
    let (expiry, awaited): (_, fn(OffsetDateTime) -> Awaited) = match kind {
        "boleto_display_details" | "konbini_display_details" | "multibanco_display_details" => {
            ("expires_at", Awaited::Voucher)
        }
        "oxxo_display_details" => ("expires_after", Awaited::Voucher),
        "pix_display_qr_code" => ("expires_at", Awaited::Code),
        _ => return None,
    };
    OffsetDateTime::from_unix_timestamp(next_action[kind][expiry].as_i64()?).ok().map(awaited)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_voucher_says_until_when_it_can_be_paid() {
        let until = OffsetDateTime::from_unix_timestamp(1_800_000_000).unwrap();
        for (kind, expiry, expected) in [
            ("boleto_display_details", "expires_at", Some(Awaited::Voucher(until))),
            ("konbini_display_details", "expires_at", Some(Awaited::Voucher(until))),
            ("multibanco_display_details", "expires_at", Some(Awaited::Voucher(until))),
            ("oxxo_display_details", "expires_after", Some(Awaited::Voucher(until))),
            ("pix_display_qr_code", "expires_at", Some(Awaited::Code(until))),
            ("paynow_display_qr_code", "expires_at", None),
        ] {
            let action = json!({"type": kind, kind: {expiry: 1_800_000_000}});
            assert_eq!(awaited(&action), expected, "{kind}");
        }
        assert_eq!(awaited(&json!({"type": "multibanco_display_details"})), None);
    }
}
