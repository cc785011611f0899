//! Card numbers have no business in the shop: whoever writes one down by mistake is told.

use crate::failure::Invalid;

const SEPARATORS: [char; 3] = [' ', '-', '\u{a0}'];

/// Hands text back unless a part of it could be the number of a payment card.
pub fn without_card(pointer: &str, text: String) -> Result<String, Invalid> {
    if holds_card(&text) {
        let detail = "this looks like the number of a payment card, which the shop must not keep";
        return Err(Invalid::new(pointer, "looks_like_a_card", detail));
    }
    Ok(text)
}

fn holds_card(text: &str) -> bool {
    let runs = text.split(|c: char| !c.is_ascii_digit() && !SEPARATORS.contains(&c));
    runs.map(|run| run.split(SEPARATORS).filter(|group| !group.is_empty()).collect::<Vec<_>>())
        .any(|groups| (0..groups.len()).any(|first| starts_card(&groups[first..])))
}

/// Whether some of the first groups together are a card number, as `4242 4242 4242 4242` is.
fn starts_card(groups: &[&str]) -> bool {
    let mut digits = String::new();
    for group in groups {
        digits.push_str(group);
        if digits.len() > 19 {
            return false;
        }
        if digits.len() >= 13 && fits_check_digit(&digits) {
            return true;
        }
    }
    false
}

/// The Luhn formula. Nothing but zeros fits it, and is no card.
fn fits_check_digit(digits: &str) -> bool {
    let values = digits.chars().rev().filter_map(|c| c.to_digit(10));
    let weighed = values.enumerate().map(|(place, digit)| match (place % 2, digit) {
        (0, digit) => digit,
        (_, digit @ 0..=4) => digit * 2,
        (_, digit) => digit * 2 - 9,
    });
    weighed.sum::<u32>() % 10 == 0 && digits.contains(|c| c != '0')
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
            assert!(holds_card(text), "{text}");
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
            assert!(!holds_card(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn one_wrong_digit_makes_it_no_card(at in 0..16_usize, by in 1..10_u32) {
            let mut digits: Vec<u32> = "4242424242424242".chars().filter_map(|c| c.to_digit(10)).collect();
            digits[at] = (digits[at] + by) % 10;
            let text: String = digits.iter().map(ToString::to_string).collect();
            prop_assert!(!holds_card(&text), "{}", text);
        }
    }
}
