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

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PaymentStatus {
    Unpaid,
    Processing,
    Authorized,
    Paid,
    PartiallyRefunded,
    Refunded,
    /// The last try to pay came to nothing; there may be another.
    Failed,
    /// The buyer complained at their bank: the order is on hold, for good if the bank took the money back.
    Disputed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FulfillmentStatus {
    Unfulfilled,
    /// Some of the goods are on their way. Not yet: an order leaves as a whole.
    Partial,
    Fulfilled,
    /// All goods came back to the shelf.
    Returned,
}

impl Status {
    pub(super) const ALL: [Self; 4] =
        [Self::Pending, Self::Confirmed, Self::Shipped, Self::Cancelled];

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
        if order.on_hold {
            return Self::Disputed;
        }
        let (captured, refunded) = (order.captured.minor, order.refunded.minor);
        if refunded > 0 {
            return if refunded < captured { Self::PartiallyRefunded } else { Self::Refunded };
        }
        if captured > 0 || (order.totals.total.minor == 0 && order.status != Status::Cancelled) {
            return Self::Paid;
        }
        if order.status == Status::Pending { Self::while_open(order.payment) } else { Self::Unpaid }
    }

    /// Of an order that waits for its money.
    fn while_open(newest: Option<payment::Status>) -> Self {
        match newest {
            Some(payment::Status::Processing) => Self::Processing,
            Some(payment::Status::RequiresCapture) => Self::Authorized,
            Some(payment::Status::Failed) => Self::Failed,
            _ => Self::Unpaid,
        }
    }

    /// The same in the words of `order_money`.
    pub(super) fn money(self) -> &'static str {
        match self {
            Self::Unpaid | Self::Processing | Self::Authorized | Self::Failed => "open",
            settled => settled.name(),
        }
    }

    /// What the newest payment of an open order may then be at, by name; `none` if there need not be one.
    pub(super) fn newest(self) -> Option<Vec<&'static str>> {
        let is_such = |newest: Option<payment::Status>| Self::while_open(newest) == self;
        let none = is_such(None).then_some("none");
        let names = payment::Status::ALL.into_iter().filter(|status| is_such(Some(*status)));
        let names: Vec<_> = none.into_iter().chain(names.map(payment::Status::name)).collect();
        (self.money() == "open").then_some(names)
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Unpaid => "unpaid",
            Self::Processing => "processing",
            Self::Authorized => "authorized",
            Self::Paid => "paid",
            Self::PartiallyRefunded => "partially_refunded",
            Self::Refunded => "refunded",
            Self::Failed => "failed",
            Self::Disputed => "disputed",
        }
    }
}

impl FulfillmentStatus {
    pub fn of(order: &Order) -> Self {
        match order.status {
            Status::Shipped if order.lines.iter().all(|line| line.returned == line.quantity) => {
                Self::Returned
            }
            Status::Shipped => Self::Fulfilled,
            Status::Pending | Status::Confirmed | Status::Cancelled => Self::Unfulfilled,
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
