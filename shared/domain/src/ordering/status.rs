//! The states of an order. `Status` is stored; the others are derived.

use super::order::Order;
use crate::payment;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = OrderStatus)]
pub enum Status {
    /// Placed and waiting for its payment; its stock is reserved.
    Pending,
    /// Paid in full.
    Confirmed,
    Shipped,
    /// Ended for good.
    Cancelled,
}

/// Why an order was cancelled, or is about to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CancelReason {
    Requested,
    /// Nobody paid in time.
    Expired,
    /// The payment was canceled at Stripe.
    PaymentCanceled,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PaymentStatus {
    Unpaid,
    Processing,
    Authorized,
    Paid,
    PartiallyRefunded,
    Refunded,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FulfillmentStatus {
    Unfulfilled,
    Fulfilled,
}

impl Status {
    const ALL: [Self; 4] = [Self::Pending, Self::Confirmed, Self::Shipped, Self::Cancelled];

    pub fn may_become(self, next: Self) -> bool {
        use Status::{Cancelled, Confirmed, Pending, Shipped};
        matches!((self, next), (Pending, Confirmed | Cancelled) | (Confirmed, Shipped | Cancelled))
    }

    /// Where an order may go from here.
    pub fn allowed(self) -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(move |next| self.may_become(*next))
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Confirmed => "confirmed",
            Self::Shipped => "shipped",
            Self::Cancelled => "cancelled",
        }
    }

    pub(super) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }
}

impl CancelReason {
    pub fn name(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Expired => "expired",
            Self::PaymentCanceled => "payment_canceled",
        }
    }

    pub(super) fn from_name(name: &str) -> Option<Self> {
        [Self::Requested, Self::Expired, Self::PaymentCanceled]
            .into_iter()
            .find(|reason| reason.name() == name)
    }
}

impl PaymentStatus {
    /// From what was captured and given back, and what the newest payment is at.
    pub fn of(order: &Order) -> Self {
        let (captured, refunded) = (order.captured.minor, order.refunded.minor);
        if refunded > 0 {
            return if refunded < captured { Self::PartiallyRefunded } else { Self::Refunded };
        }
        if captured > 0 || (order.totals.total.minor == 0 && order.status != Status::Cancelled) {
            return Self::Paid;
        }
        match order.payment {
            Some(payment::Status::Processing) => Self::Processing,
            Some(payment::Status::RequiresCapture) => Self::Authorized,
            _ => Self::Unpaid,
        }
    }
}

impl FulfillmentStatus {
    pub fn of(order: &Order) -> Self {
        match order.status {
            Status::Shipped => Self::Fulfilled,
            Status::Pending | Status::Confirmed | Status::Cancelled => Self::Unfulfilled,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_goes_only_forward() {
        use Status::{Cancelled, Confirmed, Pending, Shipped};
        let allowed = |from: Status| from.allowed().collect::<Vec<_>>();
        assert_eq!(allowed(Pending), [Confirmed, Cancelled]);
        assert_eq!(allowed(Confirmed), [Shipped, Cancelled]);
        assert_eq!(allowed(Shipped), []);
        assert_eq!(allowed(Cancelled), []);
    }

    #[test]
    fn a_status_reads_as_it_was_written() {
        for status in Status::ALL {
            assert_eq!(Status::from_name(status.name()), Some(status));
        }
    }
}
