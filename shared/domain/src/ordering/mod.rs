//! Placing orders, looking at them, and ending them.
//!
//! `basket`, `order` and `status` hold the rules and touch nothing; `sql` holds the statements and decides nothing.

mod basket;
mod close;
mod order;
mod sql;
mod status;

pub use basket::Basket;
pub(crate) use close::{Bill, Settled, give_up, settle};
pub use close::{Closing, close, due_to_close};
pub(crate) use order::HOLD_SECONDS;
pub use order::{Order, OrderLine, Refusal, Totals, Viewer};
pub(crate) use sql::{ALL as ALL_QUERIES, add_up, hold, lock};
pub use status::{CancelReason, FulfillmentStatus, PaymentStatus, Status};

use crate::db::Db;
use crate::failure::Failure;
use crate::id::{OrderId, UserId};
use crate::idempotency::{self, Answer, Ticket};
use crate::outbox::{self, Event};
use crate::page::{Page, Slice};
use crate::{inventory, payment};
use order::Priced;

/// Places an order: takes the stock, prices it and announces it, all or nothing, once per ticket.
pub async fn place(
    db: &Db,
    buyer: UserId,
    basket: &Basket,
    ticket: &Ticket,
    put: impl Fn(&Order) -> Answer,
) -> Result<Answer, Failure<Refusal>> {
    let id = OrderId::generate();
    db.transaction(async |tx| {
        let work = async || {
            let shelf =
                inventory::reserve(tx, id, &basket.products(), &basket.quantities()).await?;
            let priced = Priced::new(id, buyer, basket, shelf)?;
            let order = sql::insert(tx, &priced).await?;
            outbox::enqueue(tx, Event::OrderPlaced { order: id }).await?;
            if order.status == Status::Confirmed {
                outbox::enqueue(tx, Event::OrderConfirmed { order: id }).await?;
            }
            Ok(order)
        };
        idempotency::once(tx, buyer, ticket, work, &put).await
    })
    .await
}

/// An order, if the viewer may know that there is one.
pub async fn show(db: &Db, viewer: Viewer, id: OrderId) -> Result<Order, Failure<Refusal>> {
    Ok(sql::find(db, viewer, id).await?.ok_or(Refusal::NotFound)?)
}

/// The orders that the viewer may see, newest first.
pub async fn list(
    db: &Db,
    viewer: Viewer,
    only: Option<Status>,
    page: &Page<OrderId>,
) -> Result<Slice<Order>, Failure<Refusal>> {
    let orders = sql::list(db, viewer, only, page).await?;
    Ok(page.cut(orders, |order| order.id))
}

/// Cancels a pending order. While Stripe may still take money for it, the wish is noted and the sweep ends both;
/// the order says so by its `cancel_requested_at`. Cancelling again changes nothing.
pub async fn cancel(db: &Db, viewer: Viewer, id: OrderId) -> Result<Order, Failure<Refusal>> {
    db.transaction(async |tx| {
        let bill = sql::lock(tx, viewer, id).await?.ok_or(Refusal::NotFound)?;
        match bill.status {
            Status::Cancelled => {}
            Status::Pending if bill.cancel_reason.is_some() => {}
            Status::Pending => {
                if payment::live(tx, id).await?.is_some() {
                    sql::request_cancel(tx, id).await?;
                } else {
                    close::cancel(tx, id, CancelReason::Requested).await?;
                }
            }
            from @ (Status::Confirmed | Status::Shipped) => {
                return Err(Refusal::IllegalMove { from, to: Status::Cancelled }.into());
            }
        }
        Ok(sql::read(tx, id).await?)
    })
    .await
}
