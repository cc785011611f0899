//! Amounts of money in minor units of a currency. No floating point; overflow is an error.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// An amount in minor units (cents, where the currency has two decimals) of an ISO 4217 currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"amount": 1999, "currency": "EUR"}))]
pub struct Money {
    /// Minor units: 1999 is 19.99 EUR, and 1999 JPY.
    #[serde(rename = "amount")]
    #[schema(minimum = 0)]
    pub minor: i64,
    pub currency: Currency,
}

/// An ISO 4217 currency that Stripe can charge in.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency(&'static str);

/// Currencies without minor units (<https://docs.stripe.com/currencies#zero-decimal>).
const ZERO_DECIMALS: [&str; 14] = [
    "BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF",
    "XPF",
];
/// Currencies with a thousand minor units (<https://docs.stripe.com/currencies#three-decimal>).
const THREE_DECIMALS: [&str; 5] = ["BHD", "JOD", "KWD", "OMR", "TND"];
const TWO_DECIMALS: [&str; 40] = [
    "AED", "ARS", "AUD", "BGN", "BRL", "CAD", "CHF", "CNY", "COP", "CZK", "DKK", "EGP", "EUR",
    "GBP", "HKD", "HUF", "IDR", "ILS", "INR", "KES", "MAD", "MXN", "MYR", "NGN", "NOK", "NZD",
    "PEN", "PHP", "PLN", "QAR", "RON", "RSD", "SAR", "SEK", "SGD", "THB", "TRY", "UAH", "USD",
    "ZAR",
];

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    #[error("amounts in different currencies cannot be added")]
    MixedCurrencies,
    #[error("the amount is too large")]
    TooLarge,
}

impl Money {
    pub fn zero(currency: Currency) -> Self {
        Self { minor: 0, currency }
    }

    /// The sum. Errors if the currencies differ or it overflows.
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::MixedCurrencies);
        }
        let minor = self.minor.checked_add(other.minor).ok_or(MoneyError::TooLarge)?;
        Ok(Self { minor, ..self })
    }

    /// The product. Errors if it overflows.
    pub fn times(self, quantity: i32) -> Result<Self, MoneyError> {
        let minor = self.minor.checked_mul(i64::from(quantity)).ok_or(MoneyError::TooLarge)?;
        Ok(Self { minor, ..self })
    }
}

/// In major units: `19.99 EUR`, `1999 JPY`, `1.999 KWD`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.minor < 0 { "-" } else { "" };
        let minor = self.minor.unsigned_abs();
        match self.currency.decimals() {
            0 => write!(f, "{sign}{minor} {}", self.currency),
            2 => write!(f, "{sign}{}.{:02} {}", minor / 100, minor % 100, self.currency),
            _ => write!(f, "{sign}{}.{:03} {}", minor / 1000, minor % 1000, self.currency),
        }
    }
}

impl Currency {
    pub const EUR: Self = Self("EUR");

    /// `None` unless it is the code of a currency in the lists above, in capital letters.
    pub fn from_code(code: &str) -> Option<Self> {
        let known = TWO_DECIMALS.iter().chain(&ZERO_DECIMALS).chain(&THREE_DECIMALS);
        known.copied().find(|known| *known == code).map(Self)
    }

    /// The ISO 4217 code: three capital letters.
    pub fn code(self) -> &'static str {
        self.0
    }

    /// How many decimals amounts in major units have: 0, 2 or 3.
    pub fn decimals(self) -> u8 {
        if ZERO_DECIMALS.contains(&self.0) {
            0
        } else if THREE_DECIMALS.contains(&self.0) {
            3
        } else {
            2
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl PartialSchema for Currency {
    fn schema() -> RefOr<Schema> {
        let known = [&TWO_DECIMALS[..], &ZERO_DECIMALS, &THREE_DECIMALS].concat();
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("An ISO 4217 currency that Stripe can charge in."))
            .enum_values(Some(known))
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
        to.serialize_str(self.0)
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
    use proptest::prelude::*;

    fn euros(minor: i64) -> Money {
        Money { minor, currency: Currency::EUR }
    }

    #[test]
    fn an_amount_reads_as_its_currency_writes_it() {
        let shown =
            |minor, code| Money { minor, currency: Currency::from_code(code).unwrap() }.to_string();
        assert_eq!(shown(1999, "EUR"), "19.99 EUR");
        assert_eq!(shown(-5, "EUR"), "-0.05 EUR");
        assert_eq!(shown(0, "EUR"), "0.00 EUR");
        assert_eq!(shown(1999, "JPY"), "1999 JPY");
        assert_eq!(shown(1999, "KWD"), "1.999 KWD");
    }

    #[test]
    fn a_currency_is_called_by_its_code_everywhere() {
        for code in ["EUR", "JPY", "KWD"] {
            let currency = Currency::from_code(code).unwrap();
            let written = [currency.to_string(), format!("{currency:?}")];
            assert_eq!((currency.code(), written), (code, [code.to_owned(), code.to_owned()]));
        }
        assert_eq!(Currency::from_code("XXX"), None);
    }

    #[test]
    fn amounts_in_different_currencies_do_not_add_up() {
        let yen = Money { minor: 1, currency: Currency::from_code("JPY").unwrap() };
        assert_eq!(euros(1).plus(yen), Err(MoneyError::MixedCurrencies));
    }

    #[test]
    fn an_amount_is_an_integer() {
        assert!(serde_json::from_str::<Money>(r#"{"amount":19.99,"currency":"EUR"}"#).is_err());
        assert!(serde_json::from_str::<Money>(r#"{"amount":"10","currency":"EUR"}"#).is_err());
        assert!(serde_json::from_str::<Money>(r#"{"amount":1,"currency":"eur"}"#).is_err());
    }

    proptest! {
        #[test]
        fn adding_is_exact_or_refused(a: i64, b: i64) {
            let exact = a.checked_add(b).map(euros).ok_or(MoneyError::TooLarge);
            prop_assert_eq!(euros(a).plus(euros(b)), exact);
        }

        #[test]
        fn multiplying_is_exact_or_refused(a: i64, times: i32) {
            let exact = a.checked_mul(i64::from(times)).map(euros).ok_or(MoneyError::TooLarge);
            prop_assert_eq!(euros(a).times(times), exact);
        }

        #[test]
        fn every_amount_survives_the_wire(minor: i64) {
            let wire = serde_json::to_string(&euros(minor)).unwrap();
            prop_assert_eq!(serde_json::from_str::<Money>(&wire).unwrap(), euros(minor));
        }
    }

    #[test]
    fn a_currency_is_documented_by_its_name_and_every_code() {
        let schema = serde_json::to_value(Currency::schema()).unwrap();
        let codes: Vec<_> = schema["enum"].as_array().unwrap().iter().collect();

        assert_eq!(<Currency as ToSchema>::name(), "Currency");
        assert_eq!(codes.len(), 59);
        assert!(codes.iter().all(|code| Currency::from_code(code.as_str().unwrap()).is_some()));
    }
}
