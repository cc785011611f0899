//! Events of early fraud warnings and of reviews.

use super::values::{storable, text};
use super::{is_without_intent, subject_of_payment, unreadable};
use domain::payments::EventPayload;
use domain::payments::fraud_warning::{FraudWarningKind, FraudWarningUpdate};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Warning {
    id: String,
    payment_intent: String,
    /// Not if the payment was refunded in full or is disputed already.
    actionable: bool,
    fraud_type: Option<String>,
}

#[derive(Deserialize)]
struct Review {
    id: String,
    payment_intent: String,
    open: bool,
    opened_reason: Option<String>,
}

/// A card issuer's warning.
pub(super) fn read_warning(object: &Value) -> EventPayload {
    warning(object, || {
        let Warning { id, payment_intent, actionable, fraud_type } =
            Warning::deserialize(object).map_err(|error| error.to_string())?;
        Ok(FraudWarningUpdate {
            provider: id,
            intent: payment_intent,
            kind: FraudWarningKind::EarlyFraudWarning,
            reason: reason(fraud_type.as_deref()),
            is_open: actionable,
        })
    })
}

/// A review of a payment. `step` is what follows `review.` in the event's type.
pub(super) fn read_review(object: &Value, step: &str) -> EventPayload {
    warning(object, || {
        let Review { id, payment_intent, open, opened_reason } =
            Review::deserialize(object).map_err(|error| error.to_string())?;
        Ok(FraudWarningUpdate {
            provider: id,
            intent: payment_intent,
            kind: FraudWarningKind::Review,
            reason: reason(opened_reason.or_else(|| text(object, "/reason")).as_deref()),
            is_open: open && step != "closed",
        })
    })
}

fn warning(
    object: &Value,
    update: impl FnOnce() -> Result<FraudWarningUpdate, String>,
) -> EventPayload {
    if is_without_intent(object) {
        return EventPayload::Other;
    }
    match update() {
        Ok(update) => EventPayload::FraudWarning(update),
        Err(why) => unreadable(subject_of_payment(object, false), why),
    }
}

fn reason(text: Option<&str>) -> String {
    text.and_then(storable).unwrap_or_else(|| "unknown".to_owned())
}
