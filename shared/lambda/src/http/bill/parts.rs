//! Parts of a bill that orders show as well.

use super::day;
use domain::id::ShippingMethodId;
use domain::money::Money;
use domain::pricing::{BilledShipping, OrderTax};
use serde::Serialize;
use utoipa::ToSchema;

/// The tax of all that is taxed alike.
#[derive(Serialize, ToSchema)]
pub struct TaxView {
    /// As it is printed.
    #[schema(example = "MwSt")]
    label: String,
    #[schema(example = "DE")]
    country: &'static str,
    /// The state or province whose tax it is; null for one of the country.
    region: Option<String>,
    /// Tells several taxes of one place apart.
    #[schema(example = "tax")]
    component: String,
    /// As it is printed.
    #[schema(example = "19 %")]
    rate: String,
    /// In parts per million: 190000 are 19 %.
    rate_ppm: i32,
    /// What is taxed, after discounts; it contains the tax if that is included.
    base: Money,
    amount: Money,
    /// Whether the prices contain it.
    included: bool,
}

/// How an order is shipped, and what of its price is reduced and taxed.
#[derive(Serialize, ToSchema)]
pub struct ShippingMethodView {
    method: ShippingMethodId,
    name: String,
    carrier: Option<String>,
    price: Money,
    discount: Money,
    /// What is added to the price.
    tax: Money,
    /// The tax that the price contains.
    tax_included: Money,
    /// What the buyer pays for shipping: `price - discount + tax`.
    paid: Money,
    /// The first day on which it is expected, without regard to holidays.
    #[schema(format = Date)]
    earliest: Option<String>,
    /// The last day on which it is expected.
    #[schema(format = Date)]
    latest: Option<String>,
}

impl From<OrderTax> for TaxView {
    fn from(tax: OrderTax) -> Self {
        let OrderTax { component, country, region, label, rate_ppm, base, amount, is_included } =
            tax;
        Self {
            label,
            country: country.code(),
            region: Some(region).filter(|region| !region.is_empty()),
            component,
            rate: percent(rate_ppm),
            rate_ppm,
            base,
            amount,
            included: is_included,
        }
    }
}

impl From<BilledShipping> for ShippingMethodView {
    fn from(shipping: BilledShipping) -> Self {
        let BilledShipping {
            method, name, carrier, price, discount, tax, tax_included, paid, ..
        } = shipping;
        let (earliest, latest) = (day(shipping.earliest), day(shipping.latest));
        Self { method, name, carrier, price, discount, tax, tax_included, paid, earliest, latest }
    }
}

/// Parts per million as percent: `8.875 %`.
fn percent(ppm: i32) -> String {
    let (whole, rest) = (ppm / 10_000, ppm % 10_000);
    let digits = format!("{whole}.{rest:04}");
    format!("{} %", digits.trim_end_matches('0').trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::percent;

    #[test]
    fn a_rate_is_printed_with_the_digits_that_it_has() {
        for (ppm, printed) in [
            (0, "0 %"),
            (190_000, "19 %"),
            (88_750, "8.875 %"),
            (1_000_000, "100 %"),
            (1, "0.0001 %"),
        ] {
            assert_eq!(percent(ppm), printed);
        }
    }
}
