//! Rounding, and sharing out without a remainder. Whole numbers only; products are taken in 128 bits. Pure.

use std::cmp::Reverse;

/// `numerator / denominator` to the nearest whole number, halves up. Neither is negative, and the denominator is not 0.
pub(super) fn half_up(numerator: i128, denominator: i128) -> i64 {
    narrow((2 * numerator + denominator) / (2 * denominator))
}

/// Shares `total` out over the exact parts `numerators[i] / denominator`, whose sum it is, rounded: each is rounded down, and
/// the units that are missing go to the largest remainders, among equal ones to the first.
pub(super) fn apportion(total: i64, numerators: &[i128], denominator: i128) -> Vec<i64> {
    let mut parts: Vec<i64> = numerators.iter().map(|part| narrow(part / denominator)).collect();
    let missing = total - parts.iter().sum::<i64>();
    if let Ok(missing @ 1..) = usize::try_from(missing) {
        let mut places: Vec<usize> = (0..parts.len()).collect();
        places.sort_by_key(|place| Reverse(numerators[*place] % denominator));
        for place in places.into_iter().take(missing) {
            parts[place] += 1;
        }
    }
    parts
}

/// Shares `total` out in proportion to the weights. With no weight at all, nobody gets anything.
pub(super) fn share(total: i64, weights: &[i64]) -> Vec<i64> {
    let sum: i128 = weights.iter().map(|weight| i128::from(*weight)).sum();
    if sum == 0 {
        return vec![0; weights.len()];
    }
    let numerators: Vec<i128> = weights.iter().map(|weight| product(total, *weight)).collect();
    apportion(total, &numerators, sum)
}

pub(super) fn product(a: i64, b: i64) -> i128 {
    i128::from(a) * i128::from(b)
}

/// A quotient that is no larger than an amount.
pub(super) fn narrow(quotient: i128) -> i64 {
    i64::try_from(quotient).expect("a part of an amount is not larger than the amount")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn halves_go_up() {
        for (numerator, denominator, rounded) in
            [(0, 2, 0), (1, 2, 1), (3, 2, 2), (4, 3, 1), (5, 3, 2), (7, 7, 1), (298_500, 1000, 299)]
        {
            assert_eq!(half_up(numerator, denominator), rounded, "{numerator}/{denominator}");
        }
    }

    #[test]
    fn what_is_missing_goes_to_the_largest_remainders_and_among_equal_ones_to_the_first() {
        assert_eq!(share(10, &[10, 10, 10]), [4, 3, 3]);
        assert_eq!(share(100, &[1, 2, 4]), [14, 29, 57]);
        assert_eq!(share(1, &[1, 1]), [1, 0]);
        assert_eq!(share(0, &[0, 0]), [0, 0]);
        assert_eq!(share(5, &[0, 7, 0]), [0, 5, 0]);
    }

    proptest! {
        #[test]
        fn shares_add_up_and_none_is_a_unit_or_more_from_its_exact_value(
            total in 0..=1_000_000_000_000_i64,
            weights in prop::collection::vec(0..=1_000_000_000_000_i64, 1..20),
        ) {
            let sum: i128 = weights.iter().map(|weight| i128::from(*weight)).sum();
            prop_assume!(sum > 0);
            let parts = share(total, &weights);
            prop_assert_eq!(parts.iter().sum::<i64>(), total);
            for (part, weight) in parts.iter().zip(&weights) {
                let off = i128::from(*part) * sum - product(total, *weight);
                prop_assert!(off.abs() < sum, "{part} of {total} for {weight} of {sum}");
                prop_assert!(i128::from(total) > sum || part <= weight);
            }
        }
    }
}
