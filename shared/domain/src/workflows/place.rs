//! Places an order.

use crate::accounts::{self, Claim, Visitor};
use crate::db::{Ask, Db, Tx};
use crate::failure::Failure;
use crate::guests::{self, Unpaid};
use crate::id::OrderId;
use crate::idempotency::{self, IdempotentRequest, LockScope, RecordedResponse};
use crate::inventory::{self, Reserved};
use crate::ordering::{
    self, Buyer, Goods, HoldLimits, Holder, NewOrder, Order, Placement, PricedOrder, Refusal,
    Status,
};
use crate::outbox::{self, Event};
use crate::pricing::{self, AppliedDiscount, Rules, Wish};

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
        let (holder, user) = (Holder::Account(claim.user), claim.user);
        let turn = idempotency::turn(user, request, LockScope::BuyerOrders);
        let (unpaid, reserve) = (ordering::count_unpaid(Some(user)), reserve(id, new, &holder));
        // The account is looked at after the turn's wait: until then it may have been erased.
        let flight = (turn, accounts::standing(claim), unpaid, reserve);
        let (turn, standing, unpaid, reserved) = tx.together(flight).await;
        let (turn, active) = (turn?, standing?.ok_or(Refusal::NotSignedIn)?);
        if let Some(stored) = idempotency::replayed(tx, turn).map_err(Refusal::from)? {
            return Ok(stored);
        }
        let buyer = Buyer { holder, is_proven: active.email_verified };
        let (orders, placement) = unpaid?;
        let unpaid = Unpaid { here: orders, anywhere: orders };
        let placing = Placing { id, buyer: &buyer, visitor, new, unpaid, placement };
        let order = place_reserved(tx, placing, reserved?).await?;
        let response = respond(&order);
        idempotency::store(tx, claim.user, request, &response);
        Ok(response)
    })
    .await
}

/// An order that is being placed, in its buyer's turn.
pub(super) struct Placing<'a> {
    pub(super) id: OrderId,
    pub(super) buyer: &'a Buyer,
    pub(super) visitor: &'a Visitor,
    pub(super) new: &'a NewOrder,
    /// How many orders of the buyer are not paid yet.
    pub(super) unpaid: Unpaid,
    /// When and under which number this one is placed.
    pub(super) placement: Placement,
}

/// Reserves the goods of the order, and reads the rules that price them.
pub(super) fn reserve(id: OrderId, new: &NewOrder, buyer: &Holder) -> Ask<Reserved> {
    let (products, quantities) = (new.basket.products(), new.basket.quantities());
    inventory::reserve(id, products, quantities, &new.wish(), buyer)
}

/// Prices what was reserved, uses its discounts, inserts the order and announces it. The caller must roll back if it is
/// refused.
pub(super) async fn place_reserved(
    tx: &Tx<'_>,
    placing: Placing<'_>,
    reserved: Reserved,
) -> Result<Order, Failure<Refusal>> {
    let Placing { id, buyer, visitor, new, unpaid, placement } = placing;
    let limits = HoldLimits::of(buyer);
    if !buyer.is_proven {
        if let Some(retry_after) = accounts::take_order_token(tx, visitor).await? {
            return Err(Refusal::TooManyRequests { retry_after }.into());
        }
        let products = new.basket.products();
        let held = match &buyer.holder {
            Holder::Account(user) => ordering::unpaid_pieces(tx, *user, &products).await?,
            Holder::Guest(email) => guests::unpaid_pieces(tx, email, &products).await?,
        };
        limits.check_pieces(&new.basket, &held)?;
    }
    let Reserved { lines, rules } = reserved;
    let wish = new.wish();
    let goods = Goods::new(new, lines)?;
    let bill = pricing::bill(goods.basket(), &rules, &wish);
    let discounts = bill.discounts.clone();
    let priced = PricedOrder::new(id, buyer.clone(), new, &goods, bill)?;
    limits.check_orders(unpaid)?;
    use_discounts(tx, id, &buyer.holder, &discounts, (&goods, &rules, &wish)).await?;
    let order = ordering::insert(tx, priced, placement);
    if let Holder::Guest(email) = &buyer.holder {
        guests::insert(tx, id, email, visitor.origin_tag());
    }
    outbox::enqueue(tx, Event::OrderPlaced { order: id });
    if order.status == Status::Confirmed {
        outbox::enqueue(tx, Event::OrderConfirmed { order: id });
    }
    Ok(order)
}

/// Uses the discounts of a bill that takes something off. If one of them is used up meanwhile, it is refused with the bill of these
/// goods without it.
pub(super) async fn use_discounts(
    tx: &Tx<'_>,
    id: OrderId,
    buyer: &Holder,
    discounts: &[AppliedDiscount],
    (goods, rules, wish): (&Goods, &Rules, &Wish),
) -> Result<(), Failure<Refusal>> {
    let effective: Vec<_> = discounts.iter().filter(|one| one.amount.minor > 0).collect();
    if effective.is_empty() {
        return Ok(());
    }
    let used_up = pricing::use_discounts(tx, id, buyer, &effective).await?;
    let Some(discount) = discounts.iter().find(|one| used_up.contains(&one.id)) else {
        return Ok(());
    };
    let bill = pricing::bill(goods.basket(), &rules.clone().with_used_up(&used_up), wish);
    let total = bill.total;
    let (discount, quote) = (Box::new(discount.clone()), Box::new(goods.quote(bill)));
    Err(Refusal::DiscountUsedUp { discount, total, quote }.into())
}
