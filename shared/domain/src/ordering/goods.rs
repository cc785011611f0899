//! The goods of an order: what was reserved for it. Pure.

use super::order::NewOrder;
use super::refusal::{Refusal, Shortage};
use crate::catalog::Price;
use crate::inventory::ReservedLine;
use crate::money::MoneyError;
use crate::pricing::{self, Bill, Line, Quote, QuotedLine};
use std::collections::BTreeMap;

/// All products of an order in one currency, each for sale and reserved.
#[derive(Clone, Debug)]
pub(crate) struct Goods {
    basket: pricing::Basket,
    /// In the order of the basket's lines.
    labels: Vec<Label>,
}

/// What a product was called when it was ordered.
#[derive(Clone, Debug)]
pub(super) struct Label {
    pub(super) sku: String,
    pub(super) name: String,
}

impl Goods {
    /// Refused unless all products are for sale and reserved.
    pub(crate) fn new(new: &NewOrder, reserved: Vec<ReservedLine>) -> Result<Self, Refusal> {
        let mut reserved: BTreeMap<_, _> =
            reserved.into_iter().map(|item| (item.product, item)).collect();
        let (mut lines, mut labels, mut short) = (Vec::new(), Vec::new(), Vec::new());
        let mut currencies = Vec::new();
        for (product, quantity) in new.basket.lines() {
            let item = reserved.remove(&product).ok_or(Refusal::NotForSale(product))?;
            // A stored price may be one that could not be written any more, and never charged.
            Price::new(item.price).map_err(|_| Refusal::NotForSale(product))?;
            let ReservedLine { sku, name, price, available, .. } = item;
            if !item.is_reserved {
                short.push(Shortage { product, sku, requested: quantity, available });
                continue;
            }
            currencies.push(price.currency);
            labels.push(Label { sku, name });
            lines.push(Line {
                product,
                quantity,
                unit_minor: price.minor,
                tax_category: item.tax_category,
                categories: item.category.into_iter().collect(),
                weight_grams: item.weight_grams,
                requires_shipping: item.requires_shipping,
            });
        }
        if !short.is_empty() {
            return Err(Refusal::OutOfStock(short));
        }
        let currency = *currencies.first().expect("a basket is never empty");
        if currencies.iter().any(|other| *other != currency) {
            return Err(Refusal::MixedCurrencies);
        }
        let basket = pricing::Basket::new(currency, lines).map_err(|error| match error {
            MoneyError::MixedCurrencies => Refusal::MixedCurrencies,
            MoneyError::TooLarge => Refusal::TooLarge { most: currency.ceiling() },
        })?;
        Ok(Self { basket, labels })
    }

    pub(crate) fn basket(&self) -> &pricing::Basket {
        &self.basket
    }

    /// Their bill as it is shown to the buyer.
    pub(crate) fn quote(&self, mut bill: Bill) -> Quote {
        let lines = bill.lines.iter().zip(&self.labels).map(|(line, label)| QuotedLine {
            product: line.product,
            quantity: line.quantity,
            label: Some((label.sku.clone(), label.name.clone())),
            billed: Some(line.clone()),
        });
        let lines = lines.collect();
        let problems = std::mem::take(&mut bill.problems);
        Quote { lines, bill: Some(bill), problems }
    }

    pub(super) fn labels(&self) -> &[Label] {
        &self.labels
    }
}
