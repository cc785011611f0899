//! Returns: goods of an order that come back. A buyer requests one, or staff do; staff approve or reject it, and say what
//! arrived. The money goes back with a refund that names the return, before or after the goods.

mod receipt;
mod refusal;
mod request;
mod sql;

pub use crate::status::ReturnStatus;
pub use receipt::{Condition, Receipt, ReceivedPieces};
pub use refusal::Refusal;
pub use request::{Instructions, NewReturn};
pub(crate) use sql::{
    ALL as ALL_QUERIES, approve, cancel, find, insert, of_orders, order_of, read, receive, reject,
    returnable, window,
};

use super::Refusal as OrderRefusal;
use crate::db::Db;
use crate::failure::Failure;
use crate::guests::Credentials;
use crate::id::{OrderId, ProductId, ReturnId};
use crate::money::Money;
use crate::page::{Page, PageRequest};
use crate::viewer::{Actor, Viewer};
use time::OffsetDateTime;

/// Goods of an order that come back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Return {
    pub id: ReturnId,
    pub order: OrderId,
    pub status: ReturnStatus,
    /// By ascending product id.
    pub lines: Vec<ReturnLine>,
    /// What the buyer wrote. None, as the two that follow, once their data are erased.
    pub note: Option<String>,
    /// How the goods are to be sent back.
    pub instructions: Option<String>,
    /// Why it was rejected.
    pub reason: Option<String>,
    /// What its refunds give back, unless they failed.
    pub refunded: Money,
    pub requested_at: OffsetDateTime,
    /// When it was approved or rejected.
    pub decided_at: Option<OffsetDateTime>,
    pub received_at: Option<OffsetDateTime>,
    pub cancelled_at: Option<OffsetDateTime>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnLine {
    pub product: ProductId,
    pub sku: String,
    pub name: String,
    pub quantity: i32,
    /// How many pieces arrived; none before.
    pub received: Option<i32>,
    /// How they arrived, if any did.
    pub condition: Option<Condition>,
    /// Of those that arrived, the pieces that went back into stock.
    pub restocked: i32,
}

impl Return {
    /// Whether `who` may move it on to `next`.
    pub(crate) fn may_become(&self, next: ReturnStatus, who: Viewer) -> Result<(), Refusal> {
        let allowed = self.allowed(who);
        if allowed.contains(&next) {
            return Ok(());
        }
        Err(Refusal::IllegalMove { from: self.status, to: next, allowed })
    }

    /// Buyers take back what nobody has decided on yet.
    fn allowed(&self, who: Viewer) -> Vec<ReturnStatus> {
        let is_for = |next: ReturnStatus| match who {
            Viewer::Staff => true,
            Viewer::Buyer(_) | Viewer::Guest(_) => {
                (self.status, next) == (ReturnStatus::Requested, ReturnStatus::Cancelled)
            }
        };
        let next = ReturnStatus::ALL.into_iter().filter(|next| self.status.may_become(*next));
        next.filter(|next| is_for(*next)).collect()
    }
}

/// A return; not found if the viewer may not see its order.
pub async fn show(db: &Db, viewer: Viewer, id: ReturnId) -> Result<Return, Failure<Refusal>> {
    Ok(sql::find_for(db, viewer, id).await?.ok_or(Refusal::NoReturn)?)
}

/// As whom somebody acts on a return: as whom they act on its order.
pub async fn actor(db: &Db, who: &Credentials, id: ReturnId) -> Result<Actor, Failure<Refusal>> {
    let order = sql::find_order(db, id).await?;
    // Without one, it is still to be told whether they are signed in at all.
    let actor = super::actor(db, who, order.unwrap_or_else(OrderId::generate)).await;
    let actor = actor.map_err(|failure| match failure {
        Failure::Refused(OrderRefusal::NotFound) => Refusal::NoReturn.into(),
        Failure::Refused(refusal) => Refusal::from(refusal).into(),
        Failure::Db(error) => Failure::Db(error),
    })?;
    Ok(order.map(|_| actor).ok_or(Refusal::NoReturn)?)
}

/// One page of an order's returns, the oldest first.
pub async fn of_order(
    db: &Db,
    viewer: Viewer,
    order: OrderId,
    page: &PageRequest<ReturnId>,
) -> Result<Page<Return>, Failure<Refusal>> {
    if !super::sql::viewable(db, viewer, order).await? {
        return Err(Refusal::from(OrderRefusal::NotFound).into());
    }
    Ok(page.paginate(sql::of_order(db, order, page).await?, |back| back.id))
}

/// One page of all returns, or of those in one status, the oldest first: they wait longest.
pub async fn list(
    db: &Db,
    only: Option<ReturnStatus>,
    page: &PageRequest<ReturnId>,
) -> Result<Page<Return>, Failure<Refusal>> {
    Ok(page.paginate(sql::list(db, only, page).await?, |back| back.id))
}

#[cfg(test)]
mod tests;
