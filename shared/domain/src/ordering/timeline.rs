//! What happened to an order, from its first to its last day. Pure.

use crate::id::{DisputeId, PaymentId, RefundId, UserId};
use crate::money::Money;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// Something that happened to an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub what: Happening,
    pub at: OffsetDateTime,
    /// Who did it; nobody if time or Stripe did.
    pub actor: Option<UserId>,
    pub(super) place: Place,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happening {
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
}

/// Where an entry stands: by time, and by place among what happened in the same moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    #[serde(with = "time::serde::rfc3339")]
    pub(super) at: OffsetDateTime,
    pub(super) place: Place,
}

/// Sorts causes before their effects. Cursors come from outside, so that it is read with care.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Place(pub(super) String);

impl TryFrom<String> for Place {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let fits = text.len() <= 64 && text.bytes().all(|b| b.is_ascii_graphic());
        if fits { Ok(Self(text)) } else { Err("this is not the place of an entry") }
    }
}

impl Entry {
    pub(super) fn moment(&self) -> Moment {
        Moment { at: self.at, place: self.place.clone() }
    }

    /// Without what is the shop's own business.
    pub(super) fn for_buyer(mut self) -> Self {
        self.actor = None;
        if let Happening::Confirmed { reason } = &mut self.what {
            *reason = None;
        }
        self
    }
}

impl Happening {
    /// A word for programs.
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
        }
    }
}
