//! Whose keys they are. Pure.

use crate::id::{CheckoutId, UserId};
use crate::viewer::Actor;
use postgres_types::ToSql;
use uuid::Uuid;

/// Whose keys they are: a user's, or those of whoever opens a checkout or an order as a guest. Their ids never meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ToSql)]
#[postgres(transparent)]
pub struct Principal(Uuid);

impl From<UserId> for Principal {
    fn from(user: UserId) -> Self {
        Self(user.into())
    }
}

impl From<CheckoutId> for Principal {
    fn from(checkout: CheckoutId) -> Self {
        Self(checkout.into())
    }
}

impl From<Actor> for Principal {
    fn from(actor: Actor) -> Self {
        match actor {
            Actor::Customer(user) | Actor::Staff(user) => user.into(),
            Actor::Guest(order) => Self(order.into()),
        }
    }
}
