//! Which orders a list shows, and in which order. Pure.

use super::number::OrderNumber;
use super::order::Order;
use super::refusal::Refusal;
use super::status::PaymentStatus;
use crate::id::UserId;
use crate::status::OrderStatus;
use crate::viewer::Viewer;
use serde::Deserialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

/// Which orders to list: those that match every field that is set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// The buyer; for staff only.
    pub user: Option<UserId>,
    pub number: Option<OrderNumber>,
    pub status: Option<OrderStatus>,
    pub payment: Option<PaymentStatus>,
    /// Placed at this time or later.
    pub since: Option<OffsetDateTime>,
    /// Placed before this time.
    pub until: Option<OffsetDateTime>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[schema(as = OrderSort)]
pub enum Sort {
    #[default]
    #[serde(rename = "-created_at")]
    Newest,
    #[serde(rename = "created_at")]
    Oldest,
}

impl Filter {
    /// Of the orders that were found, those that have the payment status. Only a search by number leaves it to this, which
    /// finds one order at most.
    pub(super) fn by_payment(&self, mut found: Vec<Order>) -> Vec<Order> {
        if let (Some(_), Some(wanted)) = (self.number, self.payment) {
            found.retain(|order| PaymentStatus::of(order) == wanted);
        }
        found
    }

    /// Restricted to the orders that this viewer may see.
    pub(super) fn narrow(self, viewer: Viewer) -> Result<Self, Refusal> {
        match (viewer, self.user) {
            (Viewer::Staff, _) => Ok(self),
            (Viewer::Buyer(buyer), None) => Ok(Self { user: Some(buyer), ..self }),
            (Viewer::Buyer(_) | Viewer::Guest(_), Some(_)) => Err(Refusal::UserIsForStaff),
            // They see one order, and no list.
            (Viewer::Guest(_), None) => Err(Refusal::NotFound),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buyers_find_their_own_orders_and_may_not_ask_for_others() {
        let (one, other) = (UserId::generate(), UserId::generate());
        let theirs = Filter { user: Some(other), ..Filter::default() };

        let own = Filter::default().narrow(Viewer::Buyer(one)).unwrap();

        assert_eq!(own.user, Some(one));
        assert_eq!(theirs.narrow(Viewer::Buyer(one)), Err(Refusal::UserIsForStaff));
        assert_eq!(theirs.narrow(Viewer::Staff), Ok(theirs));
    }
}
