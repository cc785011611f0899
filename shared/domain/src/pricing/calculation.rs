//! From lines to a total, with one set of discounts. Amounts are in steps of the currency. Pure.

use super::arithmetic::share;
use super::basket::{Basket, Wish};
use super::bill::Unavailable;
use super::discount::Eligible;
use super::rules::{CountryTax, Rules, ShippingMethod, ShippingTaxRule};
use super::shipping::Parcel;
use super::tax::{Rate, TaxedPart, tax};

/// What is the same whatever discounts apply.
pub(super) struct Calculation<'a> {
    basket: &'a Basket,
    wish: &'a Wish,
    tax: Option<&'a CountryTax>,
    /// Minor units in a step.
    pub(super) step: i64,
    /// Of each line, before discounts.
    pub(super) totals: Vec<i64>,
    /// Each once: those of the lines in their order, then those of methods.
    pub(super) rates: Vec<Rate<'a>>,
    /// How many of them are of lines.
    rates_of_lines: usize,
    /// The place of each line's rate.
    pub(super) rate_of: Vec<usize>,
    pub(super) parcel: Parcel,
}

/// A way to ship, and its price before discounts.
#[derive(Clone, Copy)]
pub(super) struct Priced<'a> {
    pub(super) method: &'a ShippingMethod,
    pub(super) price: i64,
}

/// What comes out with some discounts.
pub(super) struct Outcome<'a> {
    /// Of each line, after discounts.
    pub(super) left: Vec<i64>,
    /// What each discount takes off each of its lines; for shipping, one amount.
    pub(super) taken: Vec<Vec<i64>>,
    /// The chosen method, if it is offered.
    pub(super) shipping: Option<Priced<'a>>,
    pub(super) shipping_discount: i64,
    pub(super) taxes: Taxes,
    pub(super) total: i64,
}

/// The taxed parts: all lines, then shipping, once for each of its rates.
pub(super) struct Taxes {
    pub(super) parts: Vec<TaxedPart>,
    /// Of each part.
    pub(super) amounts: Vec<i64>,
    lines: usize,
}

impl<'a> Calculation<'a> {
    pub(super) fn new(basket: &'a Basket, rules: &'a Rules, wish: &'a Wish) -> Self {
        let step = basket.currency().step().minor;
        // Nothing can be ordered at such a price, but it still has a bill that adds up.
        let is_on_step = basket.lines().iter().all(|line| line.unit_minor % step == 0);
        let step = if is_on_step { step } else { 1 };
        let totals = basket.lines().iter();
        let totals = totals.map(|line| line.unit_minor / step * i64::from(line.quantity)).collect();
        let tax = rules.tax.as_ref().filter(|_| wish.destination.is_some());
        let mut calculation = Self {
            basket,
            wish,
            tax,
            step,
            totals,
            rates: Vec::new(),
            rates_of_lines: 0,
            rate_of: Vec::new(),
            parcel: Parcel::of(basket),
        };
        for line in basket.lines() {
            let rate = calculation.add_rate(&line.tax_category);
            calculation.rate_of.push(rate);
        }
        calculation.rates_of_lines = calculation.rates.len();
        for method in &rules.shipping_methods {
            calculation.add_rate(&method.tax_category);
        }
        calculation
    }

