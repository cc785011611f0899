//! The events of an order's history, for display. Pure.

use crate::id::{DisputeId, FraudWarningId, PaymentId, RefundId, UserId};
use crate::money::Money;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// One entry of an order's timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimelineEntry {
    pub what: TimelineEvent,
    pub at: OffsetDateTime,
    /// The user who did it; none if it was Stripe or an expiry.
    pub actor: Option<UserId>,
    pub(super) sort_key: SortKey,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TimelineEvent {
    Placed,
    PaymentStarted { payment: PaymentId, provider: String, amount: Money, status: String },
    PaymentFailed { payment: PaymentId },
    Captured { amount: Money },
    Confirmed { reason: Option<String> },
    Edited,
    CancelRequested,
    Shipped { carrier: String, tracking_number: Option<String>, tracking_url: Option<String> },
    Cancelled { reason: String },
    RefundRequested { refund: RefundId, origin: String, amount: Money, status: String },
    Refunded { amount: Money },
    RefundFailed { amount: Money },
    DisputeOpened { dispute: DisputeId, reason: String, status: String },
    DisputeClosed { dispute: DisputeId, status: String },
    FraudWarningOpened { warning: FraudWarningId, reason: String },
    FraudWarningClosed { warning: FraudWarningId },
    ReviewOpened { warning: FraudWarningId, reason: String },
    ReviewClosed { warning: FraudWarningId },
}

/// The position of an entry: its time, then a key that orders entries of the same time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimelinePosition {
    #[serde(with = "time::serde::rfc3339")]
    pub(super) at: OffsetDateTime,
    #[serde(rename = "place")]
    pub(super) sort_key: SortKey,
}

/// Sorts causes before their effects. It comes back in cursors, so it is validated when it is read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct SortKey(pub(super) String);

impl TryFrom<String> for SortKey {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let fits = text.len() <= 64 && text.bytes().all(|b| b.is_ascii_graphic());
        if fits { Ok(Self(text)) } else { Err("not the sort key of an entry") }
    }
}

impl TimelineEntry {
    pub(super) fn position(&self) -> TimelinePosition {
        TimelinePosition { at: self.at, sort_key: self.sort_key.clone() }
    }

    /// Without what only staff may see.
    pub(super) fn for_buyer(mut self) -> Self {
        self.actor = None;
        if let TimelineEvent::Confirmed { reason } = &mut self.what {
            *reason = None;
        }
        self
    }
}

impl TimelineEvent {
    /// Its type as programs see it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Placed => "order_placed",
            Self::PaymentStarted { .. } => "payment_started",
            Self::PaymentFailed { .. } => "payment_failed",
            Self::Captured { .. } => "payment_captured",
            Self::Confirmed { .. } => "order_confirmed",
            Self::Edited => "order_edited",
            Self::CancelRequested => "cancel_requested",
            Self::Shipped { .. } => "order_shipped",
            Self::Cancelled { .. } => "order_cancelled",
            Self::RefundRequested { .. } => "refund_requested",
            Self::Refunded { .. } => "payment_refunded",
            Self::RefundFailed { .. } => "refund_failed",
            Self::DisputeOpened { .. } => "dispute_opened",
            Self::DisputeClosed { .. } => "dispute_closed",
            Self::FraudWarningOpened { .. } => "fraud_warning_opened",
            Self::FraudWarningClosed { .. } => "fraud_warning_closed",
            Self::ReviewOpened { .. } => "review_opened",
            Self::ReviewClosed { .. } => "review_closed",
        }
    }
}
