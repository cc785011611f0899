//! `/v1/ops/stripe-events`.

pub(crate) mod list;
pub(crate) mod replay;
pub(crate) mod show;

use domain::operations::{StripeEvent, StripeEventState};
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

/// An event that Stripe told us of.
#[derive(Serialize, ToSchema)]
pub(crate) struct StripeEventView {
    #[schema(example = "evt_1PqRsTuVwXyZ")]
    id: String,
    #[serde(rename = "type")]
    #[schema(example = "payment_intent.succeeded")]
    kind: String,
    /// What it is about, by Stripe's id.
    #[schema(required)]
    object_id: Option<String>,
    state: StripeEventState,
    livemode: bool,
    /// How often its effect was tried.
    attempts: i32,
    /// Why a parked one was parked.
    #[schema(required)]
    parked_reason: Option<String>,
    /// When it happened at Stripe.
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    received_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required)]
    processed_at: Option<OffsetDateTime>,
    /// When a waiting one is tried next.
    #[serde(with = "time::serde::rfc3339")]
    next_try_at: OffsetDateTime,
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
        }
    }
}
