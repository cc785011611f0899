//! Validation of text input: length, and characters that break logs or cannot be stored. Forms of text to compare.

mod card;
mod fold;

pub use card::reject_card_number;
pub(crate) use fold::{fold, sort_key, transcribe, without_accents};

use crate::failure::Invalid;

/// One line of 1 to `max` characters without control characters. Surrounding white space is trimmed.
pub fn line(pointer: &str, raw: &str, max: usize) -> Result<String, Invalid> {
    let text = raw.trim();
    if text.is_empty() {
        return Err(Invalid::new(pointer, "empty", "must not be empty"));
    }
    bounded(pointer, text, max, char::is_control)
}

/// Like [`line`] and without a card number; none if it is blank.
pub fn optional_line(
    pointer: &str,
    raw: Option<&str>,
    max: usize,
) -> Result<Option<String>, Invalid> {
    let raw = raw.filter(|raw| !raw.trim().is_empty());
    raw.map(|raw| reject_card_number(pointer, line(pointer, raw, max)?)).transpose()
}

/// A phone number as written: 3 to 30 digits, spaces and `+ - ( ) . /`. None if it is blank.
pub fn phone(pointer: &str, raw: Option<&str>) -> Result<Option<String>, Invalid> {
    let phone = optional_line(pointer, raw, 30)?;
    let is_phone = |text: &String| {
        text.len() >= 3 && text.bytes().all(|b| b.is_ascii_digit() || b" +-()./".contains(&b))
    };
    if phone.as_ref().is_some_and(|text| !is_phone(text)) {
        let detail = "must have 3 to 30 digits, spaces and + - ( ) . /";
        return Err(Invalid::new(pointer, "bad_phone", detail));
    }
    Ok(phone)
}

/// Up to `max` characters on any number of lines, maybe empty. Of control characters, line breaks and tabs are allowed.
pub fn multiline(pointer: &str, raw: &str, max: usize) -> Result<String, Invalid> {
    bounded(pointer, raw, max, |c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
}

/// A word for programs: 1 to 40 lower-case letters, digits, hyphens and underscores, the first a letter or digit.
pub fn slug(pointer: &str, raw: &str) -> Result<String, Invalid> {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let fits = (1..=40).contains(&raw.len())
        && raw.starts_with(is_plain)
        && raw.chars().all(|c| is_plain(c) || matches!(c, '-' | '_'));
    if !fits {
        let detail = "must be 1 to 40 lower-case letters, digits, hyphens or underscores, the first a letter or digit";
        return Err(Invalid::new(pointer, "bad_word", detail));
    }
    Ok(raw.to_owned())
}

fn bounded(
    pointer: &str,
    text: &str,
    max: usize,
    is_bad: impl Fn(char) -> bool,
) -> Result<String, Invalid> {
    if text.chars().count() > max {
        return Err(Invalid::new(
            pointer,
            "too_long",
            format!("must have at most {max} characters"),
        ));
    }
    if text.contains(|c| is_bad(c) || is_bidi_control(c)) {
        return Err(Invalid::new(pointer, "bad_character", "must not contain control characters"));
    }
    Ok(text.to_owned())
}

/// Bidirectional control characters, which make text display in another order than it is stored.
fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_kept_as_written_but_trimmed() {
        assert_eq!(line("/name", "  Großer Becher ☕ ", 20).unwrap(), "Großer Becher ☕");
    }

    #[test]
    fn control_characters_are_refused() {
        for bad in ["a\0b", "a\nb", "a\u{202e}b", "a\u{7f}"] {
            assert_eq!(line("/name", bad, 20).unwrap_err().code, "bad_character");
        }
        assert_eq!(multiline("/description", "a\0", 20).unwrap_err().code, "bad_character");
        assert!(multiline("/description", "a\nb", 20).is_ok());
    }

    #[test]
    fn a_slug_is_plain() {
        for good in ["a", "books", "0-rated", "x_y", &"a".repeat(40)] {
            assert_eq!(slug("/category", good).unwrap(), good);
        }
        for bad in ["", "A", "-a", "a b", "ä", "a\0", &"a".repeat(41)] {
            assert_eq!(slug("/category", bad).unwrap_err().code, "bad_word", "{bad:?}");
        }
    }

    #[test]
    fn length_counts_characters_not_bytes() {
        assert!(line("/name", "ääää", 4).is_ok());
        assert_eq!(line("/name", "aaaaa", 4).unwrap_err().code, "too_long");
        assert_eq!(line("/name", " ", 4).unwrap_err().code, "empty");
    }
}
