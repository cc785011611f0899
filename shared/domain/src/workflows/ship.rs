//! Ships an order.

use crate::db::Db;
use crate::failure::Failure;
use crate::id::{OrderId, UserId};
use crate::idempotency::{IdempotentCall, RecordedResponse};
use crate::ordering::{self, Order, Refusal, Shipment, Status};
use crate::outbox::{self, Event};
use crate::viewer::Viewer;
use crate::{inventory, payments};

/// Marks a confirmed order as shipped and takes its goods out of stock. Shipping it again with the same shipment changes
/// nothing.
pub async fn ship_order(
    db: &Db,
    staff: UserId,
    id: OrderId,
    shipment: &Shipment,
    call: &IdempotentCall<Order>,
) -> Result<RecordedResponse, Failure<Refusal>> {
    call.transaction(db, staff, async |tx| {
        let locked = ordering::lock(tx, Viewer::Staff, id).await?.ok_or(Refusal::NotFound)?;
        if locked.status != Status::Confirmed {
            let order = ordering::read(tx, id).await?;
            if order.shipment.as_ref() == Some(shipment) {
                return Ok(order);
            }
            return Err(Refusal::IllegalMove { from: locked.status, to: Status::Shipped }.into());
        }
        if locked.on_hold {
            return Err(Refusal::OnHold.into());
        }
        if payments::has_refunds(tx, id).await? {
            return Err(Refusal::Refunded.into());
        }
        tx.act_as_staff(staff);
        ordering::ship(tx, id, shipment);
        inventory::ship(tx, id);
        outbox::enqueue(tx, Event::OrderShipped { order: id });
        Ok(ordering::read(tx, id).await?)
    })
    .await
}
