//! The largest amounts and baskets.

use super::*;
use crate::money::MoneyError;

const MOST: i64 = 999_999_999_999;

#[test]
fn a_hundred_lines_of_a_thousand_pieces_at_twelve_digits_are_priced() {
    let mut case =
        case("EUR").component("standard", "a", 1_000_000).component("standard", "b", 1_000_000);
    for _ in 0..100 {
        case = case.line(1000, MOST, "standard");
    }
    let subtotal = 100 * 1000 * MOST;
    case = case.shipping(MOST).percent_off(1).fixed_off(MOST);
    let percent = subtotal / 10_000;

    let bill = case.bill();

    assert_eq!(bill.discount.minor, percent + MOST);
    let left = subtotal - percent - MOST + MOST;
    assert_eq!((bill.tax.minor, bill.total.minor), (2 * left, 3 * left));
    assert_eq!(minors(bill.taxes.iter().map(|tax| tax.amount)), [left, left]);
    assert_eq!(bill.problems, [Problem::TotalTooLarge { most: case.money(MOST) }]);
}

#[test]
fn what_could_not_be_computed_with_is_no_basket() {
    let of = |quantity, unit| {
        let lines = case("EUR").line(quantity, unit, "standard").lines;
        Basket::new(Currency::EUR, lines).map(|basket| basket.lines().len())
    };
    assert_eq!(of(1000, MOST), Ok(1));
    for (quantity, unit) in
        [(1, i64::MAX), (i32::MAX, i64::MAX), (1, i64::MIN), (1, -1), (-1, 1), (-1, -1)]
    {
        assert_eq!(of(quantity, unit), Err(MoneyError::TooLarge), "{quantity} at {unit}");
    }
    let mut many = case("EUR");
    for _ in 0..101 {
        many = many.line(1000, MOST, "standard");
    }
    assert_eq!(Basket::new(Currency::EUR, many.lines), Err(MoneyError::TooLarge));
}
