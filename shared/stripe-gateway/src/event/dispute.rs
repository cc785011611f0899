//! Events of disputes.

use super::values::{money, storable, time};
use super::{is_without_intent, subject_of_payment, unreadable};
use domain::payments::EventPayload;
use domain::payments::dispute::{Case, DisputeStatus, DisputeUpdate, MovedFunds};
use serde::Deserialize;
use serde_json::Value;
use time::OffsetDateTime;

#[derive(Deserialize)]
struct Dispute {
    id: String,
    amount: i64,
    currency: String,
    status: String,
    reason: Option<String>,
    payment_intent: String,
    evidence_details: Option<Evidence>,
}

#[derive(Deserialize)]
struct Evidence {
    due_by: Option<i64>,
}

/// The update of a dispute. `step` is what follows `charge.dispute.` in the event's type.
pub(super) fn read(object: &Value, step: &str, at: OffsetDateTime) -> EventPayload {
    if is_without_intent(object) {
        return EventPayload::Other;
    }
    match update(object, step, at) {
        Ok(update) => EventPayload::Dispute(update),
        Err(why) => unreadable(subject_of_payment(object, false), why),
    }
}

fn update(object: &Value, step: &str, at: OffsetDateTime) -> Result<DisputeUpdate, String> {
    let dispute = Dispute::deserialize(object).map_err(|error| error.to_string())?;
    let Dispute { id, amount, currency, status, reason, payment_intent, evidence_details } =
        dispute;
    if amount < 0 {
        return Err(format!("amount {amount}"));
    }
    // Zero if the bank does not wait for an answer.
    let due = evidence_details.and_then(|evidence| evidence.due_by).filter(|due| *due > 0);
    let moved = moved_funds(object);
    let status = storable(&status).ok_or_else(|| format!("status {status}"))?;
    Ok(DisputeUpdate {
        provider: id,
        intent: payment_intent,
        case: Case {
            status: DisputeStatus::from_name(&status),
            amount: money(amount, &currency)?,
            // Stripe's own name for disputes without a specific reason.
            reason: reason.as_deref().and_then(storable).unwrap_or_else(|| "general".to_owned()),
            evidence_due: due.map(time).transpose()?,
        },
        at,
        funds: MovedFunds {
            withdrawn: step == "funds_withdrawn" || moved.withdrawn,
            reinstated: step == "funds_reinstated" || moved.reinstated,
        },
    })
}

/// What has moved so far, whichever event tells it.
fn moved_funds(object: &Value) -> MovedFunds {
    let transactions = object.get("balance_transactions").and_then(Value::as_array);
    let amounts = transactions.into_iter().flatten().filter_map(|one| one.get("amount")?.as_i64());
    MovedFunds::from_balance(amounts)
}
