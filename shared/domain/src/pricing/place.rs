//! Where rates and zones hold, as destinations are compared with it. Pure.

use super::destination::Destination;
use crate::country::Country;
use crate::failure::Invalid;
use crate::text;

/// The longest postal prefix.
const MOST_PREFIX: usize = 10;
const MOST_REGION: usize = 100;

/// A country, or a part of it. Without a region or prefix it is everywhere in the country.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    country: Country,
    region: String,
    postal_prefix: String,
}

/// A place as it stands in a request. `pointer` is that of the object with these members.
#[derive(Clone, Copy, Debug)]
pub struct WrittenPlace<'a> {
    pub pointer: &'a str,
    pub country: &'a str,
    pub region: Option<&'a str>,
    pub postal_prefix: Option<&'a str>,
}

impl Place {
    /// Regions of Australia, Canada and the United States become their codes, others capitals; prefixes lose what is neither
    /// letter nor digit.
    pub(super) fn parse(written: WrittenPlace<'_>) -> Result<Self, Invalid> {
        let WrittenPlace { pointer, country, region, postal_prefix } = written;
        let at = |member: &str| format!("{pointer}/{member}");
        let country = country_at(&at("country"), country)?;
        let region = region.map(|raw| text::line(&at("region"), raw, MOST_REGION)).transpose()?;
        let place = Destination::new(country, region.as_deref(), postal_prefix);
        if place.region().chars().count() > MOST_REGION {
            let detail = format!("must have at most {MOST_REGION} characters in capitals");
            return Err(Invalid::new(at("region"), "too_long", detail));
        }
        let prefix = place.postal_code();
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '-');
        let is_prefix =
            |raw: &str| raw.chars().all(is_plain) && (1..=MOST_PREFIX).contains(&prefix.len());
        if postal_prefix.is_some_and(|raw| !is_prefix(raw)) {
            let detail =
                format!("must be the first 1 to {MOST_PREFIX} letters and digits of postal codes");
            return Err(Invalid::new(at("postal_prefix"), "bad_prefix", detail));
        }
        let (region, postal_prefix) = (place.region().to_owned(), prefix.to_owned());
        Ok(Self { country, region, postal_prefix })
    }

    pub(super) fn country(&self) -> Country {
        self.country
    }

    /// Empty for all regions.
    pub(super) fn region(&self) -> &str {
        &self.region
    }

    /// Empty for all postal codes.
    pub(super) fn postal_prefix(&self) -> &str {
        &self.postal_prefix
    }
}

/// The country of a code.
pub fn country_at(pointer: &str, code: &str) -> Result<Country, Invalid> {
    Country::from_code(code).ok_or_else(|| {
        let detail = "must be a country's code of ISO 3166-1 alpha-2, such as DE, or XK";
        Invalid::new(pointer, "unknown_country", detail)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(country: &str, region: Option<&str>, prefix: Option<&str>) -> Result<Place, Invalid> {
        Place::parse(WrittenPlace { pointer: "", country, region, postal_prefix: prefix })
    }

    #[test]
    fn a_place_is_written_as_destinations_are() {
        for (country, region, prefix, expected) in [
            ("US", Some("new york"), Some("100"), ("NY", "100")),
            ("DE", Some(" Bayern "), None, ("BAYERN", "")),
            ("GB", None, Some("sw1a-1"), ("", "SW1A1")),
        ] {
            let place = place(country, region, prefix).unwrap();
            assert_eq!((place.region(), place.postal_prefix()), expected);
        }
    }

    #[test]
    fn what_is_no_place_is_refused() {
        let long = "ß".repeat(100);
        for (country, region, prefix, expected) in [
            ("de", None, None, "/country"),
            ("DE", Some(""), None, "/region"),
            ("DE", Some(long.as_str()), None, "/region"),
            ("DE", None, Some(" "), "/postal_prefix"),
            ("DE", None, Some("ä"), "/postal_prefix"),
            ("DE", None, Some("1\0"), "/postal_prefix"),
            ("DE", None, Some("12345678901"), "/postal_prefix"),
        ] {
            assert_eq!(place(country, region, prefix).unwrap_err().pointer, expected);
        }
    }
}
