//! Places an order.

use crate::db::Db;
use crate::failure::Failure;
use crate::id::{OrderId, UserId};
use crate::idempotency::{self, IdempotentRequest, LockScope, RecordedResponse};
use crate::inventory;
use crate::ordering::{self, MAX_UNPAID, NewOrder, Order, PricedOrder, Refusal, Status};
use crate::outbox::{self, Event};

/// Places an order: reserves its stock, prices it and announces it, all or nothing, once per request.
pub async fn place_order(
    db: &Db,
    buyer: UserId,
    new: &NewOrder,
    request: &IdempotentRequest,
    respond: impl Fn(&Order) -> RecordedResponse,
) -> Result<RecordedResponse, Failure<Refusal>> {
    let id = OrderId::generate();
    db.transaction(async |tx| {
        let work = async || {
            let (products, quantities) = (new.basket.products(), new.basket.quantities());
            let reserved = inventory::reserve(tx, id, &products, &quantities).await?;
            let priced = PricedOrder::new(id, buyer, new, reserved)?;
            let order = ordering::insert(tx, priced, MAX_UNPAID).await?;
            let order = order.ok_or(Refusal::TooManyUnpaid { most: MAX_UNPAID })?;
            outbox::enqueue(tx, Event::OrderPlaced { order: id }).await?;
            if order.status == Status::Confirmed {
                outbox::enqueue(tx, Event::OrderConfirmed { order: id }).await?;
            }
            Ok(order)
        };
        idempotency::once(tx, buyer, request, LockScope::BuyerOrders, work, &respond).await
    })
    .await
}
