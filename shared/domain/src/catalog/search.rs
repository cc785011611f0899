//! What is searched for: words, `"words side by side"`, and `-words` that must not occur.

use super::terms::{DESCRIBED, WHOLE_SKU, forms};
use super::words::{Piece, Word, pairs, words};
use crate::failure::Invalid;
use crate::text;
use std::collections::BTreeSet;

/// The most words that a search asks for. The others make no difference.
const MAX_WORDS: usize = 32;

/// Search terms, and the queries in the syntax of `tsquery` that they mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchTerms {
    /// All words as they are written, in name or SKU.
    pub(super) whole: String,
    /// All words in name or SKU, whatever their accents, and the last one or the SKU by its beginning.
    pub(super) named: String,
    /// The same, in the description too: what is found.
    pub(super) found: String,
    /// What `products.sort_name` is if the name is what is searched. None if there are operators.
    pub(super) name: Option<String>,
    /// The words as they are written, for a fuzzy search. None if there are operators.
    pub(super) plain: Option<String>,
}

/// A word, or words side by side.
struct Item {
    words: Vec<Word>,
    /// Whether words that only begin so are meant as well.
    is_beginning: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Spelling {
    AsWritten,
    AnyForm,
}

impl SearchTerms {
    /// At most 200 characters on one line. Blank input means no search.
    ///
    /// Quotes are operators if they stand around words, a hyphen if it stands between a space and a letter, and not in
    /// the first word. Anything else that is no letter or digit is a gap.
    pub fn parse(raw: &str) -> Result<Option<Self>, Invalid> {
        if raw.trim().is_empty() {
            return Ok(None);
        }
        let raw = text::line("q", raw, 200)?;
        let mut wanted: Vec<Item> = Vec::new();
        let mut unwanted: Vec<Item> = Vec::new();
        let mut has_operators = false;
        for token in tokens(&raw) {
            let is_unwanted = !wanted.is_empty() && is_exclusion(token);
            let is_phrase = is_quoted(token);
            let left = MAX_WORDS.saturating_sub(wanted.len());
            let cut: Vec<_> = words(token).into_iter().take(left).collect();
            if cut.is_empty() {
                continue;
            }
            has_operators |= is_phrase || is_unwanted;
            let item = |words| Item { words, is_beginning: false };
            if is_unwanted {
                unwanted.push(item(cut));
            } else if is_phrase {
                wanted.push(item(cut));
            } else {
                wanted.extend(cut.into_iter().map(|word| item(vec![word])));
                for item in &mut wanted {
                    item.is_beginning = false;
                }
                if let Some(last) = wanted.last_mut() {
                    last.is_beginning = true;
                }
            }
        }
        let words =
            || raw.split_whitespace().map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()));
        let plain = || words().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
        let has_words = !wanted.is_empty();
        let query = |item: &dyn Fn(&Item) -> String, sku: Option<&str>| {
            let all = and(wanted.iter().map(item));
            let all = [all].into_iter().chain(sku.map(|sku| beginning(WHOLE_SKU, sku)));
            let without = unwanted.iter().map(|item| format!("!{}", anywhere(item)));
            and([or(all)].into_iter().chain(without))
        };
        // A single word is looked up among the SKUs itself.
        let is_sku = !has_operators && wanted.len() > 1;
        let sku = is_sku.then(|| whole(&wanted)).flatten();
        Ok(Some(Self {
            whole: query(&|item| item.query("", Spelling::AsWritten), None),
            named: query(&|item| item.query("", Spelling::AnyForm), sku.as_deref()),
            found: query(&anywhere, sku.as_deref()),
            name: (has_words && !has_operators).then(|| text::sort_key(&raw)),
            plain: (has_words && !has_operators).then(plain),
        }))
    }

    /// Whether there is no letter or digit: nothing is found.
    pub(super) fn has_no_words(&self) -> bool {
        self.found.is_empty()
    }
}

/// The terms between spaces, and those between quotes.
fn tokens(raw: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = raw.trim_start();
    while !rest.is_empty() {
        let quoted = rest.strip_prefix('"').and_then(|inner| {
            let mut closing = inner.match_indices('"').map(|(at, _)| at);
            closing.find(|at| inner[at + 1..].chars().next().is_none_or(char::is_whitespace))
        });
        let end = quoted.map_or_else(|| rest.find(char::is_whitespace), |at| Some(at + 2));
        let (token, after) = rest.split_at(end.unwrap_or(rest.len()));
        tokens.push(token);
        rest = after.trim_start();
    }
    tokens
}

fn is_quoted(token: &str) -> bool {
    token.len() > 2 && token.starts_with('"') && token.ends_with('"')
}

fn is_exclusion(token: &str) -> bool {
    token.strip_prefix('-').is_some_and(|word| word.starts_with(char::is_alphabetic))
}

/// All words written as one.
fn whole(items: &[Item]) -> Option<String> {
    let words = items.iter().flat_map(|item| &item.words);
    words.map(Word::joined).collect::<Option<String>>().filter(|sku| could_be_sku(sku))
}

fn could_be_sku(joined: &str) -> bool {
    joined.len() >= 2 && joined.chars().all(|c| c.is_ascii_alphanumeric())
}

fn anywhere(item: &Item) -> String {
    or(["", DESCRIBED].map(|begin| item.query(begin, Spelling::AnyForm)))
}

impl Item {
    fn query(&self, begin: &str, spelling: Spelling) -> String {
        let is_beginning = self.is_beginning && spelling == Spelling::AnyForm;
        let mut phrase = String::new();
        let mut distance = 1;
        for word in &self.words {
            let (query, next) = word_query(word, begin, spelling, is_beginning);
            phrase = follow(&phrase, distance, &query);
            distance = next;
        }
        phrase
    }
}

