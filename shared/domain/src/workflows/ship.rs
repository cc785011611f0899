//! Ships an order: as a whole, or in parcels.

use crate::db::{Db, DbError, Tx};
use crate::failure::Failure;
use crate::id::{FulfillmentId, OrderId, ProductId, UserId};
use crate::idempotency::{IdempotentCall, RecordedResponse};
use crate::ordering::{
    self, Fulfillment, LockedOrder, NewFulfillment, Order, ParcelStatus, Progress, Refusal,
    Shipment, Status,
};
use crate::outbox::{self, Event};
use crate::viewer::Viewer;
use crate::{inventory, payments};

/// Ships all that is left of a confirmed order, and takes it out of stock: packed parcels, and what is in none. Shipping it
/// again with the same shipment changes nothing.
pub async fn ship_order(
    db: &Db,
    staff: UserId,
    id: OrderId,
    shipment: &Shipment,
    call: &IdempotentCall<Order>,
) -> Result<RecordedResponse, Failure<Refusal>> {
    call.transaction(db, staff, async |tx| {
        let (locked, mut progress) = lock(tx, id).await?;
        if locked.status != Status::Confirmed {
            let order = ordering::read(tx, id).await?;
            if order.shipment.as_ref() == Some(shipment) {
                return Ok(order);
            }
            return Err(Refusal::IllegalMove { from: locked.status, to: Status::Shipped }.into());
        }
        locked.may_ship()?;
        tx.act_as_staff(staff);
        remove_refunded(tx, id, &mut progress);
        let mut parcels = progress.packed.clone();
        if !parcels.is_empty() {
            ordering::hand_over(tx, id, parcels.clone(), shipment);
        }
        let left: Vec<_> = progress.left().into_iter().collect();
        if !left.is_empty() {
            let parcel = FulfillmentId::generate();
            ordering::insert_fulfillment(tx, parcel, id, &left, Some(shipment));
            parcels.push(parcel);
        }
        if parcels.is_empty() {
            return Err(Refusal::NothingToShip.into());
        }
        inventory::ship(tx, parcels);
        complete(tx, id);
        Ok(ordering::read(tx, id).await?)
    })
    .await
}

/// Puts pieces of a confirmed order into a parcel, and ships it if it has a carrier. The parcel that ships the last pieces
/// makes the order shipped.
pub async fn fulfill_order(
    db: &Db,
    staff: UserId,
    order: OrderId,
    new: &NewFulfillment,
    call: &IdempotentCall<Fulfillment>,
) -> Result<RecordedResponse, Failure<Refusal>> {
    call.transaction(db, staff, async |tx| {
        let (locked, mut progress) = lock(tx, order).await?;
        if locked.status != Status::Confirmed {
            return Err(Refusal::IllegalMove { from: locked.status, to: Status::Shipped }.into());
        }
        locked.may_ship()?;
        tx.act_as_staff(staff);
        remove_refunded(tx, order, &mut progress);
        let pieces = new.take(&progress)?;
        let parcel = FulfillmentId::generate();
        ordering::insert_fulfillment(tx, parcel, order, &pieces, new.shipment.as_ref());
        if new.shipment.is_some() {
            inventory::ship(tx, vec![parcel]);
            progress.ship(&pieces);
            shipped(tx, order, parcel, &progress);
        } else {
            ordering::touch(tx, order);
        }
        Ok(ordering::read_fulfillment(tx, parcel).await?)
    })
    .await
}

/// Hands a packed parcel over to its carrier. Again with the same shipment, it changes nothing.
pub async fn ship_fulfillment(
    db: &Db,
    staff: UserId,
    id: FulfillmentId,
    shipment: &Shipment,
    call: &IdempotentCall<Fulfillment>,
) -> Result<RecordedResponse, Failure<Refusal>> {
    call.transaction(db, staff, async |tx| {
        let order = ordering::order_of_fulfillment(tx, id).await?.ok_or(Refusal::NoFulfillment)?;
        let (locked, mut progress) = lock(tx, order).await?;
        let parcel = ordering::read_fulfillment(tx, id).await?;
        if parcel.status != ParcelStatus::Packed {
            if parcel.shipment.as_ref() == Some(shipment) {
                return Ok(parcel);
            }
            let (from, to) = (parcel.status, ParcelStatus::Shipped);
            return Err(Refusal::IllegalParcelMove { from, to }.into());
        }
        locked.may_ship()?;
        tx.act_as_staff(staff);
        ordering::hand_over(tx, order, vec![id], shipment);
        inventory::ship(tx, vec![id]);
        progress.hand_over(&parcel.pieces());
        shipped(tx, order, id, &progress);
        Ok(ordering::read_fulfillment(tx, id).await?)
    })
    .await
}

