//! Events of refunds.

use super::values::{money, our_id, storable};
use super::{is_without_intent, subject_of_payment, unreadable};
use crate::metadata::REFUND_ID;
use domain::id::RefundId;
use domain::payments::EventPayload;
use domain::payments::refund::{RefundStatus, RefundUpdate};
use serde::Deserialize;
use serde_json::Value;
use time::OffsetDateTime;

#[derive(Deserialize)]
struct Refund {
    id: String,
    amount: i64,
    currency: String,
    status: Option<String>,
    failure_reason: Option<String>,
    pending_reason: Option<String>,
    payment_intent: String,
}

pub(super) fn read(object: &Value, at: OffsetDateTime) -> EventPayload {
    if is_without_intent(object) {
        return EventPayload::Other;
    }
    let ours = our_id(object, REFUND_ID);
    match update(object, ours, at) {
        Ok(update) => EventPayload::Refund(update),
        Err(why) => unreadable(subject_of_payment(object, ours.is_some()), why),
    }
}

fn update(
    object: &Value,
    ours: Option<RefundId>,
    at: OffsetDateTime,
) -> Result<RefundUpdate, String> {
    let refund = Refund::deserialize(object).map_err(|error| error.to_string())?;
    let Refund { id, amount, currency, status, failure_reason, pending_reason, payment_intent } =
        refund;
    let status = status.as_deref().unwrap_or("succeeded");
    Ok(RefundUpdate {
        provider: id,
        intent: payment_intent,
        refund: ours,
        status: RefundStatus::from_name(status).ok_or_else(|| format!("status {status}"))?,
        amount: money(amount, &currency)?,
        failure_reason: failure_reason.as_deref().and_then(storable),
        pending_reason: pending_reason.as_deref().and_then(storable),
        at,
    })
}
