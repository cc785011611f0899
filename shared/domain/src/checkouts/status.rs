//! The states of a checkout. Pure.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = CheckoutStatus)]
pub enum Status {
    Open,
    /// It became an order.
    Completed,
    Cancelled,
    /// Nobody has changed it for long.
    Expired,
}

impl Status {
    const ALL: [Self; 4] = [Self::Open, Self::Completed, Self::Cancelled, Self::Expired];

    /// As it is sent, and stored but for `expired`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }

    pub(super) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }
}
