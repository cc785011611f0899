//! Tax rates with the times from which they hold. Pure.

use super::super::place::{Place, WrittenPlace};
use crate::country::Country;
use crate::failure::Invalid;
use crate::page::TextKey;
use crate::tax_category::TaxCategory;
use crate::text;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

const MOST_PPM: i32 = 1_000_000;

/// A rate as it was written. It never changes: the next one of its key ends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaxRate {
    pub country: Country,
    /// Empty for all regions.
    pub region: String,
    /// Empty for all postal codes.
    pub postal_prefix: String,
    pub category: TaxCategory,
    pub component: String,
    /// In parts per million. Without one there is no rate from then on.
    pub rate_ppm: Option<i32>,
    pub label: String,
    pub valid_from: OffsetDateTime,
    /// When the next one of the same key begins.
    pub valid_until: Option<OffsetDateTime>,
    pub created_at: OffsetDateTime,
}

/// A rate to add.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTaxRate {
    pub(super) place: Place,
    pub(super) category: TaxCategory,
    pub(super) component: String,
    pub(super) rate_ppm: Option<i32>,
    pub(super) label: String,
    pub(super) valid_from: Option<OffsetDateTime>,
}

/// A rate as it stands in a request.
#[derive(Clone, Copy, Debug)]
pub struct WrittenTaxRate<'a> {
    pub place: WrittenPlace<'a>,
    pub category: Option<&'a str>,
    /// Tells several taxes on the same goods apart; `tax` where there is one.
    pub component: Option<&'a str>,
    pub rate_ppm: Option<i32>,
    pub label: &'a str,
    /// As soon as possible, if there is none.
    pub valid_from: Option<OffsetDateTime>,
}

impl NewTaxRate {
    pub fn parse(written: WrittenTaxRate<'_>) -> Result<Self, Invalid> {
        let WrittenTaxRate { place, category, component, rate_ppm, label, valid_from } = written;
        let category = category.map(|raw| TaxCategory::parse("/category", raw)).transpose()?;
        if rate_ppm.is_some_and(|ppm| !(0..=MOST_PPM).contains(&ppm)) {
            let detail =
                format!("must be between 0 and {MOST_PPM} parts per million, which is 100 %");
            return Err(Invalid::new("/rate_ppm", "out_of_range", detail));
        }
        Ok(Self {
            place: Place::parse(place)?,
            category: category.unwrap_or_default(),
            component: text::slug("/component", component.unwrap_or("tax"))?,
            rate_ppm,
            label: text::line("/label", label, 100)?,
            valid_from,
        })
    }

    pub fn country(&self) -> Country {
        self.place.country()
    }
}

/// Which rates to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RateFilter {
    pub country: Option<Country>,
    /// As regions are stored.
    pub region: Option<String>,
}

impl RateFilter {
    /// A region is compared in the way of its country, if that is given.
    pub fn new(country: Option<Country>, region: Option<&str>) -> Result<Self, Invalid> {
        let region = region.map(|raw| text::line("region", raw, 100)).transpose()?;
        let region = region.map(|written| {
            let code = country.and_then(|country| country.region_code(&written));
            code.map_or_else(|| written.to_uppercase(), str::to_owned)
        });
        Ok(Self { country, region })
    }
}

/// The row after which a page begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RatePosition {
    pub(super) country: TextKey,
    pub(super) region: TextKey,
    pub(super) postal_prefix: TextKey,
    pub(super) category: TextKey,
    pub(super) component: TextKey,
    #[serde(with = "time::serde::rfc3339")]
    pub(super) valid_from: OffsetDateTime,
}

impl RatePosition {
    pub(super) fn of(rate: &TaxRate) -> Self {
        Self {
            country: TextKey(rate.country.code().to_owned()),
            region: TextKey(rate.region.clone()),
            postal_prefix: TextKey(rate.postal_prefix.clone()),
            category: TextKey(rate.category.as_str().to_owned()),
            component: TextKey(rate.component.clone()),
            valid_from: rate.valid_from,
        }
    }
}
