//! Which discounts a basket may have, and what each takes off. Pure.

use super::arithmetic::{half_up, product, share};
use super::basket::{Basket, Line, Wish};
use super::problem::Problem;
use super::rules::{Discount, DiscountTarget, DiscountValue, Rules};
use crate::id::DiscountId;
use crate::money::Money;

const MOST_AUTOMATIC: usize = 10;
/// A percent is a hundred basis points.
const WHOLE_BP: i128 = 10_000;

/// A discount that the basket may have, for itself.
#[derive(Clone, Debug)]
pub(super) struct Eligible<'a> {
    pub(super) discount: &'a Discount,
    /// The place of its code among those that were given.
    pub(super) code: Option<usize>,
    /// The places of the lines that it takes off; all, unless it is for products.
    pub(super) lines: Vec<usize>,
}

/// Why a code does not apply.
enum Unusable {
    NotValid,
    Ended,
    UsedUp,
    Minimum(Money),
}

impl<'a> Eligible<'a> {
    /// What the basket may have, by class, priority and id: ten without a code at most, and those of the first five codes.
    /// Codes that it may not have are reported.
    pub(super) fn all(
        basket: &Basket,
        rules: &'a Rules,
        wish: &Wish,
        problems: &mut Vec<Problem>,
    ) -> Vec<Self> {
        let automatic = rules.discounts.iter().filter(|discount| discount.code.is_none());
        let mut automatic: Vec<&Discount> =
            automatic.filter(|discount| discount.is_current(rules, basket).is_ok()).collect();
        automatic.sort_by_key(|discount| discount.rank());
        automatic.truncate(MOST_AUTOMATIC);
        let mut all: Vec<Self> =
            automatic.into_iter().filter_map(|one| Self::of(one, None, basket).ok()).collect();

        let codes = wish.codes.as_slice();
        for (place, code) in codes.iter().enumerate() {
            if codes[..place].contains(code) {
                continue;
            }
            let mut known = rules.discounts.iter();
            let known = known.find(|discount| discount.code.as_ref() == Some(code));
            let found = known.ok_or(Unusable::NotValid).and_then(|discount| {
                discount.is_current(rules, basket)?;
                Self::of(discount, Some(place), basket)
            });
            match found {
                Ok(eligible) => all.push(eligible),
                Err(why) => problems.push(why.problem(place)),
            }
        }
        all.sort_by_key(|one| (one.discount.target, one.discount.rank()));
        all
    }

    fn of(discount: &'a Discount, code: Option<usize>, basket: &Basket) -> Result<Self, Unusable> {
        let lines = basket.lines().iter().enumerate().filter(|(_, line)| discount.is_for(line));
        let lines: Vec<usize> = lines.map(|(place, _)| place).collect();
        if lines.is_empty() {
            return Err(Unusable::NotValid);
        }
        let price: i128 = lines.iter().map(|place| basket.lines()[*place].total()).sum();
        match discount.minimum_minor {
            Some(minor) if price < i128::from(minor) => {
                Err(Unusable::Minimum(Money { minor, currency: basket.currency() }))
            }
            _ => Ok(Self { discount, code, lines }),
        }
    }

    pub(super) fn is_for_shipping(&self) -> bool {
        self.discount.target == DiscountTarget::Shipping
    }

    /// Takes it off what is left of its lines, in steps of the currency, and returns the part of each.
    pub(super) fn take(&self, left: &mut [i64], step: i64) -> Vec<i64> {
        let weights: Vec<i64> = self.lines.iter().map(|place| left[*place]).collect();
        let parts = share(self.off(weights.iter().sum(), step), &weights);
        for (place, part) in self.lines.iter().zip(&parts) {
            left[*place] -= part;
        }
        parts
    }

    /// What it takes off `base`, both in steps of the currency.
    pub(super) fn off(&self, base: i64, step: i64) -> i64 {
        match self.discount.value {
            DiscountValue::PercentBp(bp) => half_up(product(base, bp.into()), WHOLE_BP),
            DiscountValue::FixedMinor(minor) => base.min(minor / step),
        }
    }
}

impl Discount {
    /// Among those of one class, which comes first and wins ties.
    pub(super) fn rank(&self) -> (i16, DiscountId) {
        (self.priority, self.id)
    }

    /// Whether it holds now, in this currency, and may be used once more.
    fn is_current(&self, rules: &Rules, basket: &Basket) -> Result<(), Unusable> {
        let is_up = |used, most: Option<i32>| most.is_some_and(|most| used >= most);
        if self.starts_at.is_some_and(|at| rules.at < at)
            || self.currency.is_some_and(|only| only != basket.currency())
        {
            Err(Unusable::NotValid)
        } else if self.ends_at.is_some_and(|at| rules.at >= at) {
            Err(Unusable::Ended)
        } else if is_up(self.used, self.max_uses) || is_up(self.used_by_buyer, self.max_per_buyer) {
            Err(Unusable::UsedUp)
        } else {
            Ok(())
        }
    }

    fn is_for(&self, line: &Line) -> bool {
        self.target != DiscountTarget::Products
            || self.products.contains(&line.product)
            || self.categories.iter().any(|category| line.categories.contains(category))
    }
}

impl Unusable {
    fn problem(self, code: usize) -> Problem {
        match self {
            Self::NotValid => Problem::CodeNotValid { code },
            Self::Ended => Problem::CodeEnded { code },
            Self::UsedUp => Problem::CodeUsedUp { code },
            Self::Minimum(minimum) => Problem::CodeMinimum { code, minimum },
        }
    }
}

/// The sets of discounts that may apply, each by the places in `eligible`, with the rank by which ties are broken: all that
/// combine together, each other one alone, and none at all, which comes last.
pub(super) fn alternatives(eligible: &[Eligible<'_>]) -> Vec<Vec<usize>> {
    let (together, alone): (Vec<usize>, Vec<usize>) =
        (0..eligible.len()).partition(|place| eligible[*place].discount.combines);
    let mut sets: Vec<Vec<usize>> = alone.into_iter().map(|place| vec![place]).collect();
    if !together.is_empty() {
        sets.push(together);
    }
    sets.sort_by_key(|set| set.iter().map(|place| eligible[*place].discount.rank()).min());
    sets.push(Vec::new());
    sets
}
