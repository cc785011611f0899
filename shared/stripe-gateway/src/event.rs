//! Webhook events: from Stripe's JSON to types of the domain.
//!
//! Parses only the members that we need, so that an event of another API version is not lost, and looks at ids before it
//! looks at anything else: an account may serve other programs as well, whose objects are of shapes of their own.

mod body;
mod checkout_session;
mod dispute;
mod fraud_warning;
mod minimal;
mod payment_intent;
mod refund;
mod secrets;
mod values;

pub use body::{MalformedEvent, unreadable_id};
pub use minimal::minimize;

use body::{Content, Event};
use domain::payments::{EventEnvelope, EventPayload, EventSubject, StripeObject};
use serde_json::Value;
use time::OffsetDateTime;
use values::text;

/// The types of events that have an effect, without their last part, which says what happened.
const OBJECTS: [(&str, StripeObject); 7] = [
    ("payment_intent.", StripeObject::PaymentIntent),
    ("checkout.session.", StripeObject::CheckoutSession),
    // `charge.refunded` has no effect: the events of the refund itself say the same.
    ("refund.", StripeObject::Refund),
    // Endpoints of API versions before 2024-10-28 get this in its place.
    ("charge.refund.", StripeObject::Refund),
    ("charge.dispute.", StripeObject::Dispute),
    ("radar.early_fraud_warning.", StripeObject::EarlyFraudWarning),
    ("review.", StripeObject::Review),
];

/// The members that every event has, checked so that they can be stored.
pub fn envelope(raw: &[u8]) -> Result<EventEnvelope, MalformedEvent> {
    Event::parse(raw).map(|event| event.envelope)
}

/// What an event means for us. Never errs: one that may concern us and cannot be parsed is
/// [`EventPayload::Unreadable`].
pub fn payload(raw: &[u8]) -> EventPayload {
    let event = match Event::parse(raw) {
        Ok(event) => event,
        Err(error) => return unreadable(EventSubject::default(), error.to_string()),
    };
    if event.envelope.is_of_other_account {
        return EventPayload::OtherAccount;
    }
    let Some((object, step)) = event.concerns() else { return EventPayload::Other };
    match &event.content {
        Content::Snapshot(value) => read(object, step, value, event.envelope.created),
        Content::Reference => match event.envelope.object_id.clone() {
            Some(id) if is_id(&id) => EventPayload::Reference { object, id },
            _ => unreadable(EventSubject::default(), "no related object".to_owned()),
        },
    }
}

/// What an event means for us, with its object as it was retrieved from Stripe.
pub(crate) fn payload_with(raw: &[u8], value: &Value) -> EventPayload {
    match Event::parse(raw) {
        Ok(event) => match event.concerns() {
            Some((object, step)) => read(object, step, value, event.envelope.created),
            None => EventPayload::Other,
        },
        Err(error) => unreadable(EventSubject::default(), error.to_string()),
    }
}

/// The meaning of an object in an event. `step` is the last part of the event's type, such as `succeeded`.
fn read(object: StripeObject, step: &str, value: &Value, at: OffsetDateTime) -> EventPayload {
    match object {
        StripeObject::PaymentIntent => payment_intent::read(value, step, at),
        StripeObject::CheckoutSession => checkout_session::read(value, step, at),
        StripeObject::Refund => refund::read(value, at),
        StripeObject::Dispute => dispute::read(value, step, at),
        StripeObject::EarlyFraudWarning => fraud_warning::read_warning(value),
        StripeObject::Review => fraud_warning::read_review(value, step),
    }
}

fn unreadable(subject: EventSubject, why: String) -> EventPayload {
    EventPayload::Unreadable { subject, why }
}

/// The subject of an object that follows a payment: its own id and that of its PaymentIntent.
fn subject_of_payment(value: &Value, is_ours: bool) -> EventSubject {
    let ids = [text(value, "/id"), text(value, "/payment_intent")];
    EventSubject { is_ours, ids: ids.into_iter().flatten().collect(), follows_payment: true }
}

/// Whether it has an id but no PaymentIntent: it belongs to a charge that was made without one, so it is not ours.
fn is_without_intent(value: &Value) -> bool {
    text(value, "/id").is_some() && value.get("payment_intent").is_none_or(Value::is_null)
}

/// Whether it is an id of Stripe's, which can be part of an address.
fn is_id(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

#[cfg(test)]
mod tests;
