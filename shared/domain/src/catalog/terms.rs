//! What a product is found by: the value of `products.search_terms`, in the syntax of `tsvector`.
//!
//! A word of the name or the SKU is a lexeme, beside its forms without accents; one of the description has `~` before it.
//! `#` begins the whole SKU, which is also found by its beginning. Weights would not do: an index does not hold them.

use super::words::{Piece, Word, pairs, words};
use crate::text;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Begins lexemes of the description.
pub(super) const DESCRIBED: &str = "~";
/// Begins the lexeme of a whole SKU.
pub(super) const WHOLE_SKU: &str = "#";
/// The last position that PostgreSQL tells apart.
const MAX_POSITION: usize = 16_383;

/// What a product is searched and sorted by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchedTexts {
    pub search_terms: String,
    pub sort_name: String,
}

impl SearchedTexts {
    pub fn of(sku: &str, name: &str, description: &str) -> Self {
        let search_terms = search_terms(sku, name, description);
        Self { search_terms, sort_name: text::sort_key(name) }
    }
}

/// The search terms of a product with these texts.
fn search_terms(sku: &str, name: &str, description: &str) -> String {
    let mut terms = Terms { text: String::new(), position: 1, begin: "" };
    for word in words(name) {
        terms.add(&word);
    }
    terms.gap();
    for word in words(sku) {
        let from = terms.position;
        terms.add(&word);
        if let Some(joined) = word.joined() {
            terms.lexeme(&joined, from);
        }
    }
    let whole: String = words(sku).iter().filter_map(Word::joined).collect();
    if !whole.is_empty() {
        terms.lexeme(&format!("{WHOLE_SKU}{whole}"), terms.position);
    }
    terms.gap();
    terms.begin = DESCRIBED;
    for word in words(description) {
        terms.add(&word);
    }
    terms.text
}

/// A word as it is written, without accents, and with `ae` for `ä`.
pub(super) fn forms(word: &str) -> BTreeSet<String> {
    BTreeSet::from([word.to_owned(), text::without_accents(word), text::transcribe(word)])
}

struct Terms {
    text: String,
    /// Where the next word stands.
    position: usize,
    begin: &'static str,
}

impl Terms {
    /// Words on both sides do not stand side by side.
    fn gap(&mut self) {
        self.position += 5;
    }

    fn add(&mut self, word: &Word) {
        let mut ends = Vec::new();
        for part in &word.parts {
            let from = self.position;
            for piece in part {
                self.piece(piece);
            }
            ends.push((from, self.position - 1));
        }
        for (from, to, joined) in word.joins() {
            for form in forms(&joined) {
                for end in [ends.get(from).map(|end| end.0), ends.get(to).map(|end| end.1)] {
                    self.lexeme(&form, end.unwrap_or(self.position));
                }
            }
        }
    }

    fn piece(&mut self, piece: &Piece) {
        match piece {
            Piece::Letters(letters) => {
                for form in forms(letters) {
                    self.lexeme(&form, self.position);
                }
                self.position += 1;
            }
            Piece::Digits(digits) => {
                self.lexeme(digits, self.position);
                self.position += 1;
            }
            Piece::Unspaced(letters) => {
                for (number, pair) in pairs(letters).enumerate() {
                    self.lexeme(pair, self.position + number);
                }
                for letter in letters.chars() {
                    // One letter of a description says nothing.
                    if self.begin != DESCRIBED {
                        self.lexeme(letter.encode_utf8(&mut [0; 4]), self.position);
                    }
                    self.position += 1;
                }
            }
        }
    }

    /// Letters, digits and marks need no escapes.
    fn lexeme(&mut self, lexeme: &str, position: usize) {
        let position = position.min(MAX_POSITION);
        write!(self.text, "'{}{lexeme}':{position} ", self.begin).expect("a string takes any text");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_is_found_by_its_name_its_sku_and_its_description() {
        let terms = search_terms("TEE-01", "Wi-Fi Tee", "Für 茶碗 50ml");
        assert_eq!(
            terms.trim(),
            "'wi':1 'fi':2 'wifi':1 'wifi':2 'tee':3 'tee':9 '01':10 'tee01':9 'tee01':10 'tee01':9 '#tee01':11 \
             '~fuer':16 '~fur':16 '~für':16 '~茶碗':17 '~50':19 '~ml':20"
        );
    }

    #[test]
    fn letters_of_a_script_without_spaces_are_found_alone_and_in_pairs() {
        assert_eq!(search_terms("", "抹茶碗", "").trim(), "'抹茶':1 '茶碗':2 '抹':1 '茶':2 '碗':3");
    }
}
