//! Cuts text into words, the same way for what products say and for what is searched.

use crate::text;

/// How much of a text is searched, in characters.
const MAX_TEXT: usize = 20_000;
/// How much of a word is searched, in characters.
const MAX_PIECE: usize = 64;

/// What stands between gaps, in parts that hyphens and the like join: `Wi-Fi` has two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) parts: Vec<Vec<Piece>>,
}

/// Letters or digits of one kind: `50ml` has two pieces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Letters(String),
    Digits(String),
    /// Of a script that writes no spaces between words. Anything in it may be a word.
    Unspaced(String),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Letter,
    Digit,
    Unspaced,
    /// An accent or vowel sign that belongs to the letter before.
    Mark,
    /// Joins the parts of a word if a letter or digit stands on both sides.
    Connector,
    Gap,
}

/// The words of a text, folded.
pub(super) fn words(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut word = Word { parts: Vec::new() };
    let mut is_connected = false;
    for c in text::fold(text).chars().take(MAX_TEXT) {
        match class(c) {
            Class::Connector if !is_connected => is_connected = !word.parts.is_empty(),
            Class::Connector | Class::Gap => {
                end(&mut word, &mut words);
                is_connected = false;
            }
            Class::Mark if is_connected => {}
            class => {
                word.push(c, class, is_connected);
                is_connected = false;
            }
        }
    }
    end(&mut word, &mut words);
    words
}

fn end(word: &mut Word, words: &mut Vec<Word>) {
    let parts = std::mem::take(&mut word.parts);
    if !parts.is_empty() {
        words.push(Word { parts });
    }
}

impl Word {
    fn push(&mut self, c: char, class: Class, begins_part: bool) {
        let last = self.parts.last_mut().filter(|_| !begins_part);
        match (last, class) {
            (Some(part), _) => match (part.last_mut(), class) {
                (Some(piece), class) if piece.takes(class) => piece.push(c),
                (_, Class::Mark) => {}
                _ => part.push(Piece::new(c, class)),
            },
            (None, Class::Mark) => {}
            (None, class) => self.parts.push(vec![Piece::new(c, class)]),
        }
    }

    pub(super) fn pieces(&self) -> impl Iterator<Item = &Piece> {
        self.parts.iter().flatten()
    }

    /// The letters and digits without what connects them: `wifi` for `Wi-Fi`. None if it is of a script without spaces.
    pub(super) fn joined(&self) -> Option<String> {
        joined(&self.parts)
    }

    /// What is found if the parts from one to another are written as one word, for each pair, with the two parts.
    pub(super) fn joins(&self) -> Vec<(usize, usize, String)> {
        // More are no hyphenated word, but a list, a number or an address.
        let count = if self.parts.len() > 5 { 0 } else { self.parts.len() };
        let pairs = (0..count).flat_map(|from| (from + 1..count).map(move |to| (from, to)));
        let join = |(from, to): (usize, usize)| {
            let parts = self.parts.get(from..=to)?;
            let has_letters =
                parts.iter().flatten().any(|piece| matches!(piece, Piece::Letters(_)));
            // Not for numbers: 2.5 is not 25.
            Some((from, to, joined(parts).filter(|_| has_letters)?))
        };
        pairs.filter_map(join).collect()
    }
}

fn joined(parts: &[Vec<Piece>]) -> Option<String> {
    let text = |piece: &Piece| match piece {
        Piece::Letters(text) | Piece::Digits(text) => Some(text.clone()),
        Piece::Unspaced(_) => None,
    };
    let whole = parts.iter().flatten().map(text).collect::<Option<String>>()?;
    Some(whole.chars().take(MAX_PIECE).collect())
}

impl Piece {
    fn new(c: char, class: Class) -> Self {
        let text = c.to_string();
        match class {
            Class::Digit => Self::Digits(text),
            Class::Unspaced => Self::Unspaced(text),
            _ => Self::Letters(text),
        }
    }

    fn takes(&self, class: Class) -> bool {
        match self {
            Self::Letters(_) => matches!(class, Class::Letter | Class::Mark),
            Self::Digits(_) => class == Class::Digit,
            Self::Unspaced(_) => matches!(class, Class::Unspaced | Class::Mark),
        }
    }

    fn push(&mut self, c: char) {
        match self {
            Self::Letters(text) | Self::Digits(text) => {
                if text.chars().count() < MAX_PIECE {
                    text.push(c);
                }
            }
            Self::Unspaced(text) => text.push(c),
        }
    }
}

