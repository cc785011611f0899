//! The address that an order is shipped to. Pure.

use crate::change::Change;
use crate::country::Country;
use crate::failure::Invalid;
use crate::notice::Notice;
use crate::pricing::Destination;
use crate::text;

/// A postal address: each part is one line and holds no card number. It has a postal code where the country requires one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address(AddressParts);

/// An address as a client sends it, not validated. Blank optional parts are none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressParts {
    pub name: String,
    pub company: Option<String>,
    pub line1: String,
    pub line2: Option<String>,
    pub postal_code: Option<String>,
    pub city: String,
    /// State or province.
    pub region: Option<String>,
    pub country: String,
    pub phone: Option<String>,
}

/// A change of an address: parts that are left out stay as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddressChange {
    pub name: Change<String>,
    pub company: Change<String>,
    pub line1: Change<String>,
    pub line2: Change<String>,
    pub postal_code: Change<String>,
    pub city: Change<String>,
    pub region: Change<String>,
    pub country: Change<String>,
    pub phone: Change<String>,
}

impl Address {
    /// Postal codes are kept as written: no pattern is enforced, see [`Self::warnings`]. Regions of Australia, Canada and the United States become
    /// their codes.
    pub fn parse(parts: &AddressParts) -> Result<Self, Invalid> {
        let Some(country) = Country::from_code(&parts.country) else {
            let detail = "must be a country's code of ISO 3166-1 alpha-2, such as DE, or XK";
            return Err(Invalid::new(pointer("country"), "unknown_country", detail));
        };
        let region = optional_line("region", parts.region.as_deref(), 100)?;
        let code = region.as_deref().and_then(|written| country.region_code(written));
        Ok(Self(AddressParts {
            name: line("name", &parts.name, 200)?,
            company: optional_line("company", parts.company.as_deref(), 200)?,
            line1: line("line1", &parts.line1, 200)?,
            line2: optional_line("line2", parts.line2.as_deref(), 200)?,
            postal_code: postal_code(country, parts.postal_code.as_deref())?,
            city: line("city", &parts.city, 100)?,
            region: code.map(str::to_owned).or(region),
            country: country.code().to_owned(),
            phone: text::phone(&pointer("phone"), parts.phone.as_deref())?,
        }))
    }

    /// As it was stored: parsed once, and not again.
    pub(super) fn from_stored(parts: AddressParts) -> Self {
        Self(parts)
    }

    pub fn into_parts(self) -> AddressParts {
        self.0
    }

    /// Where it is, as taxes and shipping see it.
    pub(super) fn destination(&self) -> Option<Destination> {
        let AddressParts { country, region, postal_code, .. } = &self.0;
        let country = Country::from_code(country)?;
        Some(Destination::new(country, region.as_deref(), postal_code.as_deref()))
    }

    /// What is accepted, but may be wrong.
    pub fn warnings(&self) -> Vec<Notice> {
        let AddressParts { country, postal_code, .. } = &self.0;
        let example = Country::from_code(country)
            .zip(postal_code.as_deref())
            .and_then(|(country, code)| country.example_unless_like(code));
        let warning = example.map(|example| {
            let detail = format!("is unlike the postal codes of {country}, such as {example}");
            Notice::warning(pointer("postal_code"), "doubtful_postal_code", detail)
        });
        warning.into_iter().collect()
    }
}

impl AddressChange {
    /// The address after the change. Where there was none, the change must hold every required part.
    pub(super) fn apply_to(self, old: Option<Address>) -> Result<Address, Invalid> {
        let old = old.map(Address::into_parts);
        let old = old.as_ref();
        let part = |field, change: Change<String>, old: Option<&String>| {
            change.apply_to(old.cloned()).ok_or_else(|| required(field))
        };
        let optional = |change: Change<String>, of: fn(&AddressParts) -> &Option<String>| {
            change.apply_to(old.and_then(|old| of(old).clone()))
        };
        Address::parse(&AddressParts {
            name: part("name", self.name, old.map(|old| &old.name))?,
            company: optional(self.company, |old| &old.company),
            line1: part("line1", self.line1, old.map(|old| &old.line1))?,
            line2: optional(self.line2, |old| &old.line2),
            postal_code: optional(self.postal_code, |old| &old.postal_code),
            city: part("city", self.city, old.map(|old| &old.city))?,
            region: optional(self.region, |old| &old.region),
            country: part("country", self.country, old.map(|old| &old.country))?,
            phone: optional(self.phone, |old| &old.phone),
        })
    }
}

fn pointer(field: &str) -> String {
    format!("/shipping_address/{field}")
}

fn required(field: &str) -> Invalid {
    Invalid::new(pointer(field), "required", "is required")
}

fn line(field: &str, raw: &str, max: usize) -> Result<String, Invalid> {
    let pointer = pointer(field);
    text::reject_card_number(&pointer, text::line(&pointer, raw, max)?)
}

fn optional_line(field: &str, raw: Option<&str>, max: usize) -> Result<Option<String>, Invalid> {
    text::optional_line(&pointer(field), raw, max)
}

