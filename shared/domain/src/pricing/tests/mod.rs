//! A shop, a basket and a wish, put together step by step.

mod choices;
mod examples;
mod extremes;
mod places;
mod properties;
mod reading;
mod recorded;

use super::basket::{Basket, Line, Wish};
use super::bill::Bill;
use super::codes::Codes;
use super::destination::Destination;
use super::price::bill;
use super::problem::Problem;
use super::rules::{
    CountryTax, Discount, DiscountTarget, DiscountValue, Rules, ShippingBasis, ShippingMethod,
    ShippingTaxRule, ShippingTier, ShippingZone, TaxRate,
};
use crate::country::Country;
use crate::id::{CategoryId, DiscountId, ProductId, ShippingMethodId};
use crate::money::{Currency, Money};
use time::macros::datetime;
use uuid::Uuid;

#[derive(Clone, Debug)]
struct Case {
    currency: Currency,
    lines: Vec<Line>,
    rules: Rules,
    wish: Wish,
}

/// The product of the line at this place; ids ascend with it.
fn product(place: usize) -> ProductId {
    number(place).into()
}

fn number(place: usize) -> Uuid {
    Uuid::from_u128(u128::try_from(place).unwrap())
}

/// In Germany on a Wednesday, without any rules.
fn case(currency: &str) -> Case {
    let destination = Destination::new(Country::from_code("DE").unwrap(), None, Some("10115"));
    let wish = Wish { destination: Some(destination), ..Wish::default() };
    let rules = Rules { at: datetime!(2026-12-02 10:00 UTC), ..Rules::default() };
    Case { currency: Currency::from_code(currency).unwrap(), lines: Vec::new(), rules, wish }
}

impl Case {
    fn line(mut self, quantity: i32, unit_minor: i64, tax_category: &str) -> Self {
        let product = product(self.lines.len());
        let tax_category = tax_category.to_owned();
        let (categories, weight_grams) = (Vec::new(), Some(500));
        self.lines.push(Line {
            product,
            quantity,
            unit_minor,
            tax_category,
            categories,
            weight_grams,
            requires_shipping: true,
        });
        self
    }

    fn country_tax(&mut self) -> &mut CountryTax {
        self.rules.has_tax = true;
        self.rules.tax.get_or_insert_with(|| CountryTax {
            prices_include_tax: false,
            shipping_rule: ShippingTaxRule::Follow,
            is_exempt: false,
            rates: Vec::new(),
        })
    }

    fn included(mut self) -> Self {
        self.country_tax().prices_include_tax = true;
        self
    }

    fn shipping_taxed(mut self, rule: ShippingTaxRule) -> Self {
        self.country_tax().shipping_rule = rule;
        self
    }

    fn rate(self, category: &str, rate_ppm: i32) -> Self {
        self.rate_at(["", ""], [category, "tax"], rate_ppm)
    }

    fn component(self, category: &str, component: &str, rate_ppm: i32) -> Self {
        self.rate_at(["", ""], [category, component], rate_ppm)
    }

    fn rate_at(mut self, place: [&str; 2], tax: [&str; 2], rate_ppm: i32) -> Self {
        let [region, postal_prefix] = place.map(str::to_owned);
        let [category, component] = tax.map(str::to_owned);
        let label = component.clone();
        let rate = TaxRate { region, postal_prefix, category, component, rate_ppm, label };
        self.country_tax().rates.push(rate);
        self
    }

    /// A method of one price everywhere, which is chosen.
    fn shipping(mut self, price_minor: i64) -> Self {
        let tiers = vec![ShippingTier { from: 0, price_minor: Some(price_minor) }];
        self = self.method(ShippingBasis::Flat, tiers);
        self.wish.shipping_method = self.rules.shipping_methods.last().map(|method| method.id);
        self
    }

    /// A method to everywhere. Ids ascend.
    fn method(mut self, basis: ShippingBasis, tiers: Vec<ShippingTier>) -> Self {
        self.rules.has_shipping = true;
        let id: ShippingMethodId = number(self.rules.shipping_methods.len()).into();
        let [country, region, postal_prefix] = [const { String::new() }; 3];
        self.rules.shipping_methods.push(ShippingMethod {
            id,
            name: format!("Method {}", self.rules.shipping_methods.len()),
            carrier: None,
            currency: self.currency,
            basis,
            free_from_minor: None,
            tax_category: "standard".to_owned(),
            days_min: Some(1),
            days_max: Some(3),
            position: 0,
            zones: vec![ShippingZone { country, region, postal_prefix, tiers }],
        });
        self
    }

    fn last_method(&mut self) -> &mut ShippingMethod {
        self.rules.shipping_methods.last_mut().unwrap()
    }

    /// An automatic discount that combines. Ids ascend.
    fn discount(mut self, target: DiscountTarget, value: DiscountValue) -> Self {
        let id: DiscountId = number(self.rules.discounts.len()).into();
        let title = format!("Discount {}", self.rules.discounts.len());
        self.rules.discounts.push(Discount {
            id,
            title,
            code: None,
            target,
            value,
            currency: None,
            minimum_minor: None,
            products: Vec::new(),
            categories: Vec::new(),
            starts_at: None,
            ends_at: None,
            max_uses: None,
            used: 0,
            max_per_buyer: None,
            used_by_buyer: 0,
            combines: true,
            priority: 100,
        });
        self
    }

    fn percent_off(self, bp: i32) -> Self {
        self.discount(DiscountTarget::Order, DiscountValue::PercentBp(bp))
    }

    fn fixed_off(self, minor: i64) -> Self {
        self.discount(DiscountTarget::Order, DiscountValue::FixedMinor(minor))
    }

    fn change_discount(mut self, change: impl FnOnce(&mut Discount)) -> Self {
        change(self.rules.discounts.last_mut().unwrap());
        self
    }

    /// The last discount needs this code, and the buyer has given it.
    fn by_code(mut self, code: &str) -> Self {
        let known = self.wish.codes.as_slice().iter().cloned();
        let codes = known.chain([code.to_owned()]);
        self.wish.codes = Codes::parse("/discount_codes", codes).unwrap();
        self.change_discount(|discount| discount.code = Some(code.to_owned()))
    }

    fn basket(&self) -> Basket {
        Basket::new(self.currency, self.lines.clone()).unwrap()
    }

    fn bill(&self) -> Bill {
        bill(&self.basket(), &self.rules, &self.wish)
    }

    fn money(&self, minor: i64) -> Money {
        Money { minor, currency: self.currency }
    }
}

fn minors(amounts: impl IntoIterator<Item = Money>) -> Vec<i64> {
    amounts.into_iter().map(|amount| amount.minor).collect()
}

fn codes(problems: &[Problem]) -> Vec<&'static str> {
    problems.iter().map(Problem::code).collect()
}
