//! Numbers of bank accounts (ISO 13616), which are found by their check digits.

/// Characters, without spaces: Norway has the shortest, and the standard allows 34.
const LENGTHS: std::ops::RangeInclusive<usize> = 15..=34;

/// The text with a semicolon in place of each IBAN, which begins a word or follows the word IBAN.
pub(super) fn without_ibans(text: &str) -> String {
    let (mut kept, mut rest) = (String::new(), text);
    while let Some(start) = rest.find(|c: char| c.is_ascii_alphabetic()) {
        let (before, from) = rest.split_at(start);
        kept.push_str(before);
        let word = kept.trim_end_matches(|c: char| c.is_ascii_alphabetic()).len();
        let begins_word = word == kept.len() || kept[word..].eq_ignore_ascii_case("iban");
        let length = if begins_word { iban(from) } else { None };
        kept.push_str(if length.is_some() { ";" } else { &from[..1] });
        rest = &from[length.unwrap_or(1)..];
    }
    kept + rest
}

/// The length in bytes of the IBAN that the text begins with: two letters, two digits, and the rest, maybe in groups.
fn iban(text: &str) -> Option<usize> {
    let mut compact = String::new();
    let mut characters = text.char_indices().peekable();
    while let Some((at, c)) = characters.next() {
        match c {
            'A'..='Z' | 'a'..='z' | '0'..='9' => compact.push(c.to_ascii_uppercase()),
            ' ' | '-' if compact.len() >= 4 => continue,
            _ => return None,
        }
        let is_letter = c.is_ascii_alphabetic();
        let begins_well = compact.len() > 4 || is_letter == (compact.len() <= 2);
        if !begins_well || compact.len() > *LENGTHS.end() {
            return None;
        }
        let ends = !characters.peek().is_some_and(|(_, next)| next.is_ascii_alphanumeric());
        if ends && LENGTHS.contains(&compact.len()) && has_valid_check_digits(&compact) {
            return Some(at + 1);
        }
    }
    None
}

/// The remainder of the whole number by 97 is 1. Letters count from A = 10, and the first four characters come last.
fn has_valid_check_digits(iban: &str) -> bool {
    let (head, account) = iban.split_at(4);
    let values = account.chars().chain(head.chars()).filter_map(|c| c.to_digit(36));
    let shift = |value| if value > 9 { 100 } else { 10 };
    values.fold(0, |rest, value| (rest * shift(value) + value) % 97) == 1
}
