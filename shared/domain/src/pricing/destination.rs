//! Where an order goes, as rates and zones see it. Pure.

use crate::country::Country;

/// The longest postal prefix that a rate or zone can name.
const MOST_PREFIX: usize = 10;

/// A place: its parts are written as rates and zones write them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    country: Country,
    region: String,
    postal_code: String,
}

impl Destination {
    /// Regions of Australia, Canada and the United States become their codes, others are compared in capitals; postal codes
    /// in capitals without what is neither letter nor digit.
    pub fn new(country: Country, region: Option<&str>, postal_code: Option<&str>) -> Self {
        let region = region.unwrap_or_default().trim();
        let region =
            country.region_code(region).map_or_else(|| region.to_uppercase(), str::to_owned);
        let postal_code = postal_code.unwrap_or_default();
        let postal_code =
            postal_code.to_uppercase().chars().filter(|c| c.is_alphanumeric()).collect();
        Self { country, region, postal_code }
    }

    pub fn country(&self) -> Country {
        self.country
    }

    /// Empty, if it is not known.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// Empty, if it is not known.
    pub fn postal_code(&self) -> &str {
        &self.postal_code
    }

    /// What rates and zones of this place may name as postal prefix: from nothing to ten characters.
    pub fn postal_prefixes(&self) -> Vec<&str> {
        let code = &self.postal_code;
        let ends = code.char_indices().map(|(at, _)| at).chain([code.len()]);
        let mut prefixes: Vec<_> = ends.take(MOST_PREFIX + 1).map(|end| &code[..end]).collect();
        prefixes.dedup();
        prefixes
    }

    /// Whether a rate or zone is of this place. Empty parts of it are everywhere.
    pub(super) fn is_in(&self, region: &str, postal_prefix: &str) -> bool {
        (region.is_empty() || region == self.region) && self.postal_code.starts_with(postal_prefix)
    }
}
