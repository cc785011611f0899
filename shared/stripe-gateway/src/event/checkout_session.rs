//! Events of Checkout Sessions.
//!
//! A session says that it is paid, but not what was received: only its PaymentIntent does.

use super::values::{money, our_id, text};
use super::{is_id, payment_intent, unreadable};
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
    payment_intent: Option<Intent>,
}

/// The session's PaymentIntent: the object, if it was retrieved together with the session, or its id.
#[derive(Deserialize)]
#[serde(untagged)]
enum Intent {
    Id(String),
    Object(Value),
}

/// The update of the session's payment. A session without the id of a payment of ours has no effect. `step` is what
/// follows `checkout.session.` in the event's type.
pub(super) fn read(object: &Value, step: &str, at: OffsetDateTime) -> EventPayload {
    let Some(payment) = our_id(object, PAYMENT_ID) else { return EventPayload::Other };
    match payload(object, payment, step, at) {
        Ok(payload) => payload,
        Err(why) => {
            let ids = text(object, "/id").into_iter().collect();
            unreadable(EventSubject { is_ours: true, ids, follows_payment: false }, why)
        }
    }
}

fn payload(
    object: &Value,
    payment: PaymentId,
    step: &str,
    at: OffsetDateTime,
) -> Result<EventPayload, String> {
    let session = Session::deserialize(object).map_err(|error| error.to_string())?;
    if !is_id(&session.id) {
        return Err("id".to_owned());
    }
    let (provider, intent) = match session.payment_intent {
        None => (None, None),
        Some(Intent::Id(id)) => (Some(id), None),
        Some(Intent::Object(intent)) => {
            let update = payment_intent::update(&intent, at)?;
            (update.provider.clone(), Some(update))
        }
    };
    let is_paid = session.payment_status == "paid" && provider.is_some();
    let (as_payload, status): (fn(PaymentUpdate) -> EventPayload, _) = match step {
        "completed" | "async_payment_succeeded" if is_paid => match intent {
            Some(intent) => {
                let (session, payment) = (Some(session.id), Some(payment));
                return Ok(EventPayload::Payment(PaymentUpdate { session, payment, ..intent }));
            }
            None => (EventPayload::PaidSession, Status::Processing),
        },
        // By a delayed payment method, such as a bank debit: another event brings the result.
        "completed" if session.payment_status == "unpaid" => {
            (EventPayload::Payment, Status::Processing)
        }
        // Final, unlike a failed attempt on an intent: the page is closed, and without the client secret nobody can try
        // again.
        "async_payment_failed" => (EventPayload::Payment, Status::Failed),
        "expired" => (EventPayload::Payment, Status::Canceled),
        _ => return Err(format!("payment status {} at {step}", session.payment_status)),
    };
    Ok(as_payload(PaymentUpdate {
        provider,
        session: Some(session.id),
        payment: Some(payment),
        status,
        amount: money(session.amount_total, &session.currency)?,
        decline_code: None,
        // The PaymentIntent's own event has it.
        waits_for: None,
        at,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::payments::StripeObject;
    use serde_json::json;

    fn session(payment: PaymentId, status: &str, intent: &Value) -> Value {
        json!({"id": "cs_1", "amount_total": 1999, "currency": "eur", "payment_status": status,
               "payment_intent": intent, "metadata": {"payment_id": payment}})
    }

    #[test]
    fn a_session_says_what_its_intent_says_except_what_was_received() {
        let ours = PaymentId::generate();
        let (pi, none) = (json!("pi_1"), json!(null));
        for (step, status, intent, expected) in [
            ("completed", "paid", &pi, Status::Processing),
            ("completed", "unpaid", &pi, Status::Processing),
            ("async_payment_succeeded", "paid", &pi, Status::Processing),
            ("async_payment_failed", "unpaid", &pi, Status::Failed),
            ("expired", "unpaid", &none, Status::Canceled),
        ] {
            let parsed = read(&session(ours, status, intent), step, OffsetDateTime::UNIX_EPOCH);

            let asked = parsed.object_at_stripe();
            let expected_object =
                (status == "paid").then_some((StripeObject::CheckoutSession, "cs_1"));
            assert_eq!(asked, expected_object, "{step}");
            let (EventPayload::Payment(update) | EventPayload::PaidSession(update)) = parsed else {
                panic!("{step}")
            };
            assert_eq!((update.status, update.payment), (expected, Some(ours)), "{step}");
            assert_eq!(
                (update.provider.as_deref(), update.session.as_deref()),
                (intent.as_str(), Some("cs_1"))
            );
        }
        let odd = read(&session(ours, "paid", &none), "completed", OffsetDateTime::UNIX_EPOCH);
        assert!(matches!(odd, EventPayload::Unreadable { .. }), "money without an intent");
    }

    #[test]
    fn a_session_retrieved_with_its_intent_says_what_was_received() {
        let ours = PaymentId::generate();
        let intent = json!({"id": "pi_1", "amount": 1999, "amount_received": 1000, "currency": "eur",
                            "status": "succeeded"});
        for step in ["completed", "async_payment_succeeded"] {
            let parsed = read(&session(ours, "paid", &intent), step, OffsetDateTime::UNIX_EPOCH);

            let EventPayload::Payment(update) = parsed else { panic!("{parsed:?}") };
            assert_eq!((update.status, update.amount.minor), (Status::Succeeded, 1000));
            assert_eq!((update.session.as_deref(), update.payment), (Some("cs_1"), Some(ours)));
        }
    }

    #[test]
    fn a_session_whose_id_could_be_part_of_another_address_is_unreadable() {
        let mut session = session(PaymentId::generate(), "paid", &json!("pi_1"));
        session["id"] = json!("../refunds");
        let parsed = read(&session, "completed", OffsetDateTime::UNIX_EPOCH);
        assert!(matches!(parsed, EventPayload::Unreadable { .. }), "{parsed:?}");
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
