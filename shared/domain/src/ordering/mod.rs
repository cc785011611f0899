//! Orders: their rules, their rows, and what can be read and edited of them. Placing, confirming, shipping and cancelling
//! concern stock and payments as well: see [`crate::workflows`].

mod address;
mod basket;
mod cancel_reason;
mod comment;
mod edit;
mod fulfillment;
mod goods;
mod limits;
mod lines_edit;
mod listing;
mod locked_order;
mod note;
mod number;
mod order;
mod priced_order;
mod refusal;
pub mod returns;
mod shipment;
mod sql;
mod status;
mod timeline;

pub use crate::status::{OrderStatus as Status, ParcelStatus};
pub use crate::viewer::{Actor, Buyer, Holder, Viewer};
pub use address::{Address, AddressChange, AddressParts};
pub use basket::Basket;
pub(crate) use basket::MAX_LINES;
pub use cancel_reason::CancelReason;
pub use comment::{Comment, CommentText};
pub use edit::Edit;
pub(crate) use fulfillment::Progress;
pub use fulfillment::{Fulfillment, FulfillmentLine, NewFulfillment};
pub(crate) use goods::Goods;
pub(crate) use limits::HoldLimits;
pub use limits::MoreTime;
pub use lines_edit::{EditedOrder, LinesEdit};
pub use listing::{Filter, Sort};
pub(crate) use locked_order::{CaptureOutcome, LockedOrder};
pub use note::Note;
pub(crate) use number::Placement;
pub use number::{InvalidNumber, OrderNumber, OrderReference};
pub use order::{NewOrder, Order, OrderDiscount, OrderLine, Reason, Totals};
pub(crate) use priced_order::PricedOrder;
pub use refusal::{Refusal, Shortage};
pub use shipment::Shipment;
pub(crate) use sql::erasure::{erase_buyer, goods_of, lock_all_of};
pub(crate) use sql::{
    ALL_QUERIES, apply_edit, buyer_is_proven, cancel, confirm, count_unpaid, extend_expiry,
    extend_expiry_to, find_fulfillment, hand_over, insert, insert_comment, insert_fulfillment,
    is_refunded, join, lock, lock_by_payment, lock_for, order_of_fulfillment, progress, read,
    read_fulfillment, read_progress, recompute_paid, remove, request_cancel, set_on_hold, ship,
    touch, unpack, unpaid_pieces,
};
pub use status::{FulfillmentStatus, PaymentStatus};
pub use timeline::{TimelineEntry, TimelineEvent, TimelinePosition};

use crate::accounts::{self, ActiveUser, Claim, Role};
use crate::db::{Db, DbError, Tx};
use crate::failure::Failure;
use crate::guests::{self, Credentials, Opener};
use crate::id::{FulfillmentId, OrderId};
use crate::page::{Page, PageRequest};

/// Says who acts in this transaction, where that is an account.
pub(crate) fn act_as(tx: &Tx<'_>, who: Actor) {
    match who {
        Actor::Customer(user) => tx.act_as(user),
        Actor::Staff(staff) => tx.act_as_staff(staff),
        Actor::Guest(_) => {}
    }
}

/// Leases pending orders that were not paid in time, or whose cancellation was requested.
pub async fn due_to_close(db: &Db, limit: u8) -> Result<Vec<OrderId>, DbError> {
    sql::lease_to_close(db, limit).await
}

/// An order; not found if the viewer may not see it.
pub async fn show(db: &Db, viewer: Viewer, id: OrderId) -> Result<Order, Failure<Refusal>> {
    Ok(sql::find(db, viewer, id).await?.ok_or(Refusal::NotFound)?)
}

/// Like [`show`]: customers see their own orders, guests the one that is opened, staff all.
pub async fn show_to(
    db: &Db,
    who: &Credentials,
    id: OrderId,
) -> Result<(Viewer, Order), Failure<Refusal>> {
    who.open(|opener| async move {
        let (viewer, order) = match opener {
            Opener::Account(claim) => {
                let (standing, order) = sql::find_with(db, accounts::standing(claim), id).await;
                (viewer(standing?, claim)?, order?)
            }
            Opener::Guest(key) => {
                let (guest, order) = sql::find_with(db, guests::standing(id, &key), id).await;
                guest?.ok_or(Refusal::NotFound)?;
                (Viewer::Guest(id), order?)
            }
        };
        let order = order.filter(|order| viewer.may_see(id, &order.holder));
        Ok((viewer, order.ok_or(Refusal::NotFound)?))
    })
    .await
}

