//! Events of Checkout Sessions.

use super::values::{money, time};
use crate::metadata::PAYMENT_ID;
use domain::payments::{EventPayload, PaymentUpdate, Status};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Session {
    id: String,
    amount_total: i64,
    currency: String,
    payment_status: String,
    payment_intent: Option<String>,
}

/// The update of the session's payment. A session without the id of a payment of ours has no effect. `step` is what
/// follows `checkout.` in the event's type.
pub(super) fn payment(step: &str, object: Value, created: i64) -> Result<EventPayload, String> {
    let ours = object.pointer(&format!("/metadata/{PAYMENT_ID}")).and_then(Value::as_str);
    let Some(payment) = ours.map(str::to_owned) else { return Ok(EventPayload::Other) };
    let session: Session = serde_json::from_value(object).map_err(|error| error.to_string())?;
    let is_paid = session.payment_status == "paid" && session.payment_intent.is_some();
    let status = match step {
        "session.completed" | "session.async_payment_succeeded" if is_paid => Status::Succeeded,
        // By a delayed payment method, such as a bank debit: another event brings the result.
        "session.completed" if session.payment_status == "unpaid" => Status::Processing,
        // Final, unlike a failed attempt on an intent: the page is closed, and without the client secret nobody can try
        // again.
        "session.async_payment_failed" => Status::Failed,
        "session.expired" => Status::Canceled,
        _ => return Err(format!("payment status {} at {step}", session.payment_status)),
    };
    Ok(EventPayload::Payment(PaymentUpdate {
        provider: session.payment_intent,
        session: Some(session.id),
        payment: payment.parse().ok(),
        status,
        amount: money(session.amount_total, &session.currency)?,
        at: time(created)?,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::id::PaymentId;
    use serde_json::json;

    #[test]
    fn a_session_says_what_its_intent_says() {
        let ours = PaymentId::generate();
        let session = |status: &str, intent: Option<&str>| {
            json!({"id": "cs_1", "amount_total": 1999, "currency": "eur", "payment_status": status,
                   "payment_intent": intent, "metadata": {"payment_id": ours}})
        };
        for (step, status, intent, expected) in [
            ("completed", "paid", Some("pi_1"), Status::Succeeded),
            ("completed", "unpaid", Some("pi_1"), Status::Processing),
            ("async_payment_succeeded", "paid", Some("pi_1"), Status::Succeeded),
            ("async_payment_failed", "unpaid", Some("pi_1"), Status::Failed),
            ("expired", "unpaid", None, Status::Canceled),
        ] {
            let parsed =
                payment(&format!("session.{step}"), session(status, intent), 1_800_000_000);

            let Ok(EventPayload::Payment(update)) = parsed else { panic!("{step}") };

            assert_eq!((update.status, update.payment), (expected, Some(ours)));
            assert_eq!(
                (update.provider.as_deref(), update.session.as_deref()),
                (intent, Some("cs_1"))
            );
        }
        let odd = payment("session.completed", session("paid", None), 1_800_000_000);
        assert!(odd.is_err(), "money without an intent");
    }

    #[test]
    fn a_session_of_somebody_elses_page_has_no_effect() {
        let session = json!({"id": "cs_1", "metadata": {}, "mode": "subscription"});
        assert_eq!(payment("session.completed", session, 1_800_000_000), Ok(EventPayload::Other));
    }
}
