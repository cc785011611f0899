//! `/v1/tax-countries`.

pub(crate) mod list;
pub(crate) mod set;
pub(crate) mod show;

use domain::pricing::ShippingTaxRule;
use domain::pricing::taxes::{CountrySettings, TaxCountry};
use lambda::http::ETag;
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub(crate) struct TaxCountryView {
    #[schema(pattern = "^[A-Z]{2}$", example = "DE")]
    country: &'static str,
    prices_include_tax: bool,
    shipping_rule: ShippingTaxRule,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    updated_at: OffsetDateTime,
}

impl From<TaxCountry> for TaxCountryView {
    fn from(taxed: TaxCountry) -> Self {
        let CountrySettings { prices_include_tax, shipping_rule } = taxed.settings;
        Self {
            country: taxed.country.code(),
            prices_include_tax,
            shipping_rule,
            created_at: taxed.created_at,
            updated_at: taxed.updated_at,
        }
    }
}

fn tag(taxed: &TaxCountry) -> ETag {
    ETag::version(taxed.version)
}
