//! Writes what comes out of a calculation as a bill, part by part. Pure.

use super::basket::{Basket, Wish};
use super::bill::{
    AppliedDiscount, Bill, BilledLine, BilledShipping, OrderTax, ShippingOption, UnavailableMethod,
};
use super::calculation::{Calculation, Outcome};
use super::discount::Eligible;
use super::rules::Rules;
use super::tax::by_component;
use crate::money::Money;
use time::{Date, UtcOffset};

/// What a bill is written from, besides the amounts.
#[derive(Clone, Copy)]
pub(super) struct Itemized<'a, 'c> {
    pub(super) basket: &'a Basket,
    pub(super) rules: &'a Rules,
    pub(super) wish: &'a Wish,
    pub(super) calculation: &'c Calculation<'a>,
    /// Those that apply, in the order of their classes.
    pub(super) discounts: &'c [&'c Eligible<'a>],
}

impl<'a> Itemized<'a, '_> {
    /// The bill, without its problems.
    pub(super) fn bill(self, outcome: &Outcome<'a>) -> Bill {
        let subtotal: i64 = self.calculation.totals.iter().sum();
        let goods: i64 = outcome.left.iter().sum();
        let tax = outcome.taxes.amounts.iter().sum();
        let (shipping_options, unavailable_methods) = self.methods(outcome);
        Bill {
            lines: self.lines(outcome),
            shipping: self.shipping(outcome),
            discounts: self.applied(outcome),
            taxes: self.taxes(outcome),
            subtotal: self.money(subtotal),
            discount: self.money(subtotal - goods + outcome.shipping_discount),
            shipping_price: self.money(outcome.shipping.map_or(0, |shipping| shipping.price)),
            tax: self.added(tax),
            tax_included: self.included(tax),
            total: self.money(outcome.total),
            is_estimated: self.wish.is_estimated && self.wish.destination.is_some(),
            shipping_options,
            unavailable_methods,
            problems: Vec::new(),
        }
    }

    fn lines(self, outcome: &Outcome<'_>) -> Vec<BilledLine> {
        let lines = self.basket.lines().iter().enumerate().map(|(at, line)| {
            let (total, left) = (self.calculation.totals[at], outcome.left[at]);
            let tax = outcome.taxes.of_lines()[at];
            let rate = &self.calculation.rates[self.calculation.rate_of[at]];
            BilledLine {
                product: line.product,
                quantity: line.quantity,
                unit_price: Money { minor: line.unit_minor, currency: self.basket.currency() },
                total: self.money(total),
                discount: self.money(total - left),
                tax: self.added(tax),
                tax_included: self.included(tax),
                paid: self.paid(left, tax),
                tax_category: line.tax_category.clone(),
                tax_rate_ppm: i32::try_from(rate.ppm()).unwrap_or(i32::MAX),
            }
        });
        lines.collect()
    }

    fn shipping(self, outcome: &Outcome<'_>) -> Option<BilledShipping> {
        let shipping = outcome.shipping?;
        let tax = outcome.taxes.of_shipping();
        let (earliest, latest) = shipping.method.days(self.today());
        Some(BilledShipping {
            method: shipping.method.id,
            name: shipping.method.name.clone(),
            carrier: shipping.method.carrier.clone(),
            price: self.money(shipping.price),
            discount: self.money(outcome.shipping_discount),
            tax: self.added(tax),
            tax_included: self.included(tax),
            paid: self.paid(shipping.price - outcome.shipping_discount, tax),
            earliest,
            latest,
            weight_grams: self.calculation.parcel.weight(),
        })
    }

    fn applied(self, outcome: &Outcome<'_>) -> Vec<AppliedDiscount> {
        let applied = self.discounts.iter().zip(&outcome.taken).map(|(one, parts)| {
            let places = if one.is_for_shipping() { &[][..] } else { &one.lines[..] };
            let of_lines = places.iter().zip(parts).filter(|(_, part)| **part > 0);
            let product = |place: &usize| self.basket.lines()[*place].product;
            AppliedDiscount {
                id: one.discount.id,
                code: one.discount.code.clone(),
                title: one.discount.title.clone(),
                target: one.discount.target,
                amount: self.money(parts.iter().sum()),
                lines: of_lines.map(|(at, part)| (product(at), self.money(*part))).collect(),
            }
        });
        applied.collect()
    }

    fn taxes(self, outcome: &Outcome<'_>) -> Vec<OrderTax> {
        // Without a destination there is no tax.
        let Some(place) = &self.wish.destination else { return Vec::new() };
        let is_included = self.calculation.is_tax_included();
        let (rates, taxes) = (&self.calculation.rates, &outcome.taxes);
        let rows = by_component(&taxes.parts, &taxes.amounts, rates, is_included);
        let rows = rows.into_iter().map(|row| OrderTax {
            component: row.component.name.to_owned(),
            country: place.country(),
            region: row.component.region.to_owned(),
            label: row.component.label.to_owned(),
            rate_ppm: row.component.ppm,
            base: self.money(row.base),
            amount: self.money(row.tax),
            is_included,
        });
        rows.collect()
    }

    /// The methods that are offered, cheapest first, and the others, both with the discounts that apply.
    fn methods(self, outcome: &Outcome<'_>) -> (Vec<ShippingOption>, Vec<UnavailableMethod>) {
        let goods = outcome.left.iter().sum();
        let (mut offered, mut unavailable) = (Vec::new(), Vec::new());
        let of_lines = outcome.taken.iter().zip(self.discounts);
        let of_lines = of_lines.take_while(|(_, one)| !one.is_for_shipping()).count();
        for method in &self.rules.shipping_methods {
            match self.calculation.shipping(method, goods) {
                Some(Ok(priced)) => offered.push(priced),
                Some(Err(why)) => {
                    let (method, name) = (method.id, method.name.clone());
                    unavailable.push(UnavailableMethod { method, name, why });
                }
                None => {}
            }
        }
        offered.sort_by_key(|one| (one.price, one.method.position, one.method.id));
        let options = offered.into_iter().map(|one| {
            let off = self.calculation.off_shipping(one.price, &self.discounts[of_lines..]);
            let left = one.price - off.iter().sum::<i64>();
            let taxes = self.calculation.taxes(&outcome.left, Some((one.method, left)));
            let (earliest, latest) = one.method.days(self.today());
            ShippingOption {
                method: one.method.id,
                name: one.method.name.clone(),
                carrier: one.method.carrier.clone(),
                price: self.money(one.price),
                tax: self.money(taxes.of_shipping()),
                earliest,
                latest,
            }
        });
        (options.collect(), unavailable)
    }

    /// The day in UTC on which it is priced.
    fn today(self) -> Date {
        self.rules.at.to_offset(UtcOffset::UTC).date()
    }

    fn money(self, steps: i64) -> Money {
        Money { minor: steps * self.calculation.step, currency: self.basket.currency() }
    }

    fn added(self, tax: i64) -> Money {
        self.money(if self.calculation.is_tax_included() { 0 } else { tax })
    }

    fn included(self, tax: i64) -> Money {
        self.money(if self.calculation.is_tax_included() { tax } else { 0 })
    }

    /// What is left of a price, with the tax that is added to it.
    fn paid(self, left: i64, tax: i64) -> Money {
        self.money(if self.calculation.is_tax_included() { left } else { left + tax })
    }
}
