//! Guests: buyers without an account, and what opens their checkouts and orders: the secret of a checkout, or the link of an
//! email. The address that a guest names is proven by nobody until such a link is used.

mod credentials;
mod secret;
mod sql;

pub use credentials::{Credentials, GuestKey, Opener};
pub use secret::Secret;
pub(crate) use sql::{
    ALL as ALL_QUERIES, Age, Contact, Guest, Unpaid, contact, correct, count_unpaid, erase, insert,
    join, linkable, standing, unpaid_pieces,
};

use crate::accounts::{self, LinkKey, PresentedToken, Refusal, Visitor};
use crate::db::Db;
use crate::failure::{self, Failure, Kind};
use crate::id::OrderId;

/// The link of an order, as an email has it: `<order>.<secret>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderLink {
    pub order: OrderId,
    secret: PresentedToken,
}

impl OrderLink {
    /// `None` if the text cannot be a link of ours.
    pub fn parse(text: &str) -> Option<Self> {
        let (order, secret) = text.split_once('.')?;
        Some(Self { order: order.parse().ok()?, secret: PresentedToken::parse(secret)? })
    }

    /// The text of an order's link, after the `#` of its address.
    pub fn text(links: &LinkKey, order: OrderId, epoch: i32) -> String {
        format!("{order}.{}", links.order_secret(order, epoch))
    }
}

impl Credentials {
    /// Does it by the key, and where that opens nothing, by what else is shown.
    pub(crate) async fn open<T, R, F>(&self, work: impl Fn(Opener) -> F) -> Result<T, Failure<R>>
    where
        R: failure::Refusal,
        F: Future<Output = Result<T, Failure<R>>>,
    {
        match self {
            Self::One(opener) => work(opener.clone()).await,
            Self::Both(key, other) => match work(Opener::Guest(key.clone())).await {
                Err(Failure::Refused(refusal)) if refusal.kind() == Kind::NotFound => {
                    work(other.clone()).await
                }
                done => done,
            },
        }
    }
}

/// Uses the link of an order, which proves the address of its guest. Returns the epoch of its links.
pub async fn use_link(
    db: &Db,
    links: &LinkKey,
    link: &OrderLink,
    visitor: &Visitor,
) -> Result<i32, Failure<Refusal>> {
    accounts::count_link_use(db, visitor, link.secret.text()).await?;
    let epoch = sql::link_epoch(db, link.order).await?.ok_or(Refusal::BadLink)?;
    if !links.opens_order(&link.secret, link.order, epoch) {
        return Err(Refusal::BadLink.into());
    }
    if !sql::prove(db, link.order, epoch).await? {
        return Err(Refusal::BadLink.into());
    }
    Ok(epoch)
}
