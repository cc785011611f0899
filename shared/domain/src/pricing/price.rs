//! Chooses the discounts of a basket, prices it, and says what is wrong with the result. Pure.

use super::basket::{Basket, Wish};
use super::bill::Bill;
use super::calculation::Calculation;
use super::discount::{Eligible, alternatives};
use super::itemize::Itemized;
use super::problem::Problem;
use super::rules::Rules;

/// Prices a basket. Without rules (`Rules::default()`), the total is the subtotal and nothing else. Of the sets of discounts
/// that may apply, that with the lowest total does; one with a total that cannot be paid, or that the chosen method is not
/// offered for, only if there is no other.
pub fn bill(basket: &Basket, rules: &Rules, wish: &Wish) -> Bill {
    let calculation = Calculation::new(basket, rules, wish);
    let method = wish.shipping_method;
    let method = rules.shipping_methods.iter().find(|known| Some(known.id) == method);
    let mut problems = Vec::new();
    let eligible = Eligible::all(basket, rules, wish, &mut problems);

    let outcomes = alternatives(&eligible).into_iter().map(|places| {
        let discounts: Vec<&Eligible<'_>> = places.iter().map(|place| &eligible[*place]).collect();
        let outcome = calculation.with(&discounts, method);
        (places, discounts, outcome)
    });
    let (places, discounts, outcome) = outcomes
        .min_by_key(|(_, _, outcome)| {
            let is_offered = method.is_none() || outcome.shipping.is_some();
            let total = outcome.total * calculation.step;
            let is_payable = range_problem(basket, total).is_none();
            (!(is_offered && is_payable), outcome.total)
        })
        .expect("no discount at all is an alternative");
    let rejected = eligible.iter().enumerate().filter(|(place, _)| !places.contains(place));
    let rejected = rejected.filter_map(|(_, one)| one.code);
    problems.extend(rejected.map(|code| Problem::CodeNotCombinable { code }));

    let itemized =
        Itemized { basket, rules, wish, calculation: &calculation, discounts: &discounts };
    let mut bill = itemized.bill(&outcome);
    problems.extend(found(basket, rules, wish, &bill));
    problems.sort_by_key(Problem::severity);
    bill.problems = problems;
    bill
}

/// What is wrong with a bill, but for the codes.
fn found(basket: &Basket, rules: &Rules, wish: &Wish, bill: &Bill) -> Vec<Problem> {
    let lines = basket.lines();
    if lines.is_empty() {
        return vec![Problem::Empty];
    }
    let currency = basket.currency();
    let is_payable =
        |minor: i64| minor == 0 || (currency.is_tender() && minor % currency.step().minor == 0);
    let unpayable = lines.iter().enumerate().filter(|(_, line)| !is_payable(line.unit_minor));
    let mut found: Vec<Problem> =
        unpayable.map(|(line, _)| Problem::AmountNotPayable { line }).collect();

    let must_ship = rules.has_shipping && lines.iter().any(|line| line.requires_shipping);
    let known = |id| rules.shipping_methods.iter().any(|method| method.id == id);
    let wished = wish.shipping_method;
    match &wish.destination {
        None if rules.has_tax || must_ship || wished.is_some_and(known) => {
            found.push(Problem::AddressRequired);
        }
        None => {}
        Some(place) => {
            if wish.is_estimated && (rules.has_tax || must_ship) {
                found.push(Problem::AddressRequired);
            }
            if rules.has_regions && place.region().is_empty() {
                found.push(Problem::RegionRequired);
            }
            if must_ship && bill.shipping_options.is_empty() {
                found.push(Problem::NoShippingThere);
            } else if must_ship && wished.is_none() {
                found.push(Problem::ShippingRequired);
            }
        }
    }
    let is_gone = |id| bill.shipping.is_none() && (wish.destination.is_some() || !known(id));
    if wished.is_some_and(is_gone) {
        found.push(Problem::ShippingOptionGone);
    }
    found.extend(range_problem(basket, bill.total.minor));
    let is_exempt = rules.tax.as_ref().is_some_and(|tax| tax.exempts() && !tax.rates.is_empty());
    if is_exempt && wish.destination.is_some() {
        found.push(Problem::TaxExempt);
    }
    found
}

/// Whether a total in minor units is too small or too large to be charged. Nothing needs no charge.
fn range_problem(basket: &Basket, total: i64) -> Option<Problem> {
    let (least, most) = (basket.currency().least(), basket.currency().ceiling());
    if total > most.minor {
        Some(Problem::TotalTooLarge { most })
    } else if total > 0 && total < least.minor {
        Some(Problem::TotalTooSmall { least })
    } else {
        None
    }
}
