//! Detection of payment card numbers in free text, which must not be stored (PCI DSS).

use crate::failure::Invalid;

const SEPARATORS: [char; 3] = [' ', '-', '\u{a0}'];

/// Returns the text unless a part of it looks like a payment card number.
pub fn reject_card_number(pointer: &str, text: String) -> Result<String, Invalid> {
    if contains_card_number(&text) {
        let detail = "looks like the number of a payment card, which must not be stored";
        return Err(Invalid::new(pointer, "looks_like_a_card", detail));
    }
    Ok(text)
}

fn contains_card_number(text: &str) -> bool {
    let runs = text.split(|c: char| !c.is_ascii_digit() && !SEPARATORS.contains(&c));
    runs.map(|run| run.split(SEPARATORS).filter(|group| !group.is_empty()).collect::<Vec<_>>())
        .any(|groups| (0..groups.len()).any(|first| starts_with_card_number(&groups[first..])))
}

/// Whether the digits of the first groups together form a card number, as in `4242 4242 4242 4242`.
fn starts_with_card_number(groups: &[&str]) -> bool {
    let mut digits = String::new();
    for group in groups {
        digits.push_str(group);
        if digits.len() > 19 {
            return false;
        }
        if digits.len() >= 13 && passes_luhn_check(&digits) {
            return true;
        }
    }
    false
}

/// The Luhn algorithm. All zeros pass it, but are not a card number.
fn passes_luhn_check(digits: &str) -> bool {
    let values = digits.chars().rev().filter_map(|c| c.to_digit(10));
    let weighted = values.enumerate().map(|(index, digit)| match (index % 2, digit) {
        (0, digit) => digit,
        (_, digit @ 0..=4) => digit * 2,
        (_, digit) => digit * 2 - 9,
    });
    weighted.sum::<u32>() % 10 == 0 && digits.contains(|c| c != '0')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_card_number_is_found_however_it_is_written() {
        for text in [
            "4242424242424242",
            "4242 4242 4242 4242",
            "4000-0566-5566-5556",
            "my card: 5555555555554444, thanks",
            "flat 12 4242 4242 4242 4242",
            "3782 822463 10005",
            "6304 0000 0000 0000 0000",
            "4222222222222",
        ] {
            assert!(contains_card_number(text), "{text}");
        }
    }

    #[test]
    fn other_numbers_are_no_cards() {
        for text in [
            "",
            "4242 4242 4242 4241",
            "+49 30 1234567",
            "order 123456789012",
            "00000000000000",
            "42424242424242424242",
            "4242,4242,4242,4242",
            "1990 - 2020",
        ] {
            assert!(!contains_card_number(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn one_wrong_digit_makes_it_no_card(at in 0..16_usize, by in 1..10_u32) {
            let mut digits: Vec<u32> = "4242424242424242".chars().filter_map(|c| c.to_digit(10)).collect();
            digits[at] = (digits[at] + by) % 10;
            let text: String = digits.iter().map(ToString::to_string).collect();
            prop_assert!(!contains_card_number(&text), "{}", text);
        }
    }
}
