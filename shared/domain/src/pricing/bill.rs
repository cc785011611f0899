//! The bill of a basket: every part that an order freezes. How it is computed is in `calculation.rs`. Pure.

use super::problem::{Problem, Severity};
use super::rules::DiscountTarget;
use crate::country::Country;
use crate::id::{DiscountId, ProductId, ShippingMethodId};
use crate::money::Money;
use time::Date;

/// What a basket costs. `total = subtotal - discount + shipping + tax`. Each amount is at least 0 and, unless a line has the
/// problem `amount_not_payable`, a multiple of the currency's step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bill {
    /// By ascending product id.
    pub lines: Vec<BilledLine>,
    /// None, unless a method was chosen that is offered.
    pub shipping: Option<BilledShipping>,
    /// What applies, in the order in which it was taken off: products, order, shipping. One of 0 is shown, and is no use.
    pub discounts: Vec<AppliedDiscount>,
    /// By place, component, label and rate, each once.
    pub taxes: Vec<OrderTax>,
    /// The lines before discounts, without added tax.
    pub subtotal: Money,
    /// Of lines and shipping together.
    pub discount: Money,
    /// Before its discount, without added tax.
    pub shipping_price: Money,
    /// Added to the prices.
    pub tax: Money,
    /// Contained in the prices: no part of the sum. Never together with added tax.
    pub tax_included: Money,
    pub total: Money,
    /// Whether it was computed for a guess of the destination.
    pub is_estimated: bool,
    /// Cheapest first.
    pub shipping_options: Vec<ShippingOption>,
    /// The other methods of the shop, for staff.
    pub unavailable_methods: Vec<UnavailableMethod>,
    /// Errors, then warnings, then what is worth knowing.
    pub problems: Vec<Problem>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BilledLine {
    pub product: ProductId,
    pub quantity: i32,
    pub unit_price: Money,
    /// Quantity times unit price.
    pub total: Money,
    pub discount: Money,
    /// Added to the price; 0 where prices include it.
    pub tax: Money,
    /// Contained in the price; 0 where it is added.
    pub tax_included: Money,
    /// What the buyer pays for the line: `total - discount + tax`.
    pub paid: Money,
    pub tax_category: String,
    /// All taxes of the line together, in millionths.
    pub tax_rate_ppm: i32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BilledShipping {
    pub method: ShippingMethodId,
    pub name: String,
    pub carrier: Option<String>,
    pub price: Money,
    pub discount: Money,
    /// Added to the price; 0 where prices include it.
    pub tax: Money,
    /// Contained in the price; 0 where it is added.
    pub tax_included: Money,
    /// `price - discount + tax`.
    pub paid: Money,
    pub earliest: Option<Date>,
    pub latest: Option<Date>,
    /// Of what is shipped, if every weight is known.
    pub weight_grams: Option<i64>,
}

/// A discount that applies. The amounts of its lines and of shipping add up to `amount`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppliedDiscount {
    pub id: DiscountId,
    /// None, if it applies by itself.
    pub code: Option<String>,
    pub title: String,
    pub target: DiscountTarget,
    pub amount: Money,
    /// What each line has of it, without those that have nothing. Empty for shipping.
    pub lines: Vec<(ProductId, Money)>,
}

/// A tax of the order: a row of `order_taxes`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderTax {
    pub component: String,
    pub country: Country,
    /// Of the rate; empty, if it is one of the whole country.
    pub region: String,
    pub label: String,
    /// In millionths.
    pub rate_ppm: i32,
    /// What it is computed of, after discounts: with the tax where prices include it.
    pub base: Money,
    pub amount: Money,
    pub is_included: bool,
}

impl OrderTax {
    /// Sorts them as orders show them: by place, component, label and rate.
    pub(crate) fn sorted(mut taxes: Vec<Self>) -> Vec<Self> {
        taxes.sort_by(|a, b| a.place().cmp(&b.place()));
        taxes
    }

    fn place(&self) -> (&str, &str, &str, &str, i32) {
        (self.country.code(), &self.region, &self.component, &self.label, self.rate_ppm)
    }
}

/// A way to ship the basket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShippingOption {
    pub method: ShippingMethodId,
    pub name: String,
    pub carrier: Option<String>,
    /// Before discounts of shipping.
    pub price: Money,
    /// On what is left of the price by the bill's discounts, added or contained as the bill's tax is.
    pub tax: Money,
    /// Monday to Friday, without regard to holidays.
    pub earliest: Option<Date>,
    pub latest: Option<Date>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnavailableMethod {
    pub method: ShippingMethodId,
    pub name: String,
    pub why: Unavailable,
}

/// Why a method is not offered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unavailable {
    /// Its prices are in another currency.
    OtherCurrency,
    /// The destination is in none of its zones.
    NoZone,
    /// It is priced by weight, and these products have none.
    NoWeight(Vec<ProductId>),
    /// The weight or the price of the goods is below its first tier, or in one without a price.
    NoTier,
}

impl Bill {
    /// Whether an order may be made of it.
    pub fn is_ready(&self) -> bool {
        self.problems.iter().all(|problem| problem.severity() != Severity::Error)
    }
}