/// Dashes and dots are no postal code either: forms that ask everybody for one get them.
fn postal_code(country: Country, raw: Option<&str>) -> Result<Option<String>, Invalid> {
    let code = optional_line("postal_code", raw, 20)?;
    let code = code.filter(|code| code.contains(char::is_alphanumeric));
    match code {
        None if country.requires_postal_code() => Err(required("postal_code")),
        code => Ok(code),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

    pub(in crate::ordering) fn parts() -> AddressParts {
        AddressParts {
            name: "Ann Example".to_owned(),
            company: None,
            line1: "Hauptstraße 1".to_owned(),
            line2: None,
            postal_code: Some("10115".to_owned()),
            city: "Berlin".to_owned(),
            region: None,
            country: "DE".to_owned(),
            phone: None,
        }
    }

    fn code(parts: &AddressParts) -> (String, &'static str) {
        let no = Address::parse(parts).unwrap_err();
        (no.pointer, no.code)
    }

    #[test]
    fn a_part_that_cannot_be_is_refused_where_it_stands() {
        let at = |field: &str| format!("/shipping_address/{field}");
        let nowhere = AddressParts { country: "XX".to_owned(), ..parts() };
        let small = AddressParts { country: "de".to_owned(), ..parts() };
        let blank = AddressParts { city: " ".to_owned(), ..parts() };
        let card = AddressParts { line2: Some("4242 4242 4242 4242".to_owned()), ..parts() };
        let called = |phone: &str| AddressParts { phone: Some(phone.to_owned()), ..parts() };

        assert!(Address::parse(&parts()).is_ok());
        assert_eq!(code(&nowhere), (at("country"), "unknown_country"));
        assert_eq!(code(&small), (at("country"), "unknown_country"));
        assert_eq!(code(&blank), (at("city"), "empty"));
        assert_eq!(code(&card), (at("line2"), "looks_like_a_card"));
        assert!(Address::parse(&called("+49 (30) 123-45.6/7")).is_ok());
        for bad in ["12", "call me", "+49 30 123456 #7", "٠١٢٣"] {
            assert_eq!(code(&called(bad)), (at("phone"), "bad_phone"), "{bad}");
        }
        assert_eq!(code(&called("4242 4242 4242 4242")), (at("phone"), "looks_like_a_card"));
    }

    #[test]
    fn a_postal_code_is_asked_for_only_where_the_country_has_one() {
        let of = |country: &str, postal_code: Option<&str>| {
            let postal_code = postal_code.map(str::to_owned);
            let parts = AddressParts { country: country.to_owned(), postal_code, ..parts() };
            Address::parse(&parts).map(|address| address.0.postal_code).map_err(|no| no.code)
        };

        for none in [None, Some(""), Some(" "), Some("-"), Some("...")] {
            assert_eq!(of("HK", none), Ok(None));
            assert_eq!(of("XK", none), Ok(None));
            assert_eq!(of("DE", none), Err("required"));
        }
        assert_eq!(of("HK", Some("999077")), Ok(Some("999077".to_owned())));
        assert_eq!(of("DE", Some(" not a pattern ")), Ok(Some("not a pattern".to_owned())));
    }

    #[test]
    fn a_doubtful_postal_code_is_a_warning_with_an_example() {
        let of = |country: &str, postal_code: Option<&str>| {
            let postal_code = postal_code.map(str::to_owned);
            let parts = AddressParts { country: country.to_owned(), postal_code, ..parts() };
            Address::from_stored(parts).warnings()
        };

        let detail = "is unlike the postal codes of DE, such as 26133";
        let pointer = "/shipping_address/postal_code";
        let warning = Notice::warning(pointer, "doubtful_postal_code", detail);
        assert_eq!(of("DE", Some("1010")), [warning]);
        // The last two as earlier releases stored them.
        for (country, postal_code) in [
            ("DE", Some("10115")),
            ("HK", Some("999077")),
            ("HK", None),
            ("DE", Some("-")),
            ("ZZ", Some("1")),
        ] {
            assert_eq!(of(country, postal_code), [], "{country} {postal_code:?}");
        }
    }

    proptest! {
        #[test]
        fn no_postal_code_is_refused_for_its_pattern(at in 0..250_usize, code in "[0-9A-Za-z][0-9A-Za-z -]{0,9}") {
            let country = Country::all().nth(at).unwrap();
            let parts = AddressParts {
                country: country.code().to_owned(),
                postal_code: Some(code.clone()),
                ..parts()
            };
            let kept = Address::parse(&parts).unwrap();
            prop_assert!(kept.warnings().len() <= 1);
            prop_assert_eq!(kept.0.postal_code, Some(code.trim().to_owned()));
        }
    }

    #[test]
    fn names_of_regions_become_codes_where_carriers_use_codes() {
        let region = |country: &str, written: &str| {
            let parts = AddressParts {
                country: country.to_owned(),
                region: Some(written.to_owned()),
                ..parts()
            };
            Address::parse(&parts).unwrap().0.region
        };

        assert_eq!(region("US", " new york "), Some("NY".to_owned()));
        assert_eq!(region("US", "Nowhere"), Some("Nowhere".to_owned()));
        assert_eq!(region("IT", "Milano"), Some("Milano".to_owned()));
        assert_eq!(region("IT", " "), None);
    }

    #[test]
    fn what_a_change_leaves_out_stays() {
        let old = Address::parse(&AddressParts {
            line2: Some("Hof".to_owned()),
            region: Some("Mitte".to_owned()),
            ..parts()
        });
        let city = AddressChange { city: Change::Set("Potsdam".to_owned()), ..Default::default() };
        let line2 = AddressChange { line2: Change::Clear, ..Default::default() };
        let code = AddressChange { postal_code: Change::Clear, ..Default::default() };

        let moved = city.clone().apply_to(old.clone().ok()).unwrap().0;
        let bare = line2.apply_to(old.clone().ok()).unwrap().0;

        assert_eq!(
            (&*moved.city, moved.line2, moved.region),
            ("Potsdam", Some("Hof".to_owned()), Some("Mitte".to_owned()))
        );
        assert_eq!(bare.line2, None);
        assert_eq!(city.apply_to(None).unwrap_err().code, "required");
        assert_eq!(code.apply_to(old.ok()).unwrap_err().code, "required");
    }
}
