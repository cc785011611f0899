//! Whose orders and payments a caller may see. Pure.

use crate::id::UserId;

/// What a caller may see: one's own, or everybody's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Viewer {
    /// Only what belongs to this user.
    Buyer(UserId),
    /// What belongs to anybody.
    Staff,
}

/// Whoever places and pays orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Buyer {
    pub id: UserId,
    /// Whether they have proven that their address is theirs. If not, they may be anybody, under any number of addresses.
    pub is_proven: bool,
}

/// Who changes an order, and in which role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Actor {
    pub id: UserId,
    pub viewer: Viewer,
}

impl Viewer {
    /// Whether what belongs to this user may be seen.
    pub(crate) fn may_see(self, owner: UserId) -> bool {
        self.owner().is_none_or(|only| only == owner)
    }

    /// The user whose things alone may be seen; none for staff. For SQL: `$1::uuid is null or user_id = $1`.
    pub(crate) fn owner(self) -> Option<UserId> {
        match self {
            Self::Buyer(buyer) => Some(buyer),
            Self::Staff => None,
        }
    }
}
