//! Detection of payment card numbers in free text, which must not be stored (PCI DSS).
//!
//! Only what begins, is as long and is grouped as the networks' cards are, has a valid check digit, and is not a part of a
//! longer number. One in ten numbers has a valid check digit, so asking for less refuses phone numbers and IBANs.

mod iban;
mod networks;
#[cfg(test)]
mod tests;

use crate::failure::Invalid;
use unicode_normalization::UnicodeNormalization;

/// How cards are printed that are not in groups of four: American Express, Diners Club, and 19 digits of `UnionPay`.
const PRINTED: [&[usize]; 3] = [&[4, 6, 5], &[4, 6, 4], &[6, 13]];
/// Letters beside digits are a word from this length on. Fewer are a part of the number, as in INV123 and 123456785GB.
const WORD: usize = 4;

/// Returns the text unless a part of it looks like a payment card number.
pub fn reject_card_number(pointer: &str, text: String) -> Result<String, Invalid> {
    if contains_card_number(&text) {
        let detail = "looks like the number of a payment card, which must not be stored";
        return Err(Invalid::new(pointer, "looks_like_a_card", detail));
    }
    Ok(text)
}

fn contains_card_number(text: &str) -> bool {
    // Also turns full-width digits and unusual spaces into the usual ones.
    let text: String = text.nfkc().collect();
    let text = iban::without_ibans(&text);
    let groups = groups(&text);
    (0..groups.len()).any(|first| begins_card(groups[..first].last(), &groups[first..]))
}

/// ASCII letters, digits and underscores that stand together.
struct Group<'t> {
    /// What stands between it and the group before.
    between: &'t str,
    text: &'t str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Gap {
    Spaces,
    Hyphens,
    Other,
}

impl Group<'_> {
    fn gap(&self) -> Gap {
        let is_hyphen = |c: char| c == '-' || ('\u{2010}'..='\u{2015}').contains(&c);
        match self.between {
            "" => Gap::Other,
            text if text.chars().all(|c| c == ' ') => Gap::Spaces,
            text if text.chars().all(|c| c == ' ' || is_hyphen(c)) => Gap::Hyphens,
            _ => Gap::Other,
        }
    }

    fn is_number(&self) -> bool {
        !self.text.is_empty() && self.text.bytes().all(|byte| byte.is_ascii_digit())
    }

    /// Whether it has a digit and as many characters as the groups of the number beside it.
    fn is_like(&self, size: usize) -> bool {
        self.text.len() == size && self.text.bytes().any(|byte| byte.is_ascii_digit())
    }
}

fn groups(text: &str) -> Vec<Group<'_>> {
    let is_inside = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let (mut groups, mut rest) = (Vec::new(), text);
    while let Some(start) = rest.find(is_inside) {
        let (between, from) = rest.split_at(start);
        let (text, after) = from.split_at(from.find(|c| !is_inside(c)).unwrap_or(from.len()));
        groups.push(Group { between, text: without_words(text) });
        rest = after;
    }
    groups
}

fn without_words(group: &str) -> &str {
    let is_letter = |c: char| c.is_ascii_alphabetic();
    let shorter = |whole: &'_ str, part: &'_ str| whole.len() - part.len() >= WORD;
    let end = group.trim_start_matches(is_letter);
    let group = if shorter(group, end) { end } else { group };
    let start = group.trim_end_matches(is_letter);
    if shorter(group, start) { start } else { group }
}

/// Whether the first groups of `from` are a card number.
fn begins_card(before: Option<&Group<'_>>, from: &[Group<'_>]) -> bool {
    let [first, rest @ ..] = from else { return false };
    let ends_with_digit = |text: &str| text.ends_with(|c: char| c.is_ascii_digit());
    let is_fraction =
        first.between == "." && before.is_some_and(|group| ends_with_digit(group.text));
    if !first.is_number() || is_fraction {
        return false;
    }
    let gap = rest.first().map_or(Gap::Other, Group::gap);
    let more = rest.iter().take_while(|g| gap != Gap::Other && g.gap() == gap && g.is_number());
    let numbers: Vec<&str> = [first].into_iter().chain(more).map(|group| group.text).collect();
    let lengths: Vec<usize> = numbers.iter().map(|number| number.len()).collect();
    let printed = PRINTED.iter().find(|shape| lengths.starts_with(shape)).map(|shape| shape.len());
    let even = even_groups(before.filter(|_| first.gap() != Gap::Other), &numbers, from);
    [Some(1), printed].into_iter().flatten().chain(even).any(|count| {
        let digits = numbers[..count].concat();
        let is_phone = first.between.ends_with('+') && digits.len() <= 15;
        !is_phone && networks::is_card(&digits)
    })
}

/// How many of the first groups may be a card in equal groups (of four, two or one; the last may be shorter). None if the
/// groups go on in the same way before or after: then they are a part of a longer number.
fn even_groups(before: Option<&Group<'_>>, numbers: &[&str], from: &[Group<'_>]) -> Vec<usize> {
    let size = numbers[0].len();
    if !matches!(size, 1 | 2 | 4) || before.is_some_and(|group| group.is_like(size)) {
        return Vec::new();
    }
    let even = numbers.iter().take_while(|number| number.len() == size).count();
    if size == 4 && even > 4 && is_expiry(numbers[4]) {
        return vec![4];
    }
    if from.get(even).is_some_and(|group| group.gap() != Gap::Other && group.is_like(size)) {
        return Vec::new();
    }
    let last_is_shorter = numbers.get(even).is_some_and(|number| number.len() < size);
    let with_last = last_is_shorter.then_some(even + 1);
    [even].into_iter().chain(with_last).collect()
}

/// Month and year, as in 0928.
fn is_expiry(group: &str) -> bool {
    let (month, year) = group.split_at(2);
    ("01"..="12").contains(&month) && ("24"..="60").contains(&year)
}
