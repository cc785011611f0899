//! Why orders are cancelled. Pure.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Why an order was cancelled, or is about to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CancelReason {
    Requested,
    /// It was not paid in time.
    Expired,
    /// The payment was canceled at Stripe.
    PaymentCanceled,
    /// Less was received than its total; that is refunded.
    Underpaid,
}

impl CancelReason {
    pub fn name(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Expired => "expired",
            Self::PaymentCanceled => "payment_canceled",
            Self::Underpaid => "underpaid",
        }
    }

    pub(super) fn from_name(name: &str) -> Option<Self> {
        [Self::Requested, Self::Expired, Self::PaymentCanceled, Self::Underpaid]
            .into_iter()
            .find(|reason| reason.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_to_cancel_reads_as_it_was_written() {
        use CancelReason::{Expired, PaymentCanceled, Requested, Underpaid};
        for reason in [Requested, Expired, PaymentCanceled, Underpaid] {
            assert_eq!(CancelReason::from_name(reason.name()), Some(reason));
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.name());
        }
    }
}
