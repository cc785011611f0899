//! Replaces the lines of an order that is not paid yet.

use super::place::use_discounts;
use crate::db::{Db, DbError, Tx};
use crate::email::Email;
use crate::failure::Failure;
use crate::guests;
use crate::id::{OrderId, PaymentId};
use crate::idempotency::{self, IdempotentRequest, LockScope, RecordedResponse};
use crate::inventory::{self, ReservedLine};
use crate::ordering::{
    self, Actor, Buyer, EditedOrder, Goods, HoldLimits, Holder, LinesEdit, NewOrder, Order,
    PricedOrder, Refusal,
};
use crate::payments;
use crate::pricing::{self, Rules};

/// An order as whoever edits it has seen it.
#[derive(Clone, Copy, Debug)]
pub struct SeenOrder<'a> {
    pub id: OrderId,
    /// None accepts any version.
    pub versions: Option<&'a [i64]>,
}

/// What has become of an edit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EditOutcome {
    Done(RecordedResponse),
    /// Nothing has changed yet, and nothing else is in the way than this payment of the former total: let go of it by
    /// [`super::release_payment`], then edit again.
    ReleaseFirst(PaymentId),
}

/// Replaces the lines of an order: prices it anew and exchanges its stock and its discounts, all or nothing, once per request. A
/// payment that Stripe may still capture is of the former total, so the caller lets go of it first; it stays if the edit is
/// refused. The time to pay stays as it is.
pub async fn edit_order_lines(
    db: &Db,
    who: Actor,
    seen: SeenOrder<'_>,
    edit: &LinesEdit,
    request: &IdempotentRequest,
    respond: impl Fn(&EditedOrder) -> RecordedResponse,
) -> Result<EditOutcome, Failure<Refusal>> {
    let (id, guest) = (seen.id, guest(db, who, seen.id).await?);
    db.transaction(async |tx| {
        let turn = match &guest {
            Some(address) => idempotency::guest_turn(who, request, address),
            None => idempotency::turn(who, request, scope(who)),
        };
        let lock = ordering::lock_for(who.viewer(), id);
        let flight = (turn, lock, payments::open_payment(id), ordering::buyer_is_proven(id));
        let (turn, locked, open, is_proven) = tx.together(flight).await;
        if let Some(stored) = idempotency::replayed(tx, turn?).map_err(Refusal::from)? {
            return Ok(EditOutcome::Done(stored));
        }
        let locked = locked?.ok_or(Refusal::NotFound)?;
        LinesEdit::is_open(&locked)?;
        let before = ordering::read(tx, id).await?;
        if seen.versions.is_some_and(|versions| !versions.contains(&before.version)) {
            return Err(Refusal::Stale.into());
        }
        let buyer = Buyer { holder: before.holder.clone(), is_proven: is_proven? };
        let may_hold_more = buyer.is_proven || matches!(who, Actor::Staff(_));
        if !may_hold_more {
            check_pieces(tx, &buyer, &before, edit).await?;
        }
        ordering::act_as(tx, who);
        let order = priced(tx, buyer, &before, edit).await?;
        let edited = EditedOrder { order, total_before: before.totals.total };
        if !edited.order.costs_as(&before) {
            if let Some(open) = open? {
                tx.rolls_back();
                return Ok(EditOutcome::ReleaseFirst(open.id));
            }
            ordering::apply_edit(tx, &before, &edited.order);
        }
        let response = respond(&edited);
        idempotency::store(tx, who, request, &response);
        Ok(EditOutcome::Done(response))
    })
    .await
}

/// The address in whose turn a guest edits an order.
async fn guest(db: &Db, who: Actor, order: OrderId) -> Result<Option<Email>, Failure<Refusal>> {
    let Actor::Guest(_) = who else { return Ok(None) };
    let contact = guests::contact(db, order).await?.ok_or(Refusal::NotFound)?;
    Ok(Some(Email::from_stored(contact.email)))
}

/// What buyers hold in all of their orders is counted.
fn scope(who: Actor) -> LockScope {
    match who {
        Actor::Customer(_) => LockScope::BuyerOrders,
        Actor::Guest(_) | Actor::Staff(_) => LockScope::Key,
    }
}

/// Refused if a buyer who has proven no address would hold too many pieces of a product, in this order and in others.
async fn check_pieces(
    tx: &Tx<'_>,
    buyer: &Buyer,
    before: &Order,
    edit: &LinesEdit,
) -> Result<(), Failure<Refusal>> {
    let products = edit.basket.products();
    let held = match &buyer.holder {
        Holder::Account(user) => ordering::unpaid_pieces(tx, *user, &products).await?,
        Holder::Guest(email) => guests::unpaid_pieces(tx, email, &products).await?,
    };
    let held = before.held_elsewhere(held);
    Ok(HoldLimits::of(buyer).check_pieces(&edit.basket, &held)?)
}

/// The order as it is after the edit, with its stock and its discounts, of which nothing is committed if it is refused.
async fn priced(
    tx: &Tx<'_>,
    buyer: Buyer,
    before: &Order,
    edit: &LinesEdit,
) -> Result<Order, Failure<Refusal>> {
    let (id, holder) = (before.id, buyer.holder.clone());
    let mut new = edit.placed_anew(before)?;
    let (lines, rules) = exchanged(tx, &holder, before, &new).await?;
    if edit.shipping_method.is_none() && lines.iter().all(|line| !line.requires_shipping) {
        new.shipping_method = None;
    }
    let wish = new.wish();
    let goods = Goods::new(&new, edit.with_kept_prices(before, lines))?;
    let bill = pricing::bill(goods.basket(), &rules, &wish);
    before.may_cost(bill.total)?;
    let discounts = bill.discounts.clone();
    let priced = PricedOrder::new(id, buyer, &new, &goods, bill)?;
    use_discounts(tx, id, &holder, &discounts, (&goods, &rules, &wish)).await?;
    Ok(priced.replacing(before.clone()))
}

/// Exchanges the stock of the order, takes back what discounts it uses, and then reads the rules that price it.
async fn exchanged(
    tx: &Tx<'_>,
    holder: &Holder,
    before: &Order,
    new: &NewOrder,
) -> Result<(Vec<ReservedLine>, Rules), DbError> {
    let (products, quantities) = (new.basket.products(), new.basket.quantities());
    let stock = inventory::exchange(before.id, before.version, products, quantities);
    let rules = pricing::current_rules(&new.wish(), before.totals.currency(), holder);
    if before.discounts.is_empty() {
        let (lines, rules) = tx.together((stock, rules)).await;
        return Ok((lines?, rules?));
    }
    let (lines, taken_back, rules) =
        tx.together((stock, pricing::take_back(before.id), rules)).await;
    let lines = lines?;
    taken_back?;
    Ok((lines, rules?))
}
