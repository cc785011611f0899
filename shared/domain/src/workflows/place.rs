//! Places an order.

use crate::accounts::{self, Claim};
use crate::db::Db;
use crate::failure::Failure;
use crate::id::OrderId;
use crate::idempotency::{self, IdempotentRequest, LockScope, RecordedResponse};
use crate::inventory;
use crate::ordering::{self, MAX_UNPAID, NewOrder, Order, PricedOrder, Refusal, Status};
use crate::outbox::{self, Event};

/// Places an order: reserves its stock, prices it and announces it, all or nothing, once per request.
pub async fn place_order(
    db: &Db,
    claim: Claim,
    new: &NewOrder,
    request: &IdempotentRequest,
    respond: impl Fn(&Order) -> RecordedResponse,
) -> Result<RecordedResponse, Failure<Refusal>> {
    let (id, buyer) = (OrderId::generate(), claim.user);
    db.transaction(async |tx| {
        let turn = idempotency::turn(buyer, request, LockScope::BuyerOrders);
        let reserve = inventory::reserve(id, new.basket.products(), new.basket.quantities());
        let flight = (accounts::standing(claim), turn, ordering::count_unpaid(buyer), reserve);
        let (standing, turn, unpaid, reserved) = tx.together(flight).await;
        standing?.ok_or(Refusal::NotSignedIn)?;
        if let Some(stored) = idempotency::replayed(tx, turn?).map_err(Refusal::from)? {
            return Ok(stored);
        }
        let ((unpaid, at), reserved) = (unpaid?, reserved?);
        let priced = PricedOrder::new(id, buyer, new, reserved)?;
        if unpaid >= MAX_UNPAID {
            return Err(Refusal::TooManyUnpaid { most: MAX_UNPAID }.into());
        }
        let order = ordering::insert(tx, priced, at);
        outbox::enqueue(tx, Event::OrderPlaced { order: id });
        if order.status == Status::Confirmed {
            outbox::enqueue(tx, Event::OrderConfirmed { order: id });
        }
        let response = respond(&order);
        idempotency::store(tx, buyer, request, &response);
        Ok(response)
    })
    .await
}
