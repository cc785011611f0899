//! Countries: their codes, and what their addresses need. Pure.

mod postal_code;
mod postal_code_table;
mod table;

use postal_code::Pattern;
use table::{COUNTRIES, REGIONS};

/// A country by its code of ISO 3166-1 alpha-2, or XK.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Country {
    code: &'static str,
    postal_code: PostalCode,
}

/// Whether addresses of a country have postal codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PostalCode {
    Required,
    /// There are some, but not every address has one, or mail arrives without it.
    Optional,
    /// There are none. Forms write something in their place, such as 00000, which is kept.
    Unused,
}

impl Country {
    pub fn all() -> impl Iterator<Item = Self> {
        COUNTRIES.iter().flat_map(|(postal_code, codes)| {
            codes.split(' ').map(|code| Self { code, postal_code: *postal_code })
        })
    }

    pub fn from_code(code: &str) -> Option<Self> {
        Self::all().find(|country| country.code == code)
    }

    pub fn code(self) -> &'static str {
        self.code
    }

    pub fn requires_postal_code(self) -> bool {
        self.postal_code == PostalCode::Required
    }

    /// Whether every address has a region, such as a state or province, which carriers ask for.
    pub fn requires_region(self) -> bool {
        ["AU", "BR", "CA", "IN", "MX", "US"].contains(&self.code)
    }

    /// An example of the country's postal codes, if one is unlike them. What has no letter or digit is no code, and forms
    /// of countries without codes may say anything.
    pub fn example_unless_like(self, postal_code: &str) -> Option<&'static str> {
        let is_code = postal_code.contains(char::is_alphanumeric);
        let pattern =
            Pattern::of(self.code).filter(|pattern| is_code && !pattern.fits(postal_code));
        pattern.map(Pattern::example)
    }

    /// The code of a state, province or territory of Australia, Canada or the United States, if `written` is its code or
    /// name in any case.
    pub fn region_code(self, written: &str) -> Option<&'static str> {
        let written = written.to_lowercase();
        let is_it = |text: &str| text.to_lowercase() == written;
        let mut regions = REGIONS.iter().filter(|(country, _, _)| *country == self.code);
        regions.find(|(_, code, name)| is_it(code) || is_it(name)).map(|(_, code, _)| *code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn each_country_is_there_once() {
        let codes: BTreeSet<&str> = Country::all().map(Country::code).collect();
        let of = |kind| Country::all().filter(|country| country.postal_code == kind).count();

        assert_eq!((codes.len(), Country::all().count()), (250, 250));
        assert!(
            codes
                .iter()
                .all(|code| code.len() == 2 && code.bytes().all(|b| b.is_ascii_uppercase()))
        );
        assert_eq!(
            [PostalCode::Required, PostalCode::Optional, PostalCode::Unused].map(of),
            [74, 106, 70]
        );
        assert!(Country::from_code("de").is_none() && Country::from_code("ZZ").is_none());
    }

    #[test]
    fn a_postal_code_is_doubtful_only_if_it_is_one_and_its_country_has_others() {
        let example =
            |country, written| Country::from_code(country).unwrap().example_unless_like(written);

        assert_eq!(example("DE", "1010"), Some("26133"));
        assert_eq!(example("US", "SW1A 1AA"), Some("95014"));
        for (country, written) in
            [("DE", "10115"), ("DE", "-"), ("DE", ""), ("DE", " . "), ("HK", "00000"), ("KP", "?1")]
        {
            assert_eq!(example(country, written), None, "{country} {written}");
        }
    }

    #[test]
    fn regions_with_codes_are_found_by_code_and_name() {
        let code = |country, written| Country::from_code(country).unwrap().region_code(written);

        assert_eq!(code("US", "california"), Some("CA"));
        assert_eq!(code("US", "ny"), Some("NY"));
        assert_eq!(code("CA", "QUÉBEC"), Some("QC"));
        assert_eq!(code("CA", "Quebec"), Some("QC"));
        assert_eq!(code("AU", "Victoria"), Some("VIC"));
        assert_eq!((code("US", "Bavaria"), code("DE", "CA")), (None, None));
    }
}
