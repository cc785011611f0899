//! `/v1/ops/stripe-events`.

pub(crate) mod list;
pub(crate) mod replay;
pub(crate) mod show;

use domain::acknowledgement::Acknowledgement;
use domain::operations::{StripeEvent, StripeEventState};
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

/// An event received from Stripe.
#[derive(Serialize, ToSchema)]
pub(crate) struct StripeEventView {
    #[schema(example = "evt_1PqRsTuVwXyZ")]
    id: String,
    #[serde(rename = "type")]
    #[schema(example = "payment_intent.succeeded")]
    kind: String,
    /// Stripe's id of the event's object.
    #[schema(required)]
    object_id: Option<String>,
    state: StripeEventState,
    livemode: bool,
    /// The number of attempts to apply the event.
    attempts: i32,
    /// Why the event is parked; null unless it is.
    #[schema(required)]
    parked_reason: Option<String>,
    /// When Stripe created it.
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    received_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required)]
    processed_at: Option<OffsetDateTime>,
    /// When a waiting event is tried next.
    #[serde(with = "time::serde::rfc3339")]
    next_try_at: OffsetDateTime,
    /// Null unless it is parked and an admin has acknowledged that.
    #[schema(required)]
    acknowledged: Option<Acknowledgement>,
}

impl From<StripeEvent> for StripeEventView {
    fn from(event: StripeEvent) -> Self {
        Self {
            id: event.id,
            kind: event.kind,
            object_id: event.object_id,
            state: event.state,
            livemode: event.livemode,
            attempts: event.attempts,
            parked_reason: event.parked_reason,
            created_at: event.created_at,
            received_at: event.received_at,
            processed_at: event.processed_at,
            next_try_at: event.next_try_at,
            acknowledged: event.acknowledged,
        }
    }
}
