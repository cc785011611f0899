//! Events of Checkout Sessions.

use super::unreadable;
use super::values::{money, our_id, text};
use crate::metadata::PAYMENT_ID;
use domain::id::PaymentId;
use domain::payments::{EventPayload, EventSubject, PaymentUpdate, Status};
use serde::Deserialize;
use serde_json::Value;
use time::OffsetDateTime;

#[derive(Deserialize)]
struct Session {
    id: String,
    amount_total: i64,
    currency: String,
    payment_status: String,
    payment_intent: Option<String>,
}

/// The update of the session's payment. A session without the id of a payment of ours has no effect. `step` is what
/// follows `checkout.session.` in the event's type.
pub(super) fn read(object: &Value, step: &str, at: OffsetDateTime) -> EventPayload {
    let Some(payment) = our_id(object, PAYMENT_ID) else { return EventPayload::Other };
    match update(object, payment, step, at) {
        Ok(update) => EventPayload::Payment(update),
        Err(why) => {
            let ids = text(object, "/id").into_iter().collect();
            unreadable(EventSubject { is_ours: true, ids, follows_payment: false }, why)
        }
    }
}

fn update(
    object: &Value,
    payment: PaymentId,
    step: &str,
    at: OffsetDateTime,
) -> Result<PaymentUpdate, String> {
    let session = Session::deserialize(object).map_err(|error| error.to_string())?;
    let is_paid = session.payment_status == "paid" && session.payment_intent.is_some();
    let status = match step {
        "completed" | "async_payment_succeeded" if is_paid => Status::Succeeded,
        // By a delayed payment method, such as a bank debit: another event brings the result.
        "completed" if session.payment_status == "unpaid" => Status::Processing,
        // Final, unlike a failed attempt on an intent: the page is closed, and without the client secret nobody can try
        // again.
        "async_payment_failed" => Status::Failed,
        "expired" => Status::Canceled,
        _ => return Err(format!("payment status {} at {step}", session.payment_status)),
    };
    Ok(PaymentUpdate {
        provider: session.payment_intent,
        session: Some(session.id),
        payment: Some(payment),
        status,
        amount: money(session.amount_total, &session.currency)?,
        decline_code: None,
        // The PaymentIntent's own event has it.
        voucher_expires_at: None,
        at,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
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
            let parsed = read(&session(status, intent), step, OffsetDateTime::UNIX_EPOCH);

            let EventPayload::Payment(update) = parsed else { panic!("{step}") };

            assert_eq!((update.status, update.payment), (expected, Some(ours)));
            assert_eq!(
                (update.provider.as_deref(), update.session.as_deref()),
                (intent, Some("cs_1"))
            );
        }
        let odd = read(&session("paid", None), "completed", OffsetDateTime::UNIX_EPOCH);
        assert!(matches!(odd, EventPayload::Unreadable { .. }), "money without an intent");
    }

    #[test]
    fn a_session_of_somebody_elses_page_has_no_effect() {
        for metadata in [json!({}), json!(null), json!({"payment_id": "of another program"})] {
            let session = json!({"id": "cs_1", "metadata": metadata, "mode": "subscription"});
            let parsed = read(&session, "completed", OffsetDateTime::UNIX_EPOCH);
            assert_eq!(parsed, EventPayload::Other);
        }
    }
}
