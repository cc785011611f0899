//! Validated values of discounts.

use crate::failure::Invalid;
use crate::text;

/// One line of 1 to 200 characters, which buyers see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiscountTitle(pub(super) String);

/// What buyers enter: 3 to 40 letters, digits, `_` or `-`, the first a letter or digit. Stored in capitals, so that it is
/// accepted in any case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiscountCode(pub(super) String);

/// How many orders may have a discount at a time, 1 at least.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit(pub(super) i32);

/// How many orders of one buyer may have a discount at a time: 1 to 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BuyersLimit(pub(super) i16);

/// Which discount is taken off first, and which of two equally good ones wins: the lower number. 0 to 1000.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Priority(pub(super) i16);

impl DiscountTitle {
    pub fn parse(raw: &str) -> Result<Self, Invalid> {
        text::line("/title", raw, 200).map(Self)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl DiscountCode {
    /// `pointer` names the place of the code in the request.
    pub fn parse(pointer: &str, raw: &str) -> Result<Self, Invalid> {
        let code = raw.trim().to_ascii_uppercase();
        let fits = (3..=40).contains(&code.len())
            && code.starts_with(|c: char| c.is_ascii_alphanumeric())
            && code.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b));
        let bad = || {
            let detail = "must be 3 to 40 letters, digits, underscores or hyphens, the first a letter or digit";
            Invalid::new(pointer, "bad_code", detail)
        };
        fits.then_some(Self(code)).ok_or_else(bad)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Limit {
    pub fn new(uses: i64) -> Result<Self, Invalid> {
        within("/max_uses", 1, i32::MAX, uses).map(Self)
    }

    pub fn uses(self) -> i32 {
        self.0
    }
}

impl BuyersLimit {
    pub fn new(uses: i64) -> Result<Self, Invalid> {
        within("/max_per_buyer", 1, 100, uses).map(Self)
    }

    pub fn uses(self) -> i16 {
        self.0
    }
}

impl Priority {
    pub fn new(priority: i64) -> Result<Self, Invalid> {
        within("/priority", 0, 1000, priority).map(Self)
    }

    pub fn number(self) -> i16 {
        self.0
    }
}

impl Default for Priority {
    fn default() -> Self {
        Self(100)
    }
}

/// Refuses a number outside of these bounds.
pub(super) fn within<T>(pointer: &str, least: T, most: T, number: i64) -> Result<T, Invalid>
where
    T: TryFrom<i64> + PartialOrd + std::fmt::Display + Copy,
{
    let fits = T::try_from(number).ok().filter(|number| (&least..=&most).contains(&number));
    let detail = || format!("must be between {least} and {most}");
    fits.ok_or_else(|| Invalid::new(pointer, "out_of_range", detail()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pricing::Codes;
    use proptest::prelude::*;

    #[test]
    fn a_code_is_plain_and_in_capitals() {
        for (raw, stored) in
            [("welcome", "WELCOME"), (" a-1_b ", "A-1_B"), ("9xY", "9XY"), (&"a".repeat(40), "")]
        {
            let code = DiscountCode::parse("/code", raw).unwrap();
            assert!(stored.is_empty() || code.as_str() == stored, "{raw:?}");
        }
        for bad in ["", "ab", "-abc", "_abc", "a b c", "ähnlich", "ab\0c", "ſale", &"a".repeat(41)]
        {
            assert_eq!(DiscountCode::parse("/code", bad).unwrap_err().code, "bad_code", "{bad:?}");
        }
    }

    #[test]
    fn a_limit_is_at_least_one_use() {
        for (uses, total, each) in [
            (0, false, false),
            (-1, false, false),
            (1, true, true),
            (100, true, true),
            (101, true, false),
            (i64::from(i32::MAX), true, false),
            (i64::MAX, false, false),
        ] {
            assert_eq!(Limit::new(uses).is_ok(), total, "{uses}");
            assert_eq!(BuyersLimit::new(uses).is_ok(), each, "{uses}");
        }
    }

    #[test]
    fn a_priority_is_a_small_number() {
        for (number, is_ok) in [(-1, false), (0, true), (1000, true), (1001, false)] {
            assert_eq!(Priority::new(number).is_ok(), is_ok, "{number}");
        }
    }

    proptest! {
        /// Otherwise a code could be created that no order finds.
        #[test]
        fn a_code_is_looked_for_as_it_is_stored(raw in "[ \t]{0,2}[A-Za-z0-9][A-Za-z0-9_-]{2,39} ?") {
            let stored = DiscountCode::parse("/code", &raw).unwrap();
            let codes = Codes::parse("/discount_codes", [raw]).unwrap();
            prop_assert_eq!(codes.as_slice(), [stored.as_str()]);
        }
    }
}
