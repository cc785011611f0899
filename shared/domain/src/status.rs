//! The stored states of orders, parcels, returns and payments, which the rules of both must know. Pure.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrderStatus {
    /// Placed and waiting for its payment; its stock is reserved.
    Pending,
    /// Paid in full.
    Confirmed,
    Shipped,
    /// Final.
    Cancelled,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ParcelStatus {
    /// Not handed over yet: it can be cancelled, and its pieces are shipped otherwise.
    Packed,
    /// Handed over to the carrier.
    Shipped,
    Cancelled,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReturnStatus {
    /// Staff have not decided on it yet.
    Requested,
    /// The goods may be sent back.
    Approved,
    Rejected,
    /// The goods are there.
    Received,
    Cancelled,
}

/// The states of a Stripe PaymentIntent, one before it (`creating`) and one for an intent that was never created (`failed`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PaymentIntentStatus {
    Creating,
    RequiresPaymentMethod,
    RequiresConfirmation,
    RequiresAction,
    RequiresCapture,
    Processing,
    Failed,
    Canceled,
    Succeeded,
}

impl ParcelStatus {
    pub fn name(self) -> &'static str {
        match self {
            Self::Packed => "packed",
            Self::Shipped => "shipped",
            Self::Cancelled => "cancelled",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        [Self::Packed, Self::Shipped, Self::Cancelled].into_iter().find(|it| it.name() == name)
    }
}

impl ReturnStatus {
    pub(crate) const ALL: [Self; 5] =
        [Self::Requested, Self::Approved, Self::Rejected, Self::Received, Self::Cancelled];

    pub(crate) fn may_become(self, next: Self) -> bool {
        use ReturnStatus::{Approved, Cancelled, Received, Rejected, Requested};
        matches!(
            (self, next),
            (Requested, Approved | Rejected | Cancelled) | (Approved, Received | Cancelled)
        )
    }

    /// As it is stored and sent.
    pub fn name(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Received => "received",
            Self::Cancelled => "cancelled",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }
}

impl OrderStatus {
    pub(crate) const ALL: [Self; 4] =
        [Self::Pending, Self::Confirmed, Self::Shipped, Self::Cancelled];

    pub fn may_become(self, next: Self) -> bool {
        use OrderStatus::{Cancelled, Confirmed, Pending, Shipped};
        matches!((self, next), (Pending, Confirmed | Cancelled) | (Confirmed, Shipped | Cancelled))
    }

    /// The states that may follow this one.
    pub fn allowed(self) -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(move |next| self.may_become(*next))
    }

    /// As it is stored and sent.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Confirmed => "confirmed",
            Self::Shipped => "shipped",
            Self::Cancelled => "cancelled",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }
}

impl PaymentIntentStatus {
    pub(crate) const ALL: [Self; 9] = [
        Self::Creating,
        Self::RequiresPaymentMethod,
        Self::RequiresConfirmation,
        Self::RequiresAction,
        Self::RequiresCapture,
        Self::Processing,
        Self::Failed,
        Self::Canceled,
        Self::Succeeded,
    ];

    /// As Stripe writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Creating => "creating",
            Self::RequiresPaymentMethod => "requires_payment_method",
            Self::RequiresConfirmation => "requires_confirmation",
            Self::RequiresAction => "requires_action",
            Self::RequiresCapture => "requires_capture",
            Self::Processing => "processing",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
            Self::Succeeded => "succeeded",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }

    /// Whether it can no longer be paid.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Failed | Self::Canceled | Self::Succeeded)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_order_goes_only_forward() {
        use OrderStatus::{Cancelled, Confirmed, Pending, Shipped};
        let allowed = |from: OrderStatus| from.allowed().collect::<Vec<_>>();
        assert_eq!(allowed(Pending), [Confirmed, Cancelled]);
        assert_eq!(allowed(Confirmed), [Shipped, Cancelled]);
        assert_eq!(allowed(Shipped), []);
        assert_eq!(allowed(Cancelled), []);
    }

    proptest! {
        #[test]
        fn however_it_is_moved_an_order_ends_after_two_moves(moves in prop::collection::vec(0..4_usize, 0..50)) {
            let mut path = vec![OrderStatus::Pending];
            for index in moves {
                let (now, next) = (path[path.len() - 1], OrderStatus::ALL[index]);
                if now.may_become(next) {
                    path.push(next);
                }
            }

            let end = path[path.len() - 1];
            let is_final = matches!(end, OrderStatus::Shipped | OrderStatus::Cancelled);
            prop_assert!(path.len() <= 3);
            prop_assert_eq!(end.allowed().count() == 0, is_final);
            // Only a confirmed order is shipped, and a shipped order is never cancelled.
            let shipped = path.iter().position(|status| *status == OrderStatus::Shipped);
            prop_assert!(shipped.is_none_or(|at| at == 2 && path[1] == OrderStatus::Confirmed));
        }
    }

    #[test]
    fn a_status_reads_as_it_was_written_and_three_of_payments_are_final() {
        use PaymentIntentStatus::{Canceled, Failed, Succeeded};
        for status in OrderStatus::ALL {
            assert_eq!(OrderStatus::from_name(status.name()), Some(status));
            assert_eq!(serde_json::to_value(status).unwrap(), status.name());
        }
        for status in ReturnStatus::ALL {
            assert_eq!(ReturnStatus::from_name(status.name()), Some(status));
            assert_eq!(serde_json::to_value(status).unwrap(), status.name());
        }
        for status in PaymentIntentStatus::ALL {
            assert_eq!(PaymentIntentStatus::from_name(status.name()), Some(status));
            assert_eq!(serde_json::to_value(status).unwrap(), status.name());
        }
        let of_all = PaymentIntentStatus::ALL.into_iter().filter(|status| status.is_final());
        assert!(of_all.eq([Failed, Canceled, Succeeded]));
    }
}