/// The query of a word, and how far behind its last lexeme the next word stands.
fn word_query(word: &Word, begin: &str, spelling: Spelling, is_beginning: bool) -> (String, usize) {
    let pieces: Vec<_> = word.pieces().collect();
    let mut phrase = String::new();
    let mut distance = 1;
    for (number, piece) in pieces.iter().enumerate() {
        let is_last = number + 1 == pieces.len();
        let (query, next) = match piece {
            Piece::Letters(letters) => {
                (any_form(letters, begin, spelling, is_last && is_beginning), 1)
            }
            Piece::Digits(digits) => (lexeme(begin, digits), 1),
            Piece::Unspaced(letters) if letters.chars().count() == 1 => (lexeme(begin, letters), 1),
            Piece::Unspaced(letters) => {
                let pairs = pairs(letters).map(|pair| lexeme(begin, pair));
                (pairs.fold(String::new(), |phrase, pair| follow(&phrase, 1, &pair)), 2)
            }
        };
        phrase = follow(&phrase, distance, &query);
        distance = next;
    }
    let joined = word.joined();
    let sku = joined.as_deref().filter(|sku| is_beginning && begin.is_empty() && could_be_sku(sku));
    let sku = sku.map(|sku| beginning(WHOLE_SKU, sku));
    // Not for numbers: 2.5 is not 25.
    let has_letters = pieces.iter().any(|piece| matches!(piece, Piece::Letters(_)));
    let joined = joined.filter(|_| has_letters && pieces.len() > 1);
    let joined = joined.map(|joined| any_form(&joined, begin, spelling, is_beginning));
    (or([phrase].into_iter().chain(joined).chain(sku)), distance)
}

fn any_form(word: &str, begin: &str, spelling: Spelling, is_beginning: bool) -> String {
    let forms = match spelling {
        Spelling::AsWritten => BTreeSet::from([word.to_owned()]),
        Spelling::AnyForm => forms(word),
    };
    // Too many words begin with the same letter.
    let is_beginning = is_beginning && word.chars().nth(1).is_some();
    let form =
        |form: &String| if is_beginning { beginning(begin, form) } else { lexeme(begin, form) };
    or(forms.iter().map(form))
}

/// Letters, digits and marks need no escapes.
fn lexeme(begin: &str, word: &str) -> String {
    format!("'{begin}{word}'")
}

fn beginning(begin: &str, word: &str) -> String {
    format!("'{begin}{word}':*")
}

fn follow(phrase: &str, distance: usize, next: &str) -> String {
    if phrase.is_empty() { next.to_owned() } else { format!("({phrase} <{distance}> {next})") }
}

fn or(queries: impl IntoIterator<Item = String>) -> String {
    combined(queries, " | ")
}

fn and(queries: impl IntoIterator<Item = String>) -> String {
    combined(queries, " & ")
}

fn combined(queries: impl IntoIterator<Item = String>, operator: &str) -> String {
    let queries: Vec<_> = queries.into_iter().filter(|query| !query.is_empty()).collect();
    if queries.len() == 1 {
        queries.concat()
    } else if queries.is_empty() {
        String::new()
    } else {
        format!("({})", queries.join(operator))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(raw: &str) -> SearchTerms {
        SearchTerms::parse(raw).unwrap().unwrap()
    }

    #[test]
    fn blank_terms_mean_no_search() {
        assert_eq!(SearchTerms::parse("  "), Ok(None));
        assert!(SearchTerms::parse("a\0").is_err());
        for nothing in ["%", "-", "\"\"", "☕ ,", "'"] {
            assert!(parse(nothing).has_no_words(), "{nothing}");
        }
    }

    #[test]
    fn words_are_asked_for_where_they_may_stand() {
        let terms = parse("Red Mug");
        assert_eq!(terms.whole, "('red' & 'mug')");
        assert_eq!(terms.named, "(('red' & ('mug':* | '#mug':*)) | '#redmug':*)");
        assert_eq!(parse("50ml x").whole, "((('50' <1> 'ml') | '50ml') & 'x')");
        assert_eq!(parse("抹茶碗 8").whole, "(('抹茶' <1> '茶碗') & '8')");
        assert_eq!(parse("für").named, "('fuer':* | 'fur':* | 'für':*)");
        assert_eq!(parse("2.5").whole, "('2' <1> '5')");
        assert_eq!(parse("T").named, "'t'");
    }

    #[test]
    fn operators_are_operators_only_where_they_are_meant() {
        for (raw, expected) in [
            ("mug -blue", Some("('mug' & !('blue' | '~blue'))")),
            ("\"blue mug\"", Some("('blue' <1> 'mug')")),
            ("mug - blue", None),
            ("-blue", None),
            ("cooler -40C", None),
            ("27\" monitor", None),
            ("plate or cup", None),
        ] {
            let terms = parse(raw);
            assert_eq!(terms.plain.is_none(), expected.is_some(), "{raw}");
            assert_eq!(terms.name.is_none(), expected.is_some(), "{raw}");
            assert!(expected.is_none_or(|expected| terms.whole == expected), "{}", terms.whole);
        }
    }

    proptest! {
        #[test]
        fn any_line_is_a_search(raw in any::<String>()) {
            if let Ok(Some(terms)) = SearchTerms::parse(&raw) {
                prop_assert_eq!(terms.has_no_words(), terms.whole.is_empty());
                let quotes = terms.found.matches('\'').count();
                prop_assert!(quotes % 2 == 0 && !terms.found.contains('\\'));
            }
        }
    }
}
