//! The states of an order that are derived from its rows, not stored. Pure.

use super::order::Order;
use crate::status::{OrderStatus, PaymentIntentStatus};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PaymentStatus {
    Unpaid,
    Processing,
    Authorized,
    Paid,
    PartiallyRefunded,
    Refunded,
    /// The last attempt to pay failed; another is possible.
    Failed,
    /// The buyer disputes the charge at their bank: the order is on hold, for good if the bank took the money back. A
    /// warning that the payment may be fraud also holds the order, and leaves this as it is.
    Disputed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FulfillmentStatus {
    Unfulfilled,
    /// Some of the goods were handed over to a carrier, and others are left.
    Partial,
    Fulfilled,
    /// All goods are back in stock.
    Returned,
}

impl PaymentStatus {
    /// From what was captured and refunded, and from the status of the newest payment.
    pub fn of(order: &Order) -> Self {
        if order.is_disputed {
            return Self::Disputed;
        }
        let (captured, refunded) = (order.captured.minor, order.refunded.minor);
        if refunded > 0 {
            return if refunded < captured { Self::PartiallyRefunded } else { Self::Refunded };
        }
        if captured > 0 || (order.totals.total.minor == 0 && order.status != OrderStatus::Cancelled)
        {
            return Self::Paid;
        }
        if order.status == OrderStatus::Pending {
            Self::while_open(order.payment)
        } else {
            Self::Unpaid
        }
    }

    /// Of an order that waits for its payment.
    fn while_open(newest: Option<PaymentIntentStatus>) -> Self {
        match newest {
            Some(PaymentIntentStatus::Processing) => Self::Processing,
            Some(PaymentIntentStatus::RequiresCapture) => Self::Authorized,
            Some(PaymentIntentStatus::Failed) => Self::Failed,
            _ => Self::Unpaid,
        }
    }

    /// The same as the SQL function `order_money` names it, of an order that nothing but a dispute holds.
    pub(super) fn money(self) -> &'static str {
        match self {
            Self::Unpaid | Self::Processing | Self::Authorized | Self::Failed => "open",
            settled => settled.name(),
        }
    }

    /// The statuses that the newest payment of an open order may then have, by name; `none` stands for no payment.
    pub(super) fn newest(self) -> Option<Vec<&'static str>> {
        let is_such = |newest: Option<PaymentIntentStatus>| Self::while_open(newest) == self;
        let none = is_such(None).then_some("none");
        let names = PaymentIntentStatus::ALL.into_iter().filter(|status| is_such(Some(*status)));
        let names: Vec<_> = none.into_iter().chain(names.map(PaymentIntentStatus::name)).collect();
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
            OrderStatus::Shipped
                if order.lines.iter().all(|line| line.returned == line.shipped) =>
            {
                Self::Returned
            }
            OrderStatus::Shipped => Self::Fulfilled,
            OrderStatus::Confirmed if order.lines.iter().any(|line| line.shipped > 0) => {
                Self::Partial
            }
            OrderStatus::Pending | OrderStatus::Confirmed | OrderStatus::Cancelled => {
                Self::Unfulfilled
            }
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
