//! Currencies, and what can be charged in them.

use super::Money;
use super::table::{self, Rules, TABLE};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// An ISO 4217 currency that Stripe can charge in, or could when prices in it were written.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency(&'static Rules);

impl Currency {
    pub const EUR: Self = Self(&table::EUR);

    /// `None` unless it is the code of a currency in the table, in capital letters.
    pub fn from_code(code: &str) -> Option<Self> {
        let place = TABLE.binary_search_by(|rules| rules.code.cmp(code)).ok()?;
        TABLE.get(place).map(Self)
    }

    /// Every currency, by code.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(Self)
    }

    /// The ISO 4217 code: three capital letters.
    pub fn code(self) -> &'static str {
        self.0.code
    }

    /// How many decimals amounts in major units have: 0, 2 or 3.
    pub fn decimals(self) -> u8 {
        self.0.decimals
    }

    /// Whether new prices can be in it. Others are only read.
    pub fn is_tender(self) -> bool {
        self.0.is_tender
    }

    /// Every price, charge and refund is a multiple of it.
    pub fn step(self) -> Money {
        self.amount(self.0.step)
    }

    /// The least charge.
    pub fn least(self) -> Money {
        self.amount(self.0.least)
    }

    /// The highest price and charge.
    pub fn ceiling(self) -> Money {
        self.amount(self.0.ceiling)
    }

    /// Whether so many minor units can be charged.
    pub fn is_chargeable(self, minor: i64) -> bool {
        let Rules { step, least, ceiling, is_tender, .. } = *self.0;
        is_tender && (least..=ceiling).contains(&minor) && minor % step == 0
    }

    fn amount(self, minor: i64) -> Money {
        Money { minor, currency: self }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl PartialSchema for Currency {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some(
                "An ISO 4217 currency that Stripe can charge in. New prices cannot be in BGN, which EUR has replaced.",
            ))
            .enum_values(Some(Self::all().map(Self::code)))
            .examples(["EUR"])
            .into()
    }
}

impl ToSchema for Currency {
    fn name() -> std::borrow::Cow<'static, str> {
        "Currency".into()
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let code = std::borrow::Cow::<'de, str>::deserialize(from)?;
        Self::from_code(&code).ok_or_else(|| {
            serde::de::Error::custom(
                "must be the ISO 4217 code of a currency that Stripe can charge in, such as EUR",
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::table::DIGITS_12;
    use proptest::prelude::*;
    use proptest::sample::select;

    fn of(code: &str) -> Currency {
        Currency::from_code(code).unwrap()
    }

    #[test]
    fn a_currency_is_called_by_its_code_everywhere() {
        for code in ["EUR", "JPY", "KWD"] {
            let written = [of(code).to_string(), format!("{:?}", of(code))];
            assert_eq!((of(code).code(), written), (code, [code.to_owned(), code.to_owned()]));
        }
        assert_eq!(of("EUR"), Currency::EUR);
        assert_eq!(Currency::from_code("XXX"), None);
    }

    #[test]
    fn a_currency_is_documented_by_its_name_and_every_code() {
        let schema = serde_json::to_value(Currency::schema()).unwrap();
        let codes: Vec<_> = schema["enum"].as_array().unwrap().iter().collect();

        assert_eq!(<Currency as ToSchema>::name(), "Currency");
        assert_eq!(codes.len(), TABLE.len());
        assert!(codes.iter().all(|code| Currency::from_code(code.as_str().unwrap()).is_some()));
    }

    #[test]
    fn the_table_is_in_order_and_makes_sense() {
        assert!(TABLE.is_sorted_by(|one, next| one.code < next.code));
        for Rules { code, decimals, step, least, ceiling, .. } in &TABLE {
            assert!(code.len() == 3 && code.bytes().all(|b| b.is_ascii_uppercase()), "{code}");
            assert!([0, 2, 3].contains(decimals), "{code}");
            assert!([1, 10, 100].contains(step) && least % step == 0, "{code}");
            assert!((1..*ceiling).contains(least) && *ceiling <= DIGITS_12, "{code}");
        }
    }

    #[test]
    fn each_currency_has_the_step_the_least_and_the_ceiling_of_stripe() {
        let most = 999_999_999_999;
        for (code, decimals, step, least, ceiling) in [
            ("EUR", 2, 1, 50, most),
            ("GBP", 2, 1, 30, most),
            ("HUF", 2, 1, 17_500, most),
            ("IDR", 2, 1, 50, most),
            ("COP", 2, 1, 50, 9_999_999_999),
            ("INR", 2, 1, 50, 999_999_999),
            ("TWD", 2, 1, 1, most),
            ("JPY", 0, 1, 50, most),
            ("XOF", 0, 1, 1, most),
            ("ISK", 2, 100, 100, most),
            ("UGX", 2, 100, 100, most),
            ("BHD", 3, 10, 10, most),
            ("JOD", 3, 10, 10, most),
            ("KWD", 3, 10, 10, most),
            ("OMR", 3, 10, 10, most),
            ("TND", 3, 10, 10, most),
        ] {
            let currency = of(code);
            let limits = [currency.step(), currency.least(), currency.ceiling()];
            assert_eq!(currency.decimals(), decimals, "{code}");
            assert_eq!(limits.map(|limit| limit.minor), [step, least, ceiling], "{code}");
            assert_eq!(limits.map(|limit| limit.currency), [currency; 3], "{code}");
        }
    }

    #[test]
    fn what_can_be_charged_is_neither_too_little_nor_too_much_nor_between_two_steps() {
        for (code, minor, can_be) in [
            ("EUR", 49, false),
            ("EUR", 50, true),
            ("EUR", 999_999_999_999, true),
            ("EUR", 1_000_000_000_000, false),
            ("JPY", 5, false),
            ("HUF", 5000, false),
            ("INR", 1_000_000_000, false),
            ("KWD", 1999, false),
            ("KWD", 1990, true),
            ("ISK", 150, false),
            ("ISK", 200, true),
            ("BGN", 1000, false),
        ] {
            assert_eq!(of(code).is_chargeable(minor), can_be, "{minor} {code}");
        }
    }

    #[test]
    fn one_currency_is_only_read() {
        let gone: Vec<_> = Currency::all().filter(|currency| !currency.is_tender()).collect();
        assert_eq!(gone, [of("BGN")]);
    }

    proptest! {
        #[test]
        fn nothing_beyond_its_limits_can_be_charged_in_any_currency(
            currency in select(Currency::all().collect::<Vec<_>>()),
            minor in prop_oneof![0..20_000_i64, any::<i64>()],
        ) {
            let [step, least, ceiling] =
                [currency.step(), currency.least(), currency.ceiling()].map(|limit| limit.minor);
            let can_be = currency.is_chargeable(minor);
            prop_assert!(!can_be || (least <= minor && minor <= ceiling && minor % step == 0));
            prop_assert!(can_be || !currency.is_tender() || minor < least || minor > ceiling || minor % step != 0);
            prop_assert_eq!(currency.is_chargeable(least), currency.is_tender());
        }
    }
}