/// Each two letters that follow one another in a script without spaces.
pub(super) fn pairs(unspaced: &str) -> impl Iterator<Item = &str> {
    let ends = unspaced.char_indices().skip(1).map(|(at, c)| at + c.len_utf8());
    unspaced.char_indices().zip(ends).filter_map(|((from, _), to)| unspaced.get(from..to))
}

fn class(c: char) -> Class {
    if is_unspaced(c) {
        Class::Unspaced
    } else if unicode_normalization::char::is_combining_mark(c) {
        Class::Mark
    } else if c.is_numeric() {
        Class::Digit
    } else if c.is_alphabetic() {
        Class::Letter
    } else if is_connector(c) {
        Class::Connector
    } else {
        Class::Gap
    }
}

/// Chinese and Japanese characters, Hangul, Thai, Lao, Khmer and Burmese. Korean has spaces, but joins what is searched.
fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{e01}'..='\u{e3a}' | '\u{e40}'..='\u{e4e}' | '\u{e81}'..='\u{ece}' | '\u{1000}'..='\u{103f}'
        | '\u{1050}'..='\u{108f}' | '\u{1100}'..='\u{11ff}' | '\u{1780}'..='\u{17d3}' | '\u{2e80}'..='\u{2fd5}'
        | '\u{3005}'..='\u{3007}' | '\u{3041}'..='\u{309f}' | '\u{30a1}'..='\u{30fa}' | '\u{30fc}'..='\u{30ff}'
        | '\u{3105}'..='\u{312f}' | '\u{31a0}'..='\u{31bf}' | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// Hyphens, apostrophes, full stops and commas within numbers, the dot of Catalan, `&`, `_`, and the sign of degrees.
fn is_connector(c: char) -> bool {
    matches!(
        c,
        '-' | '\u{2010}'
            | '\u{2011}'
            | '\''
            | '\u{2018}'
            | '\u{2019}'
            | '´'
            | '`'
            | '.'
            | ','
            | '·'
            | '&'
            | '_'
            | '°'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The words with `-` between parts and `|` between pieces.
    fn cut(text: &str) -> String {
        let piece = |piece: &Piece| match piece {
            Piece::Letters(text) | Piece::Digits(text) | Piece::Unspaced(text) => text.clone(),
        };
        let part = |part: &Vec<Piece>| part.iter().map(piece).collect::<Vec<_>>().join("|");
        let word = |word: &Word| word.parts.iter().map(part).collect::<Vec<_>>().join("-");
        words(text).iter().map(word).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn words_end_where_letters_and_digits_end() {
        for (text, expected) in [
            ("Salt/Pepper mill", "salt pepper mill"),
            ("Espresso cup - blue", "espresso cup blue"),
            ("USB-C/HDMI adapter", "usb-c hdmi adapter"),
            ("iPhone-15Pro", "iphone-15|pro"),
            ("-40°C cooler", "40-c cooler"),
            ("Face serum 50ml (2.5%)", "face serum 50|ml 2-5"),
            ("KT-INS114-DRE", "kt-ins|114-dre"),
            ("L'Oréal, H&M", "l-oréal h-m"),
            ("col·lecció", "col-lecció"),
            ("a -- b_c- .d", "a b-c d"),
            ("有機抹茶パウダー 100g", "有機抹茶パウダー 100|g"),
            ("Tシャツ・白", "t|シャツ 白"),
            ("चाय की केतली", "चाय की केतली"),
            ("กาแฟ", "กาแฟ"),
            ("☕ %_\\'\"", ""),
        ] {
            assert_eq!(cut(text), expected, "{text}");
        }
    }

    #[test]
    fn hyphenated_words_are_also_one_word() {
        let joins = |text| {
            let word = words(text).remove(0);
            word.joins().into_iter().map(|(_, _, joined)| joined).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(joins("Wi-Fi"), "wifi");
        assert_eq!(joins("USB-C-Kabel"), "usbc usbckabel ckabel");
        assert_eq!(joins("2.5"), "");
        assert_eq!(joins("a.b.c.d.e.f"), "");
    }

    #[test]
    fn what_is_very_long_is_searched_in_part() {
        assert_eq!(cut(&"a".repeat(5000)).len(), MAX_PIECE);
        assert_eq!(words(&"a ".repeat(50_000)).len(), MAX_TEXT / 2);
        assert_eq!(pairs("抹茶碗").collect::<Vec<_>>(), ["抹茶", "茶碗"]);
        assert_eq!(pairs("茶").count(), 0);
    }
}
