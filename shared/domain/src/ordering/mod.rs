//! Placing orders, looking at them, shipping them, and ending them.
//!
//! `close` ends what waits for its payment, `sql` holds the statements and decides nothing; the other files are
//! the rules and touch nothing.

mod address;
mod basket;
mod bill;
mod close;
mod edit;
mod listing;
mod order;
mod refusal;
mod shipment;
mod sql;
mod status;
mod timeline;

pub use address::{Address, AddressChange, AddressParts};
pub use basket::Basket;
pub(crate) use bill::Bill;
pub use close::{Closing, close, due_to_close};
pub(crate) use close::{Settled, give_up, settle};
pub use edit::{Edit, Note};
pub use listing::{Filter, Sort};
pub(crate) use order::HOLD_SECONDS;
pub use order::{Actor, Order, OrderLine, Reason, Totals, Viewer, Wish};
pub use refusal::{Refusal, Shortage};
pub use shipment::Shipment;
pub(crate) use sql::{ALL_QUERIES, add_up, hold, hold_back, lock, lock_by_payment};
pub use status::{CancelReason, FulfillmentStatus, PaymentStatus, Status};
pub use timeline::{Entry, Happening, Moment};

use crate::db::Db;
use crate::failure::Failure;
use crate::id::{OrderId, UserId};
use crate::idempotency::{self, Answer, Once, Ticket, Turn};
use crate::outbox::{self, Event};
use crate::page::{Page, Slice};
use crate::{inventory, payment};
use order::{MOST_UNPAID, Priced};

/// Places an order: takes the stock, prices it and announces it, all or nothing, once per ticket.
pub async fn place(
    db: &Db,
    buyer: UserId,
    wish: &Wish,
    ticket: &Ticket,
    put: impl Fn(&Order) -> Answer,
) -> Result<Answer, Failure<Refusal>> {
    let id = OrderId::generate();
    db.transaction(async |tx| {
        let work = async || {
            let (products, quantities) = (wish.basket.products(), wish.basket.quantities());
            let shelf = inventory::reserve(tx, id, &products, &quantities).await?;
            let priced = Priced::new(id, buyer, wish, shelf)?;
            let order = sql::insert(tx, priced, MOST_UNPAID).await?;
            let order = order.ok_or(Refusal::TooManyUnpaid { most: MOST_UNPAID })?;
            outbox::enqueue(tx, Event::OrderPlaced { order: id }).await?;
            if order.status == Status::Confirmed {
                outbox::enqueue(tx, Event::OrderConfirmed { order: id }).await?;
            }
            Ok(order)
        };
        idempotency::once(tx, buyer, ticket, Turn::OfBuyer, work, &put).await
    })
    .await
}

/// An order, if the viewer may know that there is one.
pub async fn show(db: &Db, viewer: Viewer, id: OrderId) -> Result<Order, Failure<Refusal>> {
    Ok(sql::find(db, viewer, id).await?.ok_or(Refusal::NotFound)?)
}

/// The orders that the viewer may see and that the filter lets through.
pub async fn list(
    db: &Db,
    viewer: Viewer,
    filter: Filter,
    sort: Sort,
    page: &Page<OrderId>,
) -> Result<Slice<Order>, Failure<Refusal>> {
    let orders = sql::list(db, &filter.narrow(viewer)?, sort, page).await?;
    Ok(page.cut(orders, |order| order.id))
}

/// What happened to an order, as far as the viewer may know.
pub async fn timeline(
    db: &Db,
    viewer: Viewer,
    id: OrderId,
    page: &Page<Moment>,
) -> Result<Slice<Entry>, Failure<Refusal>> {
    if !sql::viewable(db, viewer, id).await? {
        return Err(Refusal::NotFound.into());
    }
    let entries = sql::timeline(db, viewer, id, page).await?.into_iter();
    let entries = match viewer {
        Viewer::Staff => entries.collect(),
        Viewer::Buyer(_) => entries.map(Entry::for_buyer).collect(),
    };
    Ok(page.cut(entries, Entry::moment))
}

/// Changes address and note of an order that still has the version which the actor saw; `None` if any will do.
/// What changes nothing makes no new version.
pub async fn edit(
    db: &Db,
    who: Actor,
    id: OrderId,
    seen: Option<i64>,
    edit: &Edit,
) -> Result<Order, Failure<Refusal>> {
    db.transaction(async |tx| {
        let bill = sql::lock(tx, who.viewer, id).await?.ok_or(Refusal::NotFound)?;
        let order = sql::read(tx, id).await?;
        if seen.is_some_and(|seen| seen != order.version) {
            return Err(Refusal::Stale.into());
        }
        Edit::is_open(who.viewer, bill.status)?;
        let (address, note) = edit.clone().over(&order).map_err(Refusal::from)?;
        if (&address, &note) == (&order.address, &order.note) {
            return Ok(order);
        }
        sql::sign(tx, who.id).await?;
        sql::edit(tx, id, address.as_ref(), note.as_ref()).await?;
        Ok(sql::read(tx, id).await?)
    })
    .await
}

