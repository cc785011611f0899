//! Whose orders and payments a caller may see. Pure.

use crate::email::Email;
use crate::id::{OrderId, UserId};

/// Whose an order is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holder {
    Account(UserId),
    /// Somebody without an account, known by the address that they named.
    Guest(Email),
}

/// What a caller may see: one's own, or everybody's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Viewer {
    /// Only what belongs to this user.
    Buyer(UserId),
    /// Only this order, as long as it belongs to a guest.
    Guest(OrderId),
    /// What belongs to anybody.
    Staff,
}

/// Whoever places and pays orders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Buyer {
    pub holder: Holder,
    /// Whether they have proven that their address is theirs. If not, they may be anybody, under any number of addresses.
    pub is_proven: bool,
}

/// Who changes an order, and in which role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    Customer(UserId),
    /// Whoever opens this order.
    Guest(OrderId),
    Staff(UserId),
}

impl Holder {
    /// None for a guest.
    pub fn user(&self) -> Option<UserId> {
        match self {
            Self::Account(user) => Some(*user),
            Self::Guest(_) => None,
        }
    }

    /// The address of a guest.
    pub fn guest(&self) -> Option<&Email> {
        match self {
            Self::Account(_) => None,
            Self::Guest(email) => Some(email),
        }
    }
}

impl Actor {
    pub fn viewer(self) -> Viewer {
        match self {
            Self::Customer(user) => Viewer::Buyer(user),
            Self::Guest(order) => Viewer::Guest(order),
            Self::Staff(_) => Viewer::Staff,
        }
    }

    /// None for a guest.
    pub fn user(self) -> Option<UserId> {
        match self {
            Self::Customer(user) | Self::Staff(user) => Some(user),
            Self::Guest(_) => None,
        }
    }
}

impl Viewer {
    /// Whether this order of this holder may be seen.
    pub(crate) fn may_see(self, order: OrderId, holder: &Holder) -> bool {
        match self {
            Self::Buyer(user) => holder.user() == Some(user),
            Self::Guest(only) => only == order && holder.guest().is_some(),
            Self::Staff => true,
        }
    }

    /// The user whose things alone may be seen. For SQL: `$1::uuid is null or user_id = $1`, together with
    /// [`Self::guest_order`].
    pub(crate) fn owner(self) -> Option<UserId> {
        match self {
            Self::Buyer(buyer) => Some(buyer),
            Self::Guest(_) | Self::Staff => None,
        }
    }

    /// The order that alone may be seen, as long as it is a guest's. For SQL: `$2::uuid is null or id = $2 and user_id is null`.
    pub(crate) fn guest_order(self) -> Option<OrderId> {
        match self {
            Self::Guest(order) => Some(order),
            Self::Buyer(_) | Self::Staff => None,
        }
    }
}