    fn rate(&self, category: &str) -> Rate<'a> {
        let place = self.wish.destination.as_ref();
        let rate = self.tax.zip(place).map(|(tax, place)| Rate::of(tax, place, category));
        rate.unwrap_or_default()
    }

    /// Its place in the list of rates.
    fn add_rate(&mut self, category: &str) -> usize {
        let rate = self.rate(category);
        let known = self.rates.iter().position(|known| *known == rate);
        known.unwrap_or_else(|| {
            self.rates.push(rate);
            self.rates.len() - 1
        })
    }

    pub(super) fn is_tax_included(&self) -> bool {
        self.tax.is_some_and(|tax| tax.prices_include_tax)
    }

    /// The price of a method for goods that cost so much after discounts.
    pub(super) fn shipping(
        &self,
        method: &'a ShippingMethod,
        goods: i64,
    ) -> Option<Result<Priced<'a>, Unavailable>> {
        let place = self.wish.destination.as_ref()?;
        let price = method.price(place, self.basket, &self.parcel, goods * self.step);
        Some(price.map(|minor| Priced { method, price: minor / self.step }))
    }

    /// The total with these discounts, which are in the order of their classes.
    pub(super) fn with(
        &self,
        discounts: &[&Eligible<'a>],
        method: Option<&'a ShippingMethod>,
    ) -> Outcome<'a> {
        let mut left = self.totals.clone();
        let goods = discounts.iter().take_while(|discount| !discount.is_for_shipping());
        let mut taken: Vec<Vec<i64>> =
            goods.map(|discount| discount.take(&mut left, self.step)).collect();

        let goods: i64 = left.iter().sum();
        let shipping = method.and_then(|method| self.shipping(method, goods)?.ok());
        let price = shipping.map_or(0, |shipping| shipping.price);
        let off = self.off_shipping(price, &discounts[taken.len()..]);
        let shipping_discount = off.iter().sum();
        taken.extend(off.into_iter().map(|amount| vec![amount]));

        let shipping_left = price - shipping_discount;
        let taxes = self.taxes(&left, shipping.map(|one| (one.method, shipping_left)));
        let added = if self.is_tax_included() { 0 } else { taxes.amounts.iter().sum() };
        let total = goods + shipping_left + added;
        Outcome { left, taken, shipping, shipping_discount, taxes, total }
    }

    /// What each of these discounts takes off a price of shipping.
    pub(super) fn off_shipping(&self, price: i64, discounts: &[&Eligible<'_>]) -> Vec<i64> {
        let mut left = price;
        let off = discounts.iter().map(|discount| {
            let off = discount.off(left, self.step);
            left -= off;
            off
        });
        off.collect()
    }

    /// The taxes on what is left of the lines and of shipping.
    pub(super) fn taxes(&self, left: &[i64], shipping: Option<(&ShippingMethod, i64)>) -> Taxes {
        let lines = left.iter().zip(&self.rate_of);
        let mut parts: Vec<TaxedPart> =
            lines.map(|(base, rate)| TaxedPart { rate: *rate, base: *base }).collect();
        if let Some(((method, base), tax)) = shipping.zip(self.tax) {
            match tax.shipping_rule {
                ShippingTaxRule::Follow => parts.extend(self.following(left, base)),
                ShippingTaxRule::Own => {
                    let rate = self.rate(&method.tax_category);
                    let known = self.rates.iter().position(|known| *known == rate);
                    let rate = known.expect("the rate of every method is in the list");
                    parts.push(TaxedPart { rate, base });
                }
                ShippingTaxRule::None => {}
            }
        }
        let amounts = tax(&parts, &self.rates, self.is_tax_included());
        Taxes { parts, amounts, lines: left.len() }
    }

    /// Shipping, shared out over the rates of the lines in proportion to what is left of them. If nothing is left, to their
    /// prices before discounts; if those are 0, to their quantities.
    fn following(&self, left: &[i64], base: i64) -> impl Iterator<Item = TaxedPart> {
        let quantities = || self.basket.lines().iter().map(|line| i64::from(line.quantity));
        let of_lines: Vec<i64> = [left, &self.totals]
            .into_iter()
            .find(|amounts| amounts.iter().any(|amount| *amount > 0))
            .map_or_else(|| quantities().collect(), <[i64]>::to_vec);
        let mut weights = vec![0; self.rates_of_lines];
        for (rate, weight) in self.rate_of.iter().zip(of_lines) {
            weights[*rate] += weight;
        }
        let bases = share(base, &weights).into_iter().enumerate();
        bases.map(|(rate, base)| TaxedPart { rate, base })
    }
}

impl Taxes {
    pub(super) fn of_lines(&self) -> &[i64] {
        &self.amounts[..self.lines]
    }

    pub(super) fn of_shipping(&self) -> i64 {
        self.amounts[self.lines..].iter().sum()
    }
}
