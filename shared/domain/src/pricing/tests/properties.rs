//! What holds for every bill.

use super::*;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

const CATEGORIES: [&str; 6] = ["none", "zero", "low", "city", "two", "whole"];

fn target() -> impl Strategy<Value = (DiscountTarget, usize)> {
    use DiscountTarget::{Order, Products, Shipping};
    (select(vec![Products, Order, Shipping]), 0..6_usize)
}

prop_compose! {
    /// Up to six lines in currencies of 0, 2 and 3 decimals, with up to four discounts and one method.
    fn any_case()(
        currency in select(vec!["EUR", "JPY", "KWD", "UGX"]),
        lines in vec((1..10_i32, prop_oneof![0..3_i64, 0..30_000_i64], select(&CATEGORIES[..])), 1..7),
        discounts in vec((target(), any::<bool>(), 1..=10_000_i32, any::<bool>(), 1..4_i16), 0..5),
        shipping in proptest::option::of((0..2000_i64, 0..30_000_i64)),
        is_included: bool,
        rule in select(vec![ShippingTaxRule::Follow, ShippingTaxRule::Own, ShippingTaxRule::None]),
    ) -> Case {
        let mut case = case(currency).rate("zero", 0).rate("low", 41_666).rate("city", 88_750);
        case = case.component("two", "gst", 50_000).component("two", "qst", 99_750);
        case = case.rate("whole", 1_000_000).shipping_taxed(rule);
        case.country_tax().prices_include_tax = is_included;
        let step = case.currency.step().minor;
        for (quantity, unit, category) in &lines {
            case = case.line(*quantity, unit * step, category);
        }
        for ((target, place), is_fixed, value, combines, priority) in discounts {
            let fixed = DiscountValue::FixedMinor(i64::from(value) * step);
            let value = if is_fixed { fixed } else { DiscountValue::PercentBp(value) };
            case = case.discount(target, value).change_discount(|discount| {
                discount.products = vec![product(0), product(place % lines.len())];
                (discount.combines, discount.priority) = (combines, priority);
            });
        }
        if let Some((price, free_from)) = shipping {
            case = case.shipping(price * step);
            case.last_method().tax_category = "city".to_owned();
            case.last_method().free_from_minor = Some(free_from * step);
        }
        case
    }
}

fn sum(amounts: impl IntoIterator<Item = Money>) -> i64 {
    amounts.into_iter().map(|amount| amount.minor).sum()
}

fn ppm(category: &str) -> i64 {
    match category {
        "low" => 41_666,
        "city" => 88_750,
        "two" => 149_750,
        "whole" => 1_000_000,
        _ => 0,
    }
}

