//! Where a checkout goes, as far as it is known. Pure.

use crate::change::Change;
use crate::country::Country;
use crate::failure::Invalid;
use crate::ordering::{self, Address, AddressParts};
use crate::pricing::{Destination, Problem};
use crate::text;

/// A part of an address: all but the country may be missing. Each part is one line and holds no card number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShipTo {
    country: Country,
    parts: Parts,
}

/// The parts of an address that may be missing. Blank parts are none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    pub name: Option<String>,
    pub company: Option<String>,
    pub line1: Option<String>,
    pub line2: Option<String>,
    pub postal_code: Option<String>,
    pub city: Option<String>,
    /// State or province.
    pub region: Option<String>,
    pub phone: Option<String>,
}

/// A change of a destination: parts that are left out stay as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShipToChange {
    pub country: Change<String>,
    pub name: Change<String>,
    pub company: Change<String>,
    pub line1: Change<String>,
    pub line2: Change<String>,
    pub postal_code: Change<String>,
    pub city: Change<String>,
    pub region: Change<String>,
    pub phone: Change<String>,
}

impl ShipTo {
    /// Regions of Australia, Canada and the United States become their codes.
    pub fn parse(country: &str, parts: &Parts) -> Result<Self, Invalid> {
        let Some(country) = Country::from_code(country) else {
            let detail = "must be a country's code of ISO 3166-1 alpha-2, such as DE, or XK";
            return Err(Invalid::new(pointer("country"), "unknown_country", detail));
        };
        let line = |part, raw: &Option<String>, max| {
            text::optional_line(&pointer(part), raw.as_deref(), max)
        };
        let region = line("region", &parts.region, 100)?;
        let code = region.as_deref().and_then(|written| country.region_code(written));
        let postal_code = line("postal_code", &parts.postal_code, 20)?;
        let parts = Parts {
            name: line("name", &parts.name, 200)?,
            company: line("company", &parts.company, 200)?,
            line1: line("line1", &parts.line1, 200)?,
            line2: line("line2", &parts.line2, 200)?,
            // Dashes and dots are no postal code: forms that ask everybody for one get them.
            postal_code: postal_code.filter(|code| code.contains(char::is_alphanumeric)),
            city: line("city", &parts.city, 100)?,
            region: code.map(str::to_owned).or(region),
            phone: text::phone(&pointer("phone"), parts.phone.as_deref())?,
        };
        Ok(Self { country, parts })
    }

    /// As it was stored: parsed once, and not again.
    pub(super) fn from_stored(country: Country, parts: Parts) -> Self {
        Self { country, parts }
    }

    pub fn country(&self) -> Country {
        self.country
    }

    pub fn parts(&self) -> &Parts {
        &self.parts
    }

    /// As taxes and shipping see it.
    pub fn destination(&self) -> Destination {
        let Parts { region, postal_code, .. } = &self.parts;
        Destination::new(self.country, region.as_deref(), postal_code.as_deref())
    }

    /// The address of an order. Refused while a part that it needs is missing.
    pub(super) fn address(&self) -> Result<Address, ordering::Refusal> {
        let Parts { name, company, line1, line2, postal_code, city, region, phone } =
            self.parts.clone();
        if region.is_none() && self.country.requires_region() {
            return Err(ordering::Refusal::RegionRequired);
        }
        Ok(Address::parse(&AddressParts {
            name: name.unwrap_or_default(),
            company,
            line1: line1.unwrap_or_default(),
            line2,
            postal_code,
            city: city.unwrap_or_default(),
            region,
            country: self.country.code().to_owned(),
            phone,
        })?)
    }

    /// What an order's address needs beside it.
    pub(super) fn missing(&self) -> Vec<Problem> {
        let Parts { name, line1, postal_code, city, region, .. } = &self.parts;
        let needs_code = self.country.requires_postal_code();
        let missing = [
            ("name", name.is_none()),
            ("line1", line1.is_none()),
            ("postal_code", postal_code.is_none() && needs_code),
            ("city", city.is_none()),
        ];
        let missing = missing.into_iter().filter(|(_, is_missing)| *is_missing);
        let missing = missing.map(|(part, _)| Problem::AddressIncomplete { part });
        let needs_region = region.is_none() && self.country.requires_region();
        missing.chain(needs_region.then_some(Problem::RegionRequired)).collect()
    }
}

impl ShipToChange {
    /// The destination after the change. Where there was none, the change must name a country.
    pub(super) fn apply_to(self, old: Option<&ShipTo>) -> Result<ShipTo, Invalid> {
        let country = old.map(|old| old.country.code().to_owned());
        let Some(country) = self.country.apply_to(country) else {
            return Err(Invalid::new(pointer("country"), "required", "is required"));
        };
        let old = old.map(|old| old.parts.clone()).unwrap_or_default();
        let parts = Parts {
            name: self.name.apply_to(old.name),
            company: self.company.apply_to(old.company),
            line1: self.line1.apply_to(old.line1),
            line2: self.line2.apply_to(old.line2),
            postal_code: self.postal_code.apply_to(old.postal_code),
            city: self.city.apply_to(old.city),
            region: self.region.apply_to(old.region),
            phone: self.phone.apply_to(old.phone),
        };
        ShipTo::parse(&country, &parts)
    }
}

fn pointer(part: &str) -> String {
    format!("/destination/{part}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(ship_to: &ShipTo) -> Vec<String> {
        ship_to.missing().iter().map(Problem::pointer).collect()
    }

    #[test]
    fn a_country_is_enough_and_the_rest_is_named_until_it_is_there() {
        let germany = ShipTo::parse("DE", &Parts::default()).unwrap();
        assert_eq!(
            codes(&germany),
            [
                "/destination/name",
                "/destination/line1",
                "/destination/postal_code",
                "/destination/city"
            ]
        );

        let set = |text: &str| Change::Set(text.to_owned());
        let change = ShipToChange {
            name: set("Ann Example"),
            line1: set("350 5th Avenue"),
            city: set("New York"),
            ..ShipToChange::default()
        };
        let home = change.clone().apply_to(Some(&germany)).unwrap();
        assert_eq!(codes(&home), ["/destination/postal_code"]);

        let away = ShipToChange { country: set("US"), postal_code: set("10118"), ..change };
        let away = away.apply_to(Some(&home)).unwrap();
        assert_eq!(codes(&away), ["/destination/region"]);
        let state = ShipToChange { region: set("new york"), ..ShipToChange::default() };
        let away = state.apply_to(Some(&away)).unwrap();
        assert_eq!((codes(&away), away.parts.region.as_deref()), (vec![], Some("NY")));
    }

    #[test]
    fn what_cannot_be_is_refused_where_it_stands() {
        let refused = |country: &str, parts: Parts| {
            let no = ShipTo::parse(country, &parts).unwrap_err();
            (no.pointer, no.code)
        };
        let at = |part: &str| format!("/destination/{part}");
        let called = Parts { phone: Some("call me".to_owned()), ..Parts::default() };
        let card = Parts { line2: Some("4242 4242 4242 4242".to_owned()), ..Parts::default() };
        assert_eq!(refused("XX", Parts::default()), (at("country"), "unknown_country"));
        assert_eq!(refused("DE", called), (at("phone"), "bad_phone"));
        assert_eq!(refused("DE", card), (at("line2"), "looks_like_a_card"));
        let nowhere = ShipToChange::default().apply_to(None).unwrap_err();
        assert_eq!((nowhere.pointer, nowhere.code), (at("country"), "required"));
    }
}
