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

/// Unit price: 0 to 99 999 999 minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Price(Money);

/// Quantity on hand of a new product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InitialStock(i32);

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
    pub const MAX_MINOR: i64 = 99_999_999;

    pub fn new(money: Money) -> Result<Self, Invalid> {
        if (0..=Self::MAX_MINOR).contains(&money.minor) {
            return Ok(Self(money));
        }
        let detail = format!("must be between 0 and {}", Self::MAX_MINOR);
        Err(Invalid::new("/price/amount", "out_of_range", detail))
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
    fn a_price_is_never_negative_nor_beyond_reason() {
        let price = |minor| Price::new(Money { minor, currency: Currency::EUR });
        assert!(price(0).is_ok());
        assert!(price(99_999_999).is_ok());
        assert_eq!(price(-1).unwrap_err().pointer, "/price/amount");
        assert!(price(100_000_000).is_err());
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
