//! The products and quantities of an order. Pure.

use crate::failure::Invalid;
use crate::id::ProductId;
use std::collections::BTreeMap;

/// The most products.
pub(crate) const MAX_LINES: usize = 100;
const MAX_PIECES: i64 = 1000;

/// Quantities by product: never empty, each from 1 to 1000, at most 100 products.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Basket(BTreeMap<ProductId, i32>);

impl Basket {
    /// Adds up lines that name the same product.
    pub fn new(lines: impl IntoIterator<Item = (ProductId, i64)>) -> Result<Self, Invalid> {
        let mut sums = BTreeMap::<ProductId, i32>::new();
        for (place, (product, quantity)) in lines.into_iter().enumerate() {
            if place == MAX_LINES {
                let detail = format!("an order has at most {MAX_LINES} lines");
                return Err(Invalid::new("/lines", "too_many_lines", detail));
            }
            let known = sums.get(&product).copied().unwrap_or_default();
            let sum = quantity.checked_add(i64::from(known)).filter(|sum| *sum <= MAX_PIECES);
            let sum = sum.filter(|_| quantity >= 1).and_then(|sum| i32::try_from(sum).ok());
            let sum = sum.ok_or_else(|| {
                let detail = format!("an order takes 1 to {MAX_PIECES} pieces of a product");
                Invalid::new(format!("/lines/{place}/quantity"), "out_of_range", detail)
            })?;
            sums.insert(product, sum);
        }
        if sums.is_empty() {
            return Err(Invalid::new("/lines", "empty", "an order needs at least one line"));
        }
        Ok(Self(sums))
    }

    /// In ascending order, which is the order of locking.
    pub(crate) fn products(&self) -> Vec<ProductId> {
        self.0.keys().copied().collect()
    }

    pub(crate) fn quantities(&self) -> Vec<i32> {
        self.0.values().copied().collect()
    }

    pub(crate) fn lines(&self) -> impl Iterator<Item = (ProductId, i32)> {
        self.0.iter().map(|(product, quantity)| (*product, *quantity))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lines_of_one_product_add_up() {
        let mug = ProductId::generate();
        let basket = Basket::new([(mug, 2), (mug, 3)]).unwrap();
        assert_eq!(basket.lines().collect::<Vec<_>>(), [(mug, 5)]);
    }

    #[test]
    fn a_quantity_that_cannot_be_is_refused_where_it_stands() {
        let mug = ProductId::generate();
        for bad in [0, -1, 1001, 1_000_000_000, i64::MAX, i64::MIN] {
            let refused = Basket::new([(ProductId::generate(), 1), (mug, bad)]).unwrap_err();
            assert_eq!(refused.pointer, "/lines/1/quantity");
        }
        assert_eq!(Basket::new([(mug, 600), (mug, 600)]).unwrap_err().code, "out_of_range");
        assert_eq!(Basket::new([]).unwrap_err().code, "empty");
    }

    #[test]
    fn a_basket_has_room_for_a_hundred_lines() {
        let lines = |count| std::iter::repeat_with(ProductId::generate).take(count).map(|p| (p, 1));
        assert!(Basket::new(lines(100)).is_ok());
        assert_eq!(Basket::new(lines(101)).unwrap_err().code, "too_many_lines");
    }

    proptest! {
        #[test]
        fn nothing_gets_lost_in_a_basket(quantities in prop::collection::vec(1..=10_i64, 1..100)) {
            let kinds = [ProductId::generate(), ProductId::generate(), ProductId::generate()];
            let wanted = quantities.iter().zip(kinds.iter().cycle()).map(|(q, p)| (*p, *q));
            let basket = Basket::new(wanted).unwrap();
            let kept: i64 = basket.lines().map(|(_, quantity)| i64::from(quantity)).sum();
            prop_assert_eq!(kept, quantities.iter().sum::<i64>());
        }
    }

    #[test]
    fn products_are_named_in_the_order_of_locking_with_their_quantities() {
        let mut kinds = [ProductId::generate(), ProductId::generate(), ProductId::generate()];
        kinds.sort();
        let [first, second, third] = kinds;

        let basket = Basket::new([(third, 30), (first, 10), (second, 20)]).unwrap();

        assert_eq!(basket.products(), kinds);
        assert_eq!(basket.quantities(), [10, 20, 30]);
    }
}