/// Unpacks a parcel that was not handed over: its pieces are left to ship again. Cancelling it again changes nothing.
pub async fn cancel_fulfillment(
    db: &Db,
    staff: UserId,
    id: FulfillmentId,
    call: &IdempotentCall<Fulfillment>,
) -> Result<RecordedResponse, Failure<Refusal>> {
    call.transaction(db, staff, async |tx| {
        let order = ordering::order_of_fulfillment(tx, id).await?.ok_or(Refusal::NoFulfillment)?;
        ordering::lock(tx, Viewer::Staff, order).await?;
        let parcel = ordering::read_fulfillment(tx, id).await?;
        match parcel.status {
            ParcelStatus::Cancelled => return Ok(parcel),
            from @ ParcelStatus::Shipped => {
                let to = ParcelStatus::Cancelled;
                return Err(Refusal::IllegalParcelMove { from, to }.into());
            }
            ParcelStatus::Packed => {}
        }
        tx.act_as_staff(staff);
        ordering::unpack(tx, order, vec![id]);
        ordering::touch(tx, order);
        Ok(ordering::read_fulfillment(tx, id).await?)
    })
    .await
}

/// A locked order, whose goods may leave or not.
struct Shippable {
    status: Status,
    on_hold: bool,
    is_refunded: bool,
}

/// Locks the order, and reads how far it is.
async fn lock(tx: &Tx<'_>, order: OrderId) -> Result<(Shippable, Progress), Failure<Refusal>> {
    let (lines, packed) = ordering::progress(order);
    let refunded = payments::is_refunded_in_full(order);
    let flight = (ordering::lock_for(Viewer::Staff, order), lines, packed, refunded);
    let (locked, lines, packed, refunded) = tx.together(flight).await;
    let LockedOrder { status, on_hold, .. } = locked?.ok_or(Refusal::NotFound)?;
    let progress = Progress { lines: lines?, packed: packed? };
    Ok((Shippable { status, on_hold, is_refunded: refunded? }, progress))
}

impl Shippable {
    /// Not while a bank or the shop suspects the payment, nor once nobody pays for the goods.
    fn may_ship(&self) -> Result<(), Refusal> {
        match self {
            Self { on_hold: true, .. } => Err(Refusal::OnHold),
            Self { is_refunded: true, .. } => Err(Refusal::Refunded),
            _ => Ok(()),
        }
    }
}

/// A release that knows no parcels leaves refunded pieces in the order.
fn remove_refunded(tx: &Tx<'_>, order: OrderId, progress: &mut Progress) {
    let pieces = progress.to_remove();
    if !pieces.is_empty() {
        progress.remove(&pieces);
        ordering::remove(tx, order, &pieces);
        // That release may go on, so this happens more than once.
        inventory::release_pieces(tx, &pieces, &format!("{order}:{}", progress.removed()));
    }
}

/// A parcel was handed over: the buyer is told, once for each.
fn shipped(tx: &Tx<'_>, order: OrderId, parcel: FulfillmentId, progress: &Progress) {
    if progress.is_complete() {
        complete(tx, order);
    } else {
        ordering::touch(tx, order);
        outbox::enqueue(tx, Event::FulfillmentShipped { fulfillment: parcel });
    }
}

/// Nothing of the order is left to ship.
fn complete(tx: &Tx<'_>, order: OrderId) {
    ordering::ship(tx, order);
    outbox::enqueue(tx, Event::OrderShipped { order });
}

/// Pieces are not shipped any more, since their money is given back. They were the last ones, perhaps.
pub(super) async fn remove(
    tx: &Tx<'_>,
    order: OrderId,
    pieces: &[(ProductId, i32)],
    source: &str,
) -> Result<(), DbError> {
    ordering::remove(tx, order, pieces);
    inventory::release_pieces(tx, pieces, source);
    if ordering::read_progress(tx, order).await?.is_complete() {
        complete(tx, order);
    } else {
        ordering::touch(tx, order);
    }
    Ok(())
}
