//! How the numbers of the networks' cards begin, and how long they are.

/// The first four digits, from and to, and the lengths.
type Range = (u32, u32, &'static [usize]);

/// The networks whose brands set the PCI standard, with Diners Club and Maestro. Source: credit-card-type 10.3.0 on npm,
/// read on 2026-12-01, and the networks' test numbers. Left out are lengths that other numbers are known for and few or no
/// cards have: 13 digits (EAN; Visa until 2000, phone numbers), 18 digits of `UnionPay` (identity numbers of Gansu begin
/// like it), 12 to 15 digits of Maestro but for its old prefixes, JCB's and Visa's 17 and 18.
#[rustfmt::skip]
const RANGES: [Range; 26] = [
    // Visa
    (4000, 4999, &[16, 19]),
    // Mastercard
    (2221, 2720, &[16]), (5100, 5599, &[16]),
    // American Express
    (3400, 3499, &[15]), (3700, 3799, &[15]),
    // Discover
    (6011, 6011, &[16, 19]), (6440, 6499, &[16, 19]), (6500, 6599, &[16, 19]),
    // Diners Club
    (3000, 3059, &[14, 16, 19]), (3095, 3095, &[14, 16, 19]), (3600, 3699, &[14, 16, 19]), (3800, 3999, &[14, 16, 19]),
    // JCB
    (3528, 3589, &[16, 19]),
    // UnionPay
    (6200, 6299, &[16, 17, 19]), (8100, 8171, &[16, 17, 19]),
    // Maestro
    (5018, 5018, OLD_MAESTRO), (5020, 5020, OLD_MAESTRO), (5038, 5038, OLD_MAESTRO), (5893, 5893, OLD_MAESTRO),
    (6304, 6304, OLD_MAESTRO), (6759, 6759, OLD_MAESTRO), (6761, 6763, OLD_MAESTRO),
    (5000, 5099, &[16, 19]), (5600, 5999, &[16, 19]), (6300, 6399, &[16, 19]), (6700, 6799, &[16, 19]),
];
const OLD_MAESTRO: &[usize] = &[12, 14, 15, 16, 17, 18, 19];

/// Whether the digits are a card number.
pub(super) fn is_card(digits: &str) -> bool {
    let Some(Ok(prefix)) = digits.get(..4).map(str::parse) else { return false };
    let of_network = |(first, last, lengths): &Range| {
        (*first..=*last).contains(&prefix) && lengths.contains(&digits.len())
    };
    RANGES.iter().any(of_network) && passes_luhn_check(digits) && !is_establishment(digits)
}

/// The numbers of companies' establishments in France (SIRET) and Brazil (CNPJ) have 14 digits as Diners Club's have, and
/// the French ones the same check digit. They end with the number of the establishment, which is small.
fn is_establishment(digits: &str) -> bool {
    digits.len() == 14
        && (digits[9..].starts_with("00") && passes_luhn_check(&digits[..9]) || is_cnpj(digits))
}

fn is_cnpj(digits: &str) -> bool {
    let values: Vec<u32> = digits.chars().filter_map(|c| c.to_digit(10)).collect();
    let check_digit = |of: usize| {
        let weights = (2..=9).cycle();
        let sum: u32 = values[..of].iter().rev().zip(weights).map(|(value, by)| value * by).sum();
        match sum % 11 {
            0 | 1 => 0,
            rest => 11 - rest,
        }
    };
    digits[8..].starts_with("000") && values[12] == check_digit(12) && values[13] == check_digit(13)
}

/// The Luhn algorithm.
fn passes_luhn_check(digits: &str) -> bool {
    let values = digits.chars().rev().filter_map(|c| c.to_digit(10));
    let weighted = values.enumerate().map(|(index, digit)| match (index % 2, digit) {
        (0, digit) => digit,
        (_, digit @ 0..=4) => digit * 2,
        (_, digit) => digit * 2 - 9,
    });
    weighted.sum::<u32>() % 10 == 0
}
