//! Amounts of money in minor units of a currency. No floating point; overflow is an error.

mod currency;
mod table;

pub use currency::Currency;

use serde::{Deserialize, Serialize};
use std::fmt;
use utoipa::ToSchema;

/// An amount in minor units (cents, where the currency has two decimals) of an ISO 4217 currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"amount": 1999, "currency": "EUR"}))]
pub struct Money {
    /// Minor units: 1999 is 19.99 EUR, and 1999 JPY. What is charged or refunded ends in 0 in BHD, JOD, KWD, OMR and TND,
    /// and in 00 in ISK and UGX.
    #[serde(rename = "amount")]
    #[schema(minimum = 0)]
    pub minor: i64,
    pub currency: Currency,
}

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

    /// Whether it is a multiple of the currency's step.
    pub fn is_on_step(self) -> bool {
        self == self.down_to_step()
    }

    /// What is left of it without the part that is no whole step.
    #[must_use]
    pub fn down_to_step(self) -> Self {
        Self { minor: self.minor - self.minor % self.currency.step().minor, ..self }
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
        assert_eq!(shown(500, "ISK"), "5.00 ISK");
        assert_eq!(shown(500, "XOF"), "500 XOF");
    }

    #[test]
    fn money_moves_by_whole_steps_of_its_currency() {
        for (minor, code, whole) in
            [(1999, "EUR", 1999), (1999, "KWD", 1990), (9, "KWD", 0), (250, "ISK", 200)]
        {
            let amount = Money { minor, currency: Currency::from_code(code).unwrap() };
            assert_eq!(amount.down_to_step(), Money { minor: whole, ..amount });
            assert_eq!(amount.is_on_step(), minor == whole, "{amount}");
        }
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
}
