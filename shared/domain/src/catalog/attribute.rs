//! Validated values of products and categories.

use crate::failure::Invalid;
use crate::money::Money;
use crate::text;
use std::fmt;

/// Stock keeping unit: 1 to 64 letters, digits, `.`, `_` or `-`, the first a letter or digit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sku(pub(super) String);

/// One line of 1 to 200 characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProductName(pub(super) String);

/// At most 5000 characters on any number of lines; may be empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description(pub(super) String);

/// One line of 1 to 100 characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CategoryName(pub(super) String);

/// Unit price: nothing, or what can be charged for enough pieces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Price(Money);

/// Quantity on hand of a new product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InitialStock(i32);

/// Of one piece, in grams: at most ten tonnes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weight(pub(super) i32);

macro_rules! texts {
    ($($name:ident: $read:expr;)+) => {$(
        impl $name {
            pub fn parse(raw: &str) -> Result<Self, Invalid> {
                let read: fn(&str) -> Result<String, Invalid> = $read;
                read(raw).map(Self)
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )+};
}

texts! {
    Sku: sku;
    ProductName: |raw| text::line("/name", raw, 200);
    Description: |raw| text::multiline("/description", raw, 5000);
    CategoryName: |raw| text::line("/name", raw, 100);
}

fn sku(raw: &str) -> Result<String, Invalid> {
    let fits = (1..=64).contains(&raw.len())
        && raw.starts_with(|c: char| c.is_ascii_alphanumeric())
        && raw.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
    let bad = || {
        let detail = "must be 1 to 64 letters, digits, dots, underscores or hyphens, the first a letter or digit";
        Invalid::new("/sku", "bad_sku", detail)
    };
    fits.then(|| raw.to_owned()).ok_or_else(bad)
}

impl Price {
    /// A new price: in a tender currency, on its step, and no higher than its ceiling. It may be below the least charge.
    pub fn new(money: Money) -> Result<Self, Invalid> {
        let currency = money.currency;
        let (step, ceiling) = (currency.step(), currency.ceiling());
        if !currency.is_tender() {
            let detail = format!("{currency} is no longer legal tender");
            return Err(Invalid::new("/price/currency", "not_tender", detail));
        }
        if !(0..=ceiling.minor).contains(&money.minor) {
            let detail = format!("must be between 0 and {}, which is {ceiling}", ceiling.minor);
            return Err(Invalid::new("/price/amount", "out_of_range", detail));
        }
        if !money.is_on_step() {
            let detail = format!("must be a multiple of {}, which is {step}", step.minor);
            return Err(Invalid::new("/price/amount", "off_step", detail));
        }
        Ok(Self(money))
    }

    /// As it was stored: it may be one that could not be written any more.
    pub(super) fn from_stored(money: Money) -> Self {
        Self(money)
    }

    pub fn money(self) -> Money {
        self.0
    }
}

impl InitialStock {
    /// Below `i32::MAX`, so that goods can be received later.
    pub const MAX: i32 = 1_000_000_000;

    pub fn new(pieces: i64) -> Result<Self, Invalid> {
        let pieces = i32::try_from(pieces).ok().filter(|n| (0..=Self::MAX).contains(n));
        let detail = || format!("must be between 0 and {}", Self::MAX);
        pieces.map(Self).ok_or_else(|| Invalid::new("/stock", "out_of_range", detail()))
    }

    pub fn pieces(self) -> i32 {
        self.0
    }
}

impl Weight {
    const MAX: i32 = 10_000_000;

    pub fn new(grams: i64) -> Result<Self, Invalid> {
        let grams = i32::try_from(grams).ok().filter(|grams| (0..=Self::MAX).contains(grams));
        let detail = || format!("must be between 0 and {} grams", Self::MAX);
        grams.map(Self).ok_or_else(|| Invalid::new("/weight_grams", "out_of_range", detail()))
    }

    pub fn grams(self) -> i32 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;
    use proptest::prelude::*;

    #[test]
    fn a_sku_is_plain() {
        for good in ["A", "mug-01", "9_x.y", &"a".repeat(64)] {
            assert_eq!(Sku::parse(good).unwrap().as_str(), good);
        }
        for bad in ["", "-a", ".a", "a b", "a\n", "ä", "a\0", &"a".repeat(65)] {
            assert_eq!(Sku::parse(bad).unwrap_err().code, "bad_sku", "{bad:?}");
        }
    }

    #[test]
    fn a_price_is_what_its_currency_can_be_charged_in() {
        let price = |minor, code| {
            let currency = Currency::from_code(code).unwrap();
            let refused = Price::new(Money { minor, currency }).err();
            refused.map(|refused| (refused.pointer, refused.code, refused.detail))
        };
        for (minor, code) in [
            (0, "EUR"),
            (1, "EUR"),
            (999_999_999_999, "EUR"),
            (999_999_999, "INR"),
            (1, "XOF"),
            (1990, "KWD"),
            (500, "ISK"),
        ] {
            assert_eq!(price(minor, code), None, "{minor} {code}");
        }
        let euros = "must be between 0 and 999999999999, which is 9999999999.99 EUR";
        let rupees = "must be between 0 and 999999999, which is 9999999.99 INR";
        let dinars = "must be a multiple of 10, which is 0.010 KWD";
        let kronur = "must be a multiple of 100, which is 1.00 ISK";
        let leva = "BGN is no longer legal tender";
        for (minor, code, pointer, why, detail) in [
            (-1, "EUR", "/price/amount", "out_of_range", euros),
            (1_000_000_000_000, "EUR", "/price/amount", "out_of_range", euros),
            (1_000_000_000, "INR", "/price/amount", "out_of_range", rupees),
            (1999, "KWD", "/price/amount", "off_step", dinars),
            (550, "ISK", "/price/amount", "off_step", kronur),
            (1000, "BGN", "/price/currency", "not_tender", leva),
        ] {
            let refused = (pointer.to_owned(), why, detail.to_owned());
            assert_eq!(price(minor, code), Some(refused), "{minor} {code}");
        }
    }

    #[test]
    fn stock_begins_at_nothing() {
        assert_eq!(InitialStock::new(0).unwrap().pieces(), 0);
        assert!(InitialStock::new(-1).is_err());
        assert!(InitialStock::new(i64::MAX).is_err());
    }

    proptest! {
        #[test]
        fn what_is_a_sku_for_us_is_one_for_the_database(raw in ".{0,70}|[A-Za-z0-9._-]{0,70}") {
            let by_the_rule = Sku::parse(&raw).is_ok();
            // products_sku_shape: ^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$
            let mut characters = raw.chars();
            let first = characters.next().is_some_and(|c| c.is_ascii_alphanumeric());
            let rest = characters.all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'));
            prop_assert_eq!(by_the_rule, first && rest && raw.chars().count() <= 64);
        }

        #[test]
        fn a_name_is_short_and_on_one_line(raw in any::<String>()) {
            if let Ok(name) = ProductName::parse(&raw) {
                prop_assert!((1..=200).contains(&name.as_str().chars().count()));
                prop_assert!(!name.as_str().contains(char::is_control));
            }
        }
    }
}
