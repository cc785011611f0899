//! The address that an order is shipped to. Pure.

use crate::change::Change;
use crate::failure::Invalid;
use crate::text;

/// A postal address: each part is one line and holds no card number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    name: String,
    line1: String,
    line2: Option<String>,
    postal_code: String,
    city: String,
    country: String,
}

/// An address as a client sends it, not validated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressParts {
    pub name: String,
    pub line1: String,
    pub line2: Option<String>,
    pub postal_code: String,
    pub city: String,
    pub country: String,
}

/// A change of an address: parts that are left out stay as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddressChange {
    pub name: Change<String>,
    pub line1: Change<String>,
    pub line2: Change<String>,
    pub postal_code: Change<String>,
    pub city: Change<String>,
    pub country: Change<String>,
}

/// The officially assigned codes of ISO 3166-1 alpha-2.
const COUNTRIES: &str = "\
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ \
    CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO \
    FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE \
    JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO \
    MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW \
    PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM \
    TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW";

impl Address {
    pub fn parse(parts: &AddressParts) -> Result<Self, Invalid> {
        let line = |field: &str, raw: &str, max| {
            let pointer = format!("/shipping_address/{field}");
            text::reject_card_number(&pointer, text::line(&pointer, raw, max)?)
        };
        let line2 = parts.line2.as_deref().map(|raw| line("line2", raw, 200));
        let is_country = COUNTRIES.split(' ').any(|code| code == parts.country);
        if !is_country {
            let detail = "must be a country's code of ISO 3166-1 alpha-2, such as DE";
            return Err(Invalid::new("/shipping_address/country", "unknown_country", detail));
        }
        Ok(Self {
            name: line("name", &parts.name, 200)?,
            line1: line("line1", &parts.line1, 200)?,
            line2: line2.transpose()?,
            postal_code: line("postal_code", &parts.postal_code, 20)?,
            city: line("city", &parts.city, 100)?,
            country: parts.country.clone(),
        })
    }

    /// As it was stored: parsed once, and not again.
    pub(super) fn from_stored(parts: AddressParts) -> Self {
        let AddressParts { name, line1, line2, postal_code, city, country } = parts;
        Self { name, line1, line2, postal_code, city, country }
    }

    pub fn into_parts(self) -> AddressParts {
        let Self { name, line1, line2, postal_code, city, country } = self;
        AddressParts { name, line1, line2, postal_code, city, country }
    }
}

impl AddressChange {
    /// The address after the change. Where there was none, the change must hold every required part.
    pub(super) fn apply_to(self, old: Option<Address>) -> Result<Address, Invalid> {
        let old = old.map(Address::into_parts);
        let part = |field: &str, change: Change<String>, old: Option<&String>| {
            let required = || {
                let pointer = format!("/shipping_address/{field}");
                Invalid::new(pointer, "required", "is required")
            };
            change.apply_to(old.cloned()).ok_or_else(required)
        };
        let old = old.as_ref();
        Address::parse(&AddressParts {
            name: part("name", self.name, old.map(|old| &old.name))?,
            line1: part("line1", self.line1, old.map(|old| &old.line1))?,
            line2: self.line2.apply_to(old.and_then(|old| old.line2.clone())),
            postal_code: part("postal_code", self.postal_code, old.map(|old| &old.postal_code))?,
            city: part("city", self.city, old.map(|old| &old.city))?,
            country: part("country", self.country, old.map(|old| &old.country))?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts() -> AddressParts {
        AddressParts {
            name: "Ann Example".to_owned(),
            line1: "Hauptstraße 1".to_owned(),
            line2: None,
            postal_code: "10115".to_owned(),
            city: "Berlin".to_owned(),
            country: "DE".to_owned(),
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

        assert!(Address::parse(&parts()).is_ok());
        assert_eq!(code(&nowhere), (at("country"), "unknown_country"));
        assert_eq!(code(&small), (at("country"), "unknown_country"));
        assert_eq!(code(&blank), (at("city"), "empty"));
        assert_eq!(code(&card), (at("line2"), "looks_like_a_card"));
    }

    #[test]
    fn what_a_change_leaves_out_stays() {
        let old = Address::parse(&AddressParts { line2: Some("Hof".to_owned()), ..parts() });
        let city = AddressChange { city: Change::Set("Potsdam".to_owned()), ..Default::default() };
        let line2 = AddressChange { line2: Change::Clear, ..Default::default() };

        let moved = city.clone().apply_to(old.clone().ok()).unwrap();
        let bare = line2.apply_to(old.ok()).unwrap();

        assert_eq!((&*moved.city, moved.line2.as_deref()), ("Potsdam", Some("Hof")));
        assert_eq!(bare.line2, None);
        assert_eq!(city.apply_to(None).unwrap_err().code, "required");
    }
}
