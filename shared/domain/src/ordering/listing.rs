//! Which orders a list shows, and in which order. Pure.

use super::order::Viewer;
use super::refusal::Refusal;
use super::status::{PaymentStatus, Status};
use crate::id::UserId;
use serde::Deserialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

/// What the orders of a list have in common. The default asks for nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Whose they are; for staff only.
    pub user: Option<UserId>,
    pub status: Option<Status>,
    pub payment: Option<PaymentStatus>,
    /// Placed then or later.
    pub since: Option<OffsetDateTime>,
    /// Placed before.
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
    /// As far as this viewer may use it.
    pub(super) fn narrow(self, viewer: Viewer) -> Result<Self, Refusal> {
        match (viewer, self.user) {
            (Viewer::Staff, _) => Ok(self),
            (Viewer::Buyer(buyer), None) => Ok(Self { user: Some(buyer), ..self }),
            (Viewer::Buyer(_), Some(_)) => Err(Refusal::UserIsForStaff),
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