/// Confirms an order that was paid past Stripe. Confirming again for the same reason changes nothing.
pub async fn confirm(
    db: &Db,
    staff: UserId,
    id: OrderId,
    reason: &Reason,
    once: &Once<Order>,
) -> Result<Answer, Failure<Refusal>> {
    once.transaction(db, staff, async |tx| {
        let bill = sql::lock(tx, Viewer::Staff, id).await?.ok_or(Refusal::NotFound)?;
        match bill.status {
            Status::Pending if bill.cancel_reason.is_some() => return Err(Refusal::Ending.into()),
            Status::Pending => {}
            from => {
                let order = sql::read(tx, id).await?;
                if order.confirm_reason.as_ref() == Some(reason) {
                    return Ok(order);
                }
                return Err(Refusal::IllegalMove { from, to: Status::Confirmed }.into());
            }
        }
        if payment::live(tx, id).await?.is_some() {
            return Err(Refusal::PaymentInProgress.into());
        }
        sql::sign(tx, staff).await?;
        payment::record_offline(tx, id, bill.total).await?;
        close::confirm(tx, id, Some(reason)).await?;
        Ok(sql::read(tx, id).await?)
    })
    .await
}

/// Hands a confirmed order to a carrier and takes its goods off the shelf. Shipping it again the same way changes nothing.
pub async fn ship(
    db: &Db,
    staff: UserId,
    id: OrderId,
    shipment: &Shipment,
    once: &Once<Order>,
) -> Result<Answer, Failure<Refusal>> {
    once.transaction(db, staff, async |tx| {
        let bill = sql::lock(tx, Viewer::Staff, id).await?.ok_or(Refusal::NotFound)?;
        if bill.status != Status::Confirmed {
            let order = sql::read(tx, id).await?;
            if order.shipment.as_ref() == Some(shipment) {
                return Ok(order);
            }
            return Err(Refusal::IllegalMove { from: bill.status, to: Status::Shipped }.into());
        }
        if bill.on_hold {
            return Err(Refusal::OnHold.into());
        }
        if payment::gives_back(tx, id).await? {
            return Err(Refusal::Refunded.into());
        }
        sql::sign(tx, staff).await?;
        sql::ship(tx, id, shipment).await?;
        inventory::ship(tx, id).await?;
        outbox::enqueue(tx, Event::OrderShipped { order: id }).await?;
        Ok(sql::read(tx, id).await?)
    })
    .await
}

/// Cancels an order: buyers while it is pending, staff until it is shipped, and then all of its money goes back.
///
/// While Stripe may still take money for it, the wish is noted and the sweep ends both; the order says so by its
/// `cancel_requested_at`. Cancelling again changes nothing.
pub async fn cancel(
    db: &Db,
    who: Actor,
    id: OrderId,
    once: &Once<Order>,
) -> Result<Answer, Failure<Refusal>> {
    once.transaction(db, who.id, async |tx| {
        let bill = sql::lock(tx, who.viewer, id).await?.ok_or(Refusal::NotFound)?;
        sql::sign(tx, who.id).await?;
        match (bill.status, who.viewer) {
            (Status::Cancelled, _) => {}
            (Status::Pending, _) if bill.cancel_reason.is_some() => {}
            (Status::Pending, _) => {
                if payment::live(tx, id).await?.is_some() {
                    sql::request_cancel(tx, id).await?;
                } else {
                    close::cancel(tx, id, CancelReason::Requested).await?;
                }
            }
            (Status::Confirmed, Viewer::Staff) => {
                // Whether its money is ours to give back is for the bank to say first.
                if bill.on_hold && payment::dispute::is_undecided(tx, id).await? {
                    return Err(Refusal::OnHold.into());
                }
                payment::refund_all(tx, id).await?;
                close::cancel(tx, id, CancelReason::Requested).await?;
            }
            (from @ (Status::Confirmed | Status::Shipped), _) => {
                return Err(Refusal::IllegalMove { from, to: Status::Cancelled }.into());
            }
        }
        Ok(sql::read(tx, id).await?)
    })
    .await
}