proptest! {
    #[test]
    fn all_parts_add_up_to_the_total_and_can_be_paid(case in any_case()) {
        let bill = case.bill();
        let (lines, shipping) = (&bill.lines, bill.shipping.as_ref());
        let of_shipping = |of: fn(&super::super::bill::BilledShipping) -> Money| shipping.map(of);

        let sums = bill.subtotal.minor - bill.discount.minor + bill.shipping_price.minor + bill.tax.minor;
        prop_assert_eq!(bill.total.minor, sums);
        prop_assert_eq!(sum(lines.iter().map(|line| line.total)), bill.subtotal.minor);
        let paid = lines.iter().map(|line| line.paid).chain(of_shipping(|one| one.paid));
        prop_assert_eq!(sum(paid), bill.total.minor);
        let discounts = lines.iter().map(|line| line.discount).chain(of_shipping(|one| one.discount));
        prop_assert_eq!(sum(discounts), bill.discount.minor);
        let added = lines.iter().map(|line| line.tax).chain(of_shipping(|one| one.tax));
        prop_assert_eq!(sum(added), bill.tax.minor);
        let included = lines.iter().map(|line| line.tax_included);
        prop_assert_eq!(sum(included.chain(of_shipping(|one| one.tax_included))), bill.tax_included.minor);
        prop_assert!(bill.tax.minor == 0 || bill.tax_included.minor == 0);
        let taxes = sum(bill.taxes.iter().map(|tax| tax.amount));
        prop_assert_eq!(taxes, bill.tax.minor + bill.tax_included.minor);

        for line in lines {
            let parts = [line.total, line.discount, line.tax, line.tax_included, line.paid];
            prop_assert!(parts.iter().all(|part| part.minor >= 0 && part.is_on_step()), "{line:?}");
            prop_assert!(line.discount.minor <= line.total.minor);
            prop_assert!(line.tax_included.minor <= line.paid.minor);
        }
        for part in [bill.total, bill.discount, bill.shipping_price, bill.tax, bill.tax_included] {
            prop_assert!(part.minor >= 0 && part.is_on_step());
        }
    }

    #[test]
    fn what_lines_have_of_a_discount_adds_up_to_it(case in any_case()) {
        let bill = case.bill();
        let mut of_lines = vec![0; bill.lines.len()];
        for discount in &bill.discounts {
            for (product, part) in &discount.lines {
                let place = bill.lines.iter().position(|line| line.product == *product).unwrap();
                prop_assert!(part.minor > 0);
                of_lines[place] += part.minor;
            }
            if discount.target != DiscountTarget::Shipping {
                prop_assert_eq!(sum(discount.lines.iter().map(|(_, part)| *part)), discount.amount.minor);
            }
        }
        prop_assert_eq!(of_lines, minors(bill.lines.iter().map(|line| line.discount)));
        prop_assert_eq!(sum(bill.discounts.iter().map(|one| one.amount)), bill.discount.minor);
    }

    #[test]
    fn the_tax_of_a_line_is_less_than_a_step_from_its_exact_value(case in any_case()) {
        let bill = case.bill();
        let is_included = case.rules.tax.as_ref().unwrap().prices_include_tax;
        let step = case.currency.step().minor;
        for line in &bill.lines {
            let ppm = ppm(&line.tax_category);
            prop_assert_eq!(i64::from(line.tax_rate_ppm), ppm);
            let base = i128::from(line.total.minor - line.discount.minor);
            let whole = i128::from(if is_included { 1_000_000 + ppm } else { 1_000_000 });
            let tax = i128::from(line.tax.minor + line.tax_included.minor);
            let off = tax * whole - base * i128::from(ppm);
            prop_assert!(off.abs() < i128::from(step) * whole, "{line:?}");
        }
    }

    #[test]
    fn discounts_never_cost_more_than_they_take_off(case in any_case()) {
        let mut without = case.clone();
        without.rules.discounts.clear();
        let (with, without) = (case.bill(), without.bill());
        prop_assert!(with.total.minor <= without.total.minor || !without.is_ready());
        prop_assert!(with.is_ready() || !without.is_ready());
    }

    #[test]
    fn the_order_of_lines_changes_nothing_and_two_of_one_product_are_one(
        case in any_case(),
        turn in 0..6_usize,
        piece in 0..6_usize,
    ) {
        let mut other = case.clone();
        let (count, lines) = (case.lines.len(), &mut other.lines);
        lines.rotate_left(turn % count);
        let line = &mut lines[piece % count];
        if line.quantity > 1 {
            line.quantity -= 1;
            let one = Line { quantity: 1, ..line.clone() };
            lines.push(one);
        }
        prop_assert_eq!(other.bill(), case.bill());
    }

    #[test]
    fn without_goods_to_pay_for_only_shipping_is_taxed(case in any_case()) {
        let mut case = case;
        case.rules.discounts.clear();
        let bill = case.percent_off(10_000).bill();
        prop_assert!(bill.discounts.is_empty() || bill.lines.iter().all(|line| line.paid.minor == 0));
        let shipping = bill.shipping.as_ref();
        let of_shipping = shipping.map_or(0, |one| one.tax.minor + one.tax_included.minor);
        if !bill.discounts.is_empty() {
            prop_assert_eq!(bill.tax.minor + bill.tax_included.minor, of_shipping);
        }
    }

    #[test]
    fn an_option_costs_what_the_bill_says_when_it_is_chosen(case in any_case()) {
        let bill = case.bill();
        for (shipping, option) in bill.shipping.iter().zip(&bill.shipping_options) {
            prop_assert_eq!((shipping.method, shipping.price), (option.method, option.price));
            prop_assert_eq!(shipping.tax.minor + shipping.tax_included.minor, option.tax.minor);
        }
        prop_assert_eq!(bill.shipping.is_some(), case.wish.shipping_method.is_some());
    }
}
