//! The lines of a checkout. Pure.

use crate::failure::Invalid;
use crate::id::ProductId;
use crate::ordering::Basket;
use crate::pricing::Wanted;
use std::collections::BTreeMap;

/// How many pieces of which products, each product once, by ascending id: at most 100 products, 1 to 1000 pieces of each.
/// Unlike an order's basket it may be empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cart(Vec<Wanted>);

impl Cart {
    /// Adds up lines that name the same product.
    pub fn new(lines: Vec<(ProductId, i64)>) -> Result<Self, Invalid> {
        if lines.is_empty() {
            return Ok(Self::default());
        }
        let basket = Basket::new(lines)?;
        let lines = basket.lines();
        Ok(Self(lines.map(|(product, quantity)| wanted(product, quantity)).collect()))
    }

    /// As it was stored: checked once, and not again.
    pub(super) fn from_stored(lines: Vec<Wanted>) -> Self {
        Self(lines)
    }

    pub fn lines(&self) -> &[Wanted] {
        &self.0
    }

    pub(super) fn products(&self) -> Vec<ProductId> {
        self.0.iter().map(|line| line.product).collect()
    }

    /// With so many pieces of the product, none of which takes it out.
    pub(super) fn with(&self, product: ProductId, quantity: i64) -> Result<Self, Invalid> {
        let lines = self.0.iter().map(|line| (line.product, line.quantity.into()));
        let mut lines: BTreeMap<ProductId, i64> = lines.collect();
        if quantity == 0 {
            lines.remove(&product);
        } else {
            lines.insert(product, quantity);
        }
        let place = lines.keys().position(|known| *known == product).unwrap_or_default();
        let changed = Self::new(lines.into_iter().collect()).map_err(|invalid| {
            let of_line = format!("/lines/{place}/quantity");
            let pointer = if invalid.pointer == of_line { "/quantity" } else { "/lines" };
            Invalid { pointer: pointer.to_owned(), ..invalid }
        })?;
        Ok(changed.shown_as(self))
    }

    /// With the prices that the buyer was shown of the same products.
    pub(super) fn shown_as(&self, other: &Self) -> Self {
        self.with_prices(|product| {
            other.0.iter().find(|line| line.product == product).and_then(|line| line.shown_minor)
        })
    }

    /// Where `price` knows the price of a piece, that is what the buyer is shown.
    pub(super) fn with_prices(&self, price: impl Fn(ProductId) -> Option<i64>) -> Self {
        let lines = self.0.iter();
        let shown = |line: &Wanted| price(line.product).or(line.shown_minor);
        Self(lines.map(|line| Wanted { shown_minor: shown(line), ..*line }).collect())
    }
}

fn wanted(product: ProductId, quantity: i32) -> Wanted {
    Wanted { product, quantity, shown_minor: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn products(cart: &Cart) -> Vec<(ProductId, i32)> {
        cart.lines().iter().map(|line| (line.product, line.quantity)).collect()
    }

    #[test]
    fn a_line_is_set_and_taken_out() {
        let (mug, cup) = (ProductId::generate(), ProductId::generate());
        let cart = Cart::new(vec![(cup, 1), (mug, 2), (cup, 2)]).unwrap();
        assert_eq!(products(&cart), [(mug, 2), (cup, 3)]);

        assert_eq!(products(&cart.with(mug, 5).unwrap()), [(mug, 5), (cup, 3)]);
        assert_eq!(products(&cart.with(mug, 0).unwrap()), [(cup, 3)]);
        assert_eq!(cart.with(ProductId::generate(), 0).unwrap(), cart);
        assert!(Cart::new(vec![]).unwrap().lines().is_empty());
    }

    #[test]
    fn a_quantity_that_cannot_be_is_refused() {
        let mug = ProductId::generate();
        let cart = Cart::new(vec![(mug, 1)]).unwrap();
        for bad in [-1, 1001] {
            assert_eq!(cart.with(mug, bad).unwrap_err().pointer, "/quantity");
        }
        let full: Vec<_> = (0..100).map(|_| (ProductId::generate(), 1)).collect();
        let full = Cart::new(full).unwrap();
        assert_eq!(full.with(mug, 1).unwrap_err().pointer, "/lines");
    }

    #[test]
    fn shown_prices_stay_with_their_products() {
        let (mug, cup) = (ProductId::generate(), ProductId::generate());
        let cart = Cart::new(vec![(mug, 1)]).unwrap().with_prices(|_| Some(500));

        let more = cart.with(cup, 1).unwrap();

        let shown: Vec<_> = more.lines().iter().map(|line| line.shown_minor).collect();
        assert_eq!(shown, [Some(500), None]);
    }
}