/// As whom somebody acts on an order: as the account, or as its guest. Whether the account may see the order is for the use
/// case to tell.
pub async fn actor(db: &Db, who: &Credentials, id: OrderId) -> Result<Actor, Failure<Refusal>> {
    who.open(|opener| async move {
        match opener {
            Opener::Account(claim) => {
                let active = accounts::active_user(db, claim).await?;
                let role = active.ok_or(Refusal::NotSignedIn)?.role;
                let user = claim.user;
                Ok(if role >= Role::Staff { Actor::Staff(user) } else { Actor::Customer(user) })
            }
            Opener::Guest(key) => {
                let (guest,) = db.together((guests::standing(id, &key),)).await;
                guest?.ok_or(Refusal::NotFound)?;
                Ok(Actor::Guest(id))
            }
        }
    })
    .await
}

/// Customers see their own orders, staff all.
fn viewer(standing: Option<ActiveUser>, claim: Claim) -> Result<Viewer, Refusal> {
    let role = standing.ok_or(Refusal::NotSignedIn)?.role;
    Ok(if role >= Role::Staff { Viewer::Staff } else { Viewer::Buyer(claim.user) })
}

/// Like [`list`], to whoever makes the claim. Together with the claim it looks for the orders of one user, as nearly all ask
/// for; only staff without a filter by user need another look.
pub async fn list_to(
    db: &Db,
    claim: Claim,
    filter: Filter,
    sort: Sort,
    page: &PageRequest<OrderId>,
) -> Result<(Viewer, Page<Order>), Failure<Refusal>> {
    let of_one = Filter { user: Some(filter.user.unwrap_or(claim.user)), ..filter };
    let found = sql::list(&of_one, sort, page);
    let (standing, found) = db.together((accounts::standing(claim), found)).await;
    let viewer = viewer(standing?, claim)?;
    let filter = filter.narrow(viewer)?;
    let orders = if filter == of_one {
        filter.by_payment(sql::with_lines(db, found?).await?)
    } else {
        sql::find_all(db, &filter, sort, page).await?
    };
    Ok((viewer, page.paginate(orders, |order| order.id)))
}

/// One page of the orders that the viewer may see and that match the filter.
pub async fn list(
    db: &Db,
    viewer: Viewer,
    filter: Filter,
    sort: Sort,
    page: &PageRequest<OrderId>,
) -> Result<Page<Order>, Failure<Refusal>> {
    let orders = sql::find_all(db, &filter.narrow(viewer)?, sort, page).await?;
    Ok(page.paginate(orders, |order| order.id))
}

/// One page of an order's timeline, without what the viewer may not see.
pub async fn timeline(
    db: &Db,
    viewer: Viewer,
    id: OrderId,
    page: &PageRequest<TimelinePosition>,
) -> Result<Page<TimelineEntry>, Failure<Refusal>> {
    if !sql::viewable(db, viewer, id).await? {
        return Err(Refusal::NotFound.into());
    }
    let entries = sql::timeline(db, viewer, id, page).await?.into_iter();
    let entries = match viewer {
        Viewer::Staff => entries.collect(),
        Viewer::Buyer(_) | Viewer::Guest(_) => entries.map(TimelineEntry::for_buyer).collect(),
    };
    Ok(page.paginate(entries, TimelineEntry::position))
}

/// A parcel, to staff.
pub async fn fulfillment(db: &Db, id: FulfillmentId) -> Result<Fulfillment, Failure<Refusal>> {
    Ok(sql::find_fulfillment(db, id).await?.ok_or(Refusal::NoFulfillment)?)
}

/// One page of an order's parcels, the oldest first.
pub async fn fulfillments(
    db: &Db,
    viewer: Viewer,
    id: OrderId,
    page: &PageRequest<FulfillmentId>,
) -> Result<Page<Fulfillment>, Failure<Refusal>> {
    if !sql::viewable(db, viewer, id).await? {
        return Err(Refusal::NotFound.into());
    }
    Ok(page.paginate(sql::fulfillments(db, id, page).await?, |parcel| parcel.id))
}

/// Changes address and note of an order if it still has a version that the caller saw; `None` accepts any version.
/// An edit that changes nothing makes no new version.
pub async fn edit(
    db: &Db,
    who: Actor,
    id: OrderId,
    seen: Option<&[i64]>,
    edit: &Edit,
) -> Result<Order, Failure<Refusal>> {
    db.transaction(async |tx| {
        let locked = sql::lock(tx, who.viewer(), id).await?.ok_or(Refusal::NotFound)?;
        let order = sql::read(tx, id).await?;
        if seen.is_some_and(|seen| !seen.contains(&order.version)) {
            return Err(Refusal::Stale.into());
        }
        Edit::is_open(who.viewer(), locked.status)?;
        let (address, note) = edit.clone().apply_to(&order)?;
        if (&address, &note) == (&order.address, &order.note) {
            return Ok(order);
        }
        act_as(tx, who);
        sql::edit(tx, id, address.as_ref(), note.as_ref()).await?;
        Ok(sql::read(tx, id).await?)
    })
    .await
}
