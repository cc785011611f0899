//! `/v1/tax-rates`.

pub(crate) mod add;
pub(crate) mod list;

use domain::pricing::taxes::TaxRate;
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

/// A rate never changes: the next one of the same place, category and component ends it.
#[derive(Serialize, ToSchema)]
pub(crate) struct TaxRateView {
    #[schema(pattern = "^[A-Z]{2}$", example = "US")]
    country: &'static str,
    /// Null for all regions.
    #[schema(required, example = "NY")]
    region: Option<String>,
    /// Null for all postal codes.
    #[schema(required)]
    postal_prefix: Option<String>,
    #[schema(example = "standard")]
    category: String,
    #[schema(example = "tax")]
    component: String,
    /// Parts per million: 88750 is 8.875 %. Null if there is no rate from then on.
    #[schema(required, minimum = 0, maximum = 1_000_000)]
    rate_ppm: Option<i32>,
    #[schema(example = "Sales tax")]
    label: String,
    #[serde(with = "time::serde::rfc3339")]
    valid_from: OffsetDateTime,
    /// When the next one begins; null if there is none yet.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required)]
    valid_until: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
}

impl From<TaxRate> for TaxRateView {
    fn from(rate: TaxRate) -> Self {
        let named = |text: String| Some(text).filter(|text| !text.is_empty());
        Self {
            country: rate.country.code(),
            region: named(rate.region),
            postal_prefix: named(rate.postal_prefix),
            category: rate.category.into(),
            component: rate.component,
            rate_ppm: rate.rate_ppm,
            label: rate.label,
            valid_from: rate.valid_from,
            valid_until: rate.valid_until,
            created_at: rate.created_at,
        }
    }
}
