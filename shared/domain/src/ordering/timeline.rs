//! The events of an order's history, for display. Pure.

use crate::id::{
    CommentId, DisputeId, FraudWarningId, FulfillmentId, PaymentId, RefundId, ReturnId, UserId,
};
use crate::money::Money;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
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
    PaymentStarted {
        payment: PaymentId,
        provider: String,
        amount: Money,
        status: String,
    },
    PaymentFailed {
        payment: PaymentId,
    },
    Captured {
        amount: Money,
    },
    Confirmed {
        reason: Option<String>,
    },
    Edited,
    /// Its lines were replaced.
    LinesEdited {
        total_before: Money,
        total: Money,
    },
    /// The text is none once the buyer's data are erased.
    Commented {
        comment: CommentId,
        text: Option<String>,
    },
    CancelRequested,
    Shipped {
        carrier: String,
        tracking_number: Option<String>,
        tracking_url: Option<String>,
    },
    FulfillmentPacked {
        fulfillment: FulfillmentId,
    },
    FulfillmentShipped {
        fulfillment: FulfillmentId,
        carrier: String,
        tracking_number: Option<String>,
        tracking_url: Option<String>,
    },
    FulfillmentCancelled {
        fulfillment: FulfillmentId,
    },
    Cancelled {
        reason: String,
    },
    /// What was written is none once the buyer's data are erased, here and in the two that follow.
    ReturnRequested {
        id: ReturnId,
        note: Option<String>,
    },
    ReturnApproved {
        id: ReturnId,
        instructions: Option<String>,
    },
    ReturnRejected {
        id: ReturnId,
        reason: Option<String>,
    },
    ReturnReceived {
        id: ReturnId,
    },
    ReturnCancelled {
        id: ReturnId,
    },
    RefundRequested {
        refund: RefundId,
        origin: String,
        amount: Money,
        status: String,
    },
    Refunded {
        amount: Money,
    },
    RefundFailed {
        amount: Money,
    },
    DisputeOpened {
        dispute: DisputeId,
        reason: String,
        status: String,
    },
    DisputeClosed {
        dispute: DisputeId,
        status: String,
    },
    FraudWarningOpened {
        warning: FraudWarningId,
        reason: String,
    },
    FraudWarningClosed {
        warning: FraudWarningId,
    },
    ReviewOpened {
        warning: FraudWarningId,
        reason: String,
    },
    ReviewClosed {
        warning: FraudWarningId,
    },
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
            Self::LinesEdited { .. } => "order_lines_edited",
            Self::Commented { .. } => "order_commented",
            Self::CancelRequested => "cancel_requested",
            Self::Shipped { .. } => "order_shipped",
            Self::FulfillmentPacked { .. } => "fulfillment_packed",
            Self::FulfillmentShipped { .. } => "fulfillment_shipped",
            Self::FulfillmentCancelled { .. } => "fulfillment_cancelled",
            Self::Cancelled { .. } => "order_cancelled",
            Self::ReturnRequested { .. } => "return_requested",
            Self::ReturnApproved { .. } => "return_approved",
            Self::ReturnRejected { .. } => "return_rejected",
            Self::ReturnReceived { .. } => "return_received",
            Self::ReturnCancelled { .. } => "return_cancelled",
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

    /// What programs see of it, by member name.
    pub fn details(&self) -> Value {
        match self {
            Self::Placed
            | Self::Edited
            | Self::CancelRequested
            | Self::Confirmed { reason: None } => json!({}),
            Self::Confirmed { reason: Some(reason) } | Self::Cancelled { reason } => {
                json!({"reason": reason})
            }
            Self::PaymentStarted { payment, provider, amount, status } => {
                json!({"payment": payment, "provider": provider, "amount": amount, "status": status})
            }
            Self::LinesEdited { total_before, total } => {
                json!({"total_before": total_before, "total": total})
            }
            Self::Commented { comment, text } => json!({"comment": comment, "text": text}),
            Self::PaymentFailed { payment } => json!({"payment": payment}),
            Self::Captured { amount }
            | Self::Refunded { amount }
            | Self::RefundFailed { amount } => {
                json!({"amount": amount})
            }
            Self::Shipped { carrier, tracking_number, tracking_url } => json!({
                "carrier": carrier, "tracking_number": tracking_number, "tracking_url": tracking_url,
            }),
            Self::FulfillmentShipped { fulfillment, carrier, tracking_number, tracking_url } => {
                json!({
                    "fulfillment": fulfillment, "carrier": carrier, "tracking_number": tracking_number,
                    "tracking_url": tracking_url,
                })
            }
            Self::FulfillmentPacked { fulfillment }
            | Self::FulfillmentCancelled { fulfillment } => {
                json!({"fulfillment": fulfillment})
            }
            Self::ReturnRequested { id, note } => json!({"return": id, "note": note}),
            Self::ReturnApproved { id, instructions } => {
                json!({"return": id, "instructions": instructions})
            }
            Self::ReturnRejected { id, reason } => json!({"return": id, "reason": reason}),
            Self::ReturnReceived { id } | Self::ReturnCancelled { id } => json!({"return": id}),
            Self::RefundRequested { refund, origin, amount, status } => {
                json!({"refund": refund, "origin": origin, "amount": amount, "status": status})
            }
            Self::DisputeOpened { dispute, reason, status } => {
                json!({"dispute": dispute, "reason": reason, "status": status})
            }
            Self::FraudWarningOpened { warning, reason }
            | Self::ReviewOpened { warning, reason } => {
                json!({"warning": warning, "reason": reason})
            }
            Self::FraudWarningClosed { warning } | Self::ReviewClosed { warning } => {
                json!({"warning": warning})
            }
            Self::DisputeClosed { dispute, status } => {
                json!({"dispute": dispute, "status": status})
            }
        }
    }

    /// Whether it tells why the shop suspects fraud.
    pub(crate) fn is_suspicion(&self) -> bool {
        matches!(
            self,
            Self::FraudWarningOpened { .. }
                | Self::FraudWarningClosed { .. }
                | Self::ReviewOpened { .. }
                | Self::ReviewClosed { .. }
        )
    }
}
