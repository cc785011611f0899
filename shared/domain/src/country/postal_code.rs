//! What the postal codes of a country look like. Real codes may be newer than the data: whoever asks must not refuse by it.

use super::postal_code_table::PATTERNS;
pub(super) use super::postal_code_table::Pattern;
use regex_lite::Regex;
use unicode_normalization::UnicodeNormalization;

impl Pattern {
    /// None if nothing is known about the country's codes.
    pub(super) fn of(country: &str) -> Option<&'static Self> {
        PATTERNS.iter().find(|pattern| pattern.country == country)
    }

    pub(super) fn example(&self) -> &'static str {
        self.examples.split(',').next().unwrap_or_default()
    }

    /// Compared in capitals, without spaces and hyphens, whatever the width of the characters, and with or without the letters
    /// of the country before it (`D-10115`, `LV-1010`).
    pub(super) fn fits(&self, written: &str) -> bool {
        let bare = |text: &str| -> String {
            text.nfkc().filter(|c| !is_gap(*c)).flat_map(char::to_uppercase).collect()
        };
        let code = bare(written);
        let behind_letters = written.split_once(is_gap).filter(|(letters, _)| {
            (1..=3).contains(&letters.len()) && letters.chars().all(|c| c.is_ascii_alphabetic())
        });
        self.compiled().is_match(&code)
            || self.compiled().is_match(&format!("{}{code}", self.country))
            || behind_letters.is_some_and(|(letters, rest)| {
                self.country.starts_with(&letters.to_uppercase())
                    && self.compiled().is_match(&bare(rest))
            })
    }

    fn compiled(&self) -> &Regex {
        self.compiled.get_or_init(|| {
            Regex::new(&format!("^(?:{})$", self.expression)).expect("a test compiles each pattern")
        })
    }
}

/// White space, a hyphen, or a dash or minus sign in its place.
fn is_gap(c: char) -> bool {
    c.is_whitespace() || matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

#[cfg(test)]
mod tests {
    use super::super::Country;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_examples_of_each_country_fit_however_they_are_written() {
        for pattern in &PATTERNS {
            assert!(Country::from_code(pattern.country).is_some(), "{}", pattern.country);
            for example in pattern.examples.split(',') {
                let bare = example.replace([' ', '-'], "");
                let spaced: String = bare.chars().flat_map(|c| [' ', c]).collect();
                let dashed = example.replace([' ', '-'], "–");
                for written in [example, &example.to_lowercase(), &bare, &spaced, &dashed] {
                    assert!(pattern.fits(written), "{} {written}", pattern.country);
                }
                for written in [format!("{bare}?"), format!("?{bare}"), format!("{bare}00000")] {
                    assert!(!pattern.fits(&written), "{} {written}", pattern.country);
                }
            }
        }
    }

    #[test]
    fn a_code_may_begin_with_what_addresses_write_before_it() {
        for (country, written) in [
            ("CH", "CH-8001"),
            ("FI", "FI-00100"),
            ("LT", "lt 04340"),
            ("LU", "L-4750"),
            ("SE", "SE-114 55"),
            ("SI", "SI 1000"),
            ("DE", "D-10115"),
            ("IT", "I-00144"),
            ("PT", "P-1250-096"),
            ("LV", "1010"),
            ("BB", "23026"),
            ("JP", "１５４－００２３"),
        ] {
            assert!(Pattern::of(country).unwrap().fits(written), "{country} {written}");
        }
    }

    #[test]
    fn doubtful_codes_of_many_countries_do_not_fit() {
        for (country, written) in [
            ("AT", "10115"),
            ("AU", "20600"),
            ("BR", "40301"),
            ("CA", "D3Z 2Y7"),
            ("CH", "80331"),
            ("DE", "1010"),
            ("DE", "PLZ 10115"),
            ("ES", "2803"),
            ("FR", "7500"),
            ("GB", "10115"),
            ("GB", "QQ1 1AA"),
            ("IE", "D2"),
            ("JP", "154"),
            ("MX", "0286O"),
            ("NL", "0123 AB"),
            ("NL", "1234"),
            ("PL", "0950"),
            ("PT", "2725"),
            ("US", "9501"),
            ("US", "SW1A 1AA"),
            ("XK", "80000"),
        ] {
            let pattern = Pattern::of(country).unwrap();
            assert!(!pattern.fits(written), "{country} {written}");
            assert!(pattern.fits(pattern.example()), "{country} {}", pattern.example());
        }
    }

    #[test]
    fn countries_without_codes_have_no_pattern() {
        for country in ["HK", "AE", "ZZ", "de", ""] {
            assert!(Pattern::of(country).is_none(), "{country}");
        }
    }

    proptest! {
        #[test]
        fn anything_can_be_compared(written in any::<String>(), at in 0..PATTERNS.len()) {
            let pattern = &PATTERNS[at];
            let gaps = format!(" {written}-");
            prop_assert_eq!(pattern.fits(&written), pattern.fits(&gaps));
        }
    }
}
