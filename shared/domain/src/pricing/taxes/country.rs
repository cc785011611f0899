//! How a country is taxed. Pure.

use super::super::rules::ShippingTaxRule;
use crate::country::Country;
use time::OffsetDateTime;

/// A country that the shop taxes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaxCountry {
    pub country: Country,
    pub settings: CountrySettings,
    /// Incremented by each change.
    pub version: i64,
    pub created_at: OffsetDateTime,
    pub updated_at: OffsetDateTime,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CountrySettings {
    pub prices_include_tax: bool,
    pub shipping_rule: ShippingTaxRule,
}

impl ShippingTaxRule {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Follow => "follow",
            Self::Own => "own",
            Self::None => "none",
        }
    }

    pub(super) fn from_name(name: &str) -> Option<Self> {
        [Self::Follow, Self::Own, Self::None].into_iter().find(|rule| rule.name() == name)
    }
}
