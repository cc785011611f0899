//! Retrieves the objects of events that do not contain what we need.

use crate::client::{Stripe, with_retries};
use crate::event::payload_with;
use crate::failure::StripeFailure;
use domain::payments::{EventPayload, StripeObject};
use serde::Serialize;
use serde_json::Value;
use stripe_client_core::{RequestBuilder, StripeMethod};

/// The members of which Stripe shall return the object in place of its id.
#[derive(Serialize)]
struct Expand {
    expand: [&'static str; 1],
}

impl Stripe {
    /// What an event means for us, by the state that its object has now. `id` is Stripe's id of the object.
    pub async fn event_payload(
        &self,
        raw: &[u8],
        object: StripeObject,
        id: &str,
    ) -> Result<EventPayload, StripeFailure> {
        let client = self.client()?;
        let request = || {
            let builder = RequestBuilder::new(StripeMethod::Get, path(object, id));
            // What was received by a session, only its PaymentIntent says.
            let builder = match object {
                StripeObject::CheckoutSession => {
                    builder.query(&Expand { expand: ["payment_intent"] })
                }
                _ => builder,
            };
            builder.customize::<miniserde::json::Value>()
        };
        // As JSON and not as one of the library's types, so that it is read like the object of a snapshot event.
        let value = match with_retries(|| request().send(client)).await {
            Ok(value) => miniserde::json::to_string(&value),
            Err(failure) if failure.is_missing() => {
                return Ok(EventPayload::Missing { id: id.to_owned() });
            }
            Err(failure) => return Err(failure),
        };
        let value: Value = serde_json::from_str(&value)
            .map_err(|error| StripeFailure::InvalidResponse(error.to_string()))?;
        if let Some(livemode) = value.get("livemode").and_then(Value::as_bool) {
            self.mode.check(livemode, id)?;
        }
        Ok(payload_with(raw, &value))
    }
}

fn path(object: StripeObject, id: &str) -> String {
    let list = match object {
        StripeObject::PaymentIntent => "payment_intents",
        StripeObject::CheckoutSession => "checkout/sessions",
        StripeObject::Refund => "refunds",
        StripeObject::Dispute => "disputes",
        StripeObject::EarlyFraudWarning => "radar/early_fraud_warnings",
        StripeObject::Review => "reviews",
    };
    format!("/{list}/{id}")
}
