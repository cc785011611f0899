//! Free text that belongs to an order. Pure.

use crate::failure::Invalid;
use crate::text;

/// A buyer's or the shop's note on an order: at most 1000 characters, and no card number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note(String);

impl Note {
    /// Blank input means no note.
    pub fn parse(raw: &str) -> Result<Option<Self>, Invalid> {
        let text = text::reject_card_number("/note", text::multiline("/note", raw.trim(), 1000)?)?;
        Ok(Some(text).filter(|text| !text.is_empty()).map(Self))
    }

    /// As it was stored: parsed once, and not again.
    pub(crate) fn from_stored(text: String) -> Self {
        Self(text)
    }

    pub fn text(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_short_and_holds_no_card() {
        assert_eq!(Note::parse(" \n ").unwrap(), None);
        assert_eq!(Note::parse(" ring\ntwice ").unwrap().unwrap().text(), "ring\ntwice");
        assert_eq!(Note::parse(&"x".repeat(1001)).unwrap_err().code, "too_long");
        assert_eq!(Note::parse("4242424242424242").unwrap_err().code, "looks_like_a_card");
    }
}
