//! New lines for an order that is not paid yet. Pure.

use super::basket::Basket;
use super::locked_order::LockedOrder;
use super::order::{NewOrder, Order, OrderLine};
use super::refusal::Refusal;
use crate::id::{ProductId, ShippingMethodId};
use crate::inventory::ReservedLine;
use crate::money::Money;
use crate::pricing::Codes;
use crate::status::OrderStatus;
use std::collections::BTreeMap;

/// What an order is to consist of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinesEdit {
    /// All lines, also those that stay.
    pub basket: Basket,
    /// None keeps that of the order.
    pub shipping_method: Option<ShippingMethodId>,
    /// The total that was shown: any other total is refused.
    pub expected_total: Money,
}

/// An order whose lines were replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditedOrder {
    pub order: Order,
    pub total_before: Money,
}

impl LinesEdit {
    /// The lines of an order may be replaced while it waits for its payment.
    pub(crate) fn is_open(locked: &LockedOrder) -> Result<(), Refusal> {
        match locked.status {
            OrderStatus::Pending if locked.is_ending() => Err(Refusal::Ending),
            OrderStatus::Pending => Ok(()),
            status => Err(Refusal::NotChangeable(status)),
        }
    }

    /// The order as it would be placed now: address, codes and, if no other is chosen, the shipping method are its own.
    pub(crate) fn placed_anew(&self, order: &Order) -> Result<NewOrder, Refusal> {
        let codes = order.discounts.iter().filter_map(|discount| discount.code.clone());
        let own_method = order.shipping.as_ref().map(|shipping| shipping.method);
        Ok(NewOrder {
            basket: self.basket.clone(),
            address: order.address.clone(),
            note: order.note.clone(),
            shipping_method: self.shipping_method.or(own_method),
            discount_codes: Codes::parse("/discount_codes", codes)?,
            expected_total: Some(self.expected_total),
        })
    }

    /// A line that does not grow keeps the price and the name of its pieces; any other has those of now.
    pub(crate) fn with_kept_prices(
        &self,
        order: &Order,
        mut lines: Vec<ReservedLine>,
    ) -> Vec<ReservedLine> {
        let wanted: BTreeMap<_, _> = self.basket.lines().collect();
        let before: BTreeMap<_, _> = order.lines.iter().map(|line| (line.product, line)).collect();
        for line in &mut lines {
            let kept = before.get(&line.product);
            let kept = kept.filter(|kept| wanted.get(&line.product) <= Some(&kept.quantity));
            if let Some(OrderLine { sku, name, unit_price, .. }) = kept {
                (line.sku, line.name, line.price) = (sku.clone(), name.clone(), *unit_price);
            }
        }
        lines
    }
}

impl Order {
    /// Refused if it cannot cost this: it stays in its currency, and waits for a payment.
    pub(crate) fn may_cost(&self, total: Money) -> Result<(), Refusal> {
        let currency = self.totals.currency();
        if total.currency != currency {
            return Err(Refusal::MixedCurrencies);
        }
        if total.minor == 0 {
            return Err(Refusal::TooSmall { least: currency.least() });
        }
        Ok(())
    }

    /// The pieces that the buyer's other orders hold, of those that all of them hold.
    pub(crate) fn held_elsewhere(
        &self,
        mut held: BTreeMap<ProductId, i64>,
    ) -> BTreeMap<ProductId, i64> {
        for line in &self.lines {
            if let Some(pieces) = held.get_mut(&line.product) {
                *pieces -= i64::from(line.quantity);
            }
        }
        held
    }

    /// Whether it consists of the same, at the same prices.
    pub(crate) fn costs_as(&self, other: &Self) -> bool {
        let method =
            |order: &Self| order.shipping.as_ref().map(|shipping| (shipping.method, shipping.paid));
        (&self.lines, self.totals, method(self)) == (&other.lines, other.totals, method(other))
    }
}

#[cfg(test)]
mod tests {
    use super::super::status::tests::order;
    use super::*;
    use crate::id::OrderId;
    use crate::money::Currency;

    fn money(minor: i64) -> Money {
        Money { minor, currency: Currency::EUR }
    }

    fn line(product: ProductId, quantity: i32) -> OrderLine {
        OrderLine {
            product,
            sku: "MUG".to_owned(),
            name: "Mug".to_owned(),
            quantity,
            unit_price: money(1000),
            total: money(1000 * i64::from(quantity)),
            discount: money(0),
            tax: money(0),
            tax_included: money(0),
            tax_category: None,
            tax_rate_ppm: None,
            fulfilled: 0,
            shipped: 0,
            removed: 0,
            returned: 0,
        }
    }

    fn reserved(product: ProductId) -> ReservedLine {
        ReservedLine {
            product,
            sku: "MUG-2".to_owned(),
            name: "New mug".to_owned(),
            price: money(1200),
            available: 9,
            is_reserved: true,
            category: None,
            tax_category: "standard".to_owned(),
            weight_grams: None,
            requires_shipping: true,
        }
    }

    fn edit(lines: &[(ProductId, i64)]) -> LinesEdit {
        let basket = Basket::new(lines.iter().copied()).unwrap();
        LinesEdit { basket, shipping_method: None, expected_total: money(1) }
    }

    #[test]
    fn a_line_that_does_not_grow_keeps_price_and_name_and_any_other_has_those_of_now() {
        let mut ids: Vec<_> = std::iter::repeat_with(ProductId::generate).take(4).collect();
        ids.sort();
        let [less, same, more, new] = ids[..] else { unreachable!() };
        let lines = vec![line(less, 2), line(same, 2), line(more, 2)];
        let before = Order { lines, ..order(OrderStatus::Pending, 6000, 0, 0) };
        let edit = edit(&[(less, 1), (same, 2), (more, 3), (new, 1)]);

        let kept = edit.with_kept_prices(&before, ids.iter().copied().map(reserved).collect());

        let prices: Vec<_> = kept.iter().map(|line| (line.price.minor, &*line.sku)).collect();
        assert_eq!(prices, [(1000, "MUG"), (1000, "MUG"), (1200, "MUG-2"), (1200, "MUG-2")]);
    }

    #[test]
    fn an_order_is_edited_only_while_it_waits_for_its_payment() {
        let locked = |status, is_due| LockedOrder {
            order: OrderId::generate(),
            status,
            total: money(1),
            cancel_reason: None,
            on_hold: false,
            is_due,
        };
        for (status, is_due, expected) in [
            (OrderStatus::Pending, false, Ok(())),
            (OrderStatus::Pending, true, Err(Refusal::Ending)),
            (OrderStatus::Confirmed, false, Err(Refusal::NotChangeable(OrderStatus::Confirmed))),
            (OrderStatus::Shipped, false, Err(Refusal::NotChangeable(OrderStatus::Shipped))),
            (OrderStatus::Cancelled, true, Err(Refusal::NotChangeable(OrderStatus::Cancelled))),
        ] {
            assert_eq!(LinesEdit::is_open(&locked(status, is_due)), expected);
        }
    }

    #[test]
    fn the_pieces_of_the_order_itself_are_held_nowhere_else() {
        let (mug, cup) = (ProductId::generate(), ProductId::generate());
        let before = Order { lines: vec![line(mug, 2)], ..order(OrderStatus::Pending, 2000, 0, 0) };

        let held = before.held_elsewhere(BTreeMap::from([(mug, 7), (cup, 3)]));

        assert_eq!(held, BTreeMap::from([(mug, 5), (cup, 3)]));
    }
}
