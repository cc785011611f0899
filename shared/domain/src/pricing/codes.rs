//! The discount codes of a request. Pure.

use crate::failure::Invalid;

/// How many codes are looked at.
const MOST_CODES: usize = 5;
/// Longer than any code.
const MOST_CHARACTERS: usize = 40;

/// At most five codes, as discounts have them: in capitals, without blanks around them. They need not exist.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Codes(Vec<String>);

impl Codes {
    pub fn parse(pointer: &str, raw: impl IntoIterator<Item = String>) -> Result<Self, Invalid> {
        let mut codes = Vec::new();
        for (place, code) in raw.into_iter().enumerate() {
            if place == MOST_CODES {
                let detail = format!("at most {MOST_CODES} codes are looked at");
                return Err(Invalid::new(pointer, "too_many", detail));
            }
            let code = code.trim().to_ascii_uppercase();
            if code.is_empty() || code.chars().count() > MOST_CHARACTERS || code.contains('\0') {
                let detail = format!("a code has 1 to {MOST_CHARACTERS} characters");
                return Err(Invalid::new(format!("{pointer}/{place}"), "not_a_code", detail));
            }
            codes.push(code);
        }
        Ok(Self(codes))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// In the order in which they were given.
    pub fn as_slice(&self) -> &[String] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(codes: &[&str]) -> Result<Vec<String>, (String, &'static str)> {
        let codes = Codes::parse("/discount_codes", codes.iter().map(|code| (*code).to_owned()));
        codes.map(|codes| codes.0).map_err(|invalid| (invalid.pointer, invalid.code))
    }

    #[test]
    fn codes_are_compared_in_capitals_without_blanks() {
        assert_eq!(parse(&[" welcome ", "SUMMER-26"]).unwrap(), ["WELCOME", "SUMMER-26"]);
        assert_eq!(parse(&[]).unwrap(), [""; 0]);
    }

    #[test]
    fn what_cannot_be_a_code_is_refused_where_it_stands() {
        let long = "X".repeat(41);
        for bad in ["", " ", "A\0B", &long] {
            assert_eq!(parse(&["GOOD", bad]), Err(("/discount_codes/1".to_owned(), "not_a_code")));
        }
        assert_eq!(parse(&["A"; 6]), Err(("/discount_codes".to_owned(), "too_many")));
    }
}
