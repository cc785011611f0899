//! Places an order.

use crate::accounts::{self, Claim, Visitor};
use crate::db::Db;
use crate::failure::Failure;
use crate::id::OrderId;
use crate::idempotency::{self, IdempotentRequest, LockScope, RecordedResponse};
use crate::inventory::{self, Reserved};
use crate::ordering::{
    self, Buyer, Goods, HoldLimits, NewOrder, Order, PricedOrder, Refusal, Status,
};
use crate::outbox::{self, Event};
use crate::pricing;

/// Places an order: reserves its stock, prices it and announces it, all or nothing, once per request. `visitor` is where it
/// comes from, which counts for buyers who have proven no address.
pub async fn place_order(
    db: &Db,
    claim: Claim,
    visitor: &Visitor,
    new: &NewOrder,
    request: &IdempotentRequest,
    respond: impl Fn(&Order) -> RecordedResponse,
) -> Result<RecordedResponse, Failure<Refusal>> {
    let id = OrderId::generate();
    db.transaction(async |tx| {
        let (products, quantities) = (new.basket.products(), new.basket.quantities());
        let wish = new.wish();
        let turn = idempotency::turn(claim.user, request, LockScope::BuyerOrders);
        let (unpaid, reserve) = (
            ordering::count_unpaid(claim.user),
            inventory::reserve(id, products.clone(), quantities, &wish, claim.user),
        );
        // The account is looked at after the turn's wait: until then it may have been erased.
        let flight = (turn, accounts::standing(claim), unpaid, reserve);
        let (turn, standing, unpaid, reserved) = tx.together(flight).await;
        let (turn, active) = (turn?, standing?.ok_or(Refusal::NotSignedIn)?);
        if let Some(stored) = idempotency::replayed(tx, turn).map_err(Refusal::from)? {
            return Ok(stored);
        }
        let ((unpaid, placement), reserved) = (unpaid?, reserved?);
        let buyer = Buyer { id: claim.user, is_proven: active.email_verified };
        let limits = HoldLimits::of(buyer);
        if !buyer.is_proven {
            if let Some(retry_after) = accounts::take_order_token(tx, visitor).await? {
                return Err(Refusal::TooManyRequests { retry_after }.into());
            }
            let held = ordering::unpaid_pieces(tx, buyer.id, &products).await?;
            limits.check_pieces(&new.basket, &held)?;
        }
        let Reserved { lines, rules } = reserved;
        let goods = Goods::new(new, lines)?;
        let bill = pricing::bill(goods.basket(), &rules, &wish);
        let discounts = bill.discounts.clone();
        let priced = PricedOrder::new(id, buyer, new, &goods, bill)?;
        if unpaid >= limits.unpaid_orders {
            return Err(limits.too_many_orders().into());
        }
        let effective: Vec<_> = discounts.iter().filter(|one| one.amount.minor > 0).collect();
        if !effective.is_empty() {
            let used_up = pricing::use_discounts(tx, id, buyer.id, &effective).await?;
            if let Some(discount) = discounts.iter().find(|one| used_up.contains(&one.id)) {
                let bill = pricing::bill(goods.basket(), &rules.with_used_up(&used_up), &wish);
                let (discount, bill) = (Box::new(discount.clone()), Box::new(bill));
                return Err(Refusal::DiscountUsedUp { discount, bill }.into());
            }
        }
        let order = ordering::insert(tx, priced, placement);
        outbox::enqueue(tx, Event::OrderPlaced { order: id });
        if order.status == Status::Confirmed {
            outbox::enqueue(tx, Event::OrderConfirmed { order: id });
        }
        let response = respond(&order);
        idempotency::store(tx, buyer.id, request, &response);
        Ok(response)
    })
    .await
}
