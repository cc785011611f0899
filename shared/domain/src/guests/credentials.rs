//! What a request shows to be let in. Pure.

use super::secret::Secret;
use crate::accounts::Claim;
use crate::id::OrderId;

/// What opens something of a guest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GuestKey {
    /// A checkout, and the order that it became.
    Secret(Secret),
    /// An order: the link of an email was used, of this epoch.
    Link { order: OrderId, epoch: i32 },
}

/// As whom a checkout or an order is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opener {
    Account(Claim),
    Guest(GuestKey),
}

/// What a request shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credentials {
    One(Opener),
    /// The key decides about what it opens, the other one about all else.
    Both(GuestKey, Opener),
}
