//! Baskets drawn at random, and what another program says that they cost: see `random_baskets.py`.

use super::*;
use std::collections::BTreeMap;

const RATES: [&[(&str, i32)]; 13] = [
    &[],
    &[("tax", 0)],
    &[("tax", 41_666)],
    &[("tax", 50_000)],
    &[("tax", 55_000)],
    &[("tax", 70_000)],
    &[("tax", 88_750)],
    &[("tax", 190_000)],
    &[("tax", 200_000)],
    &[("tax", 1_000_000)],
    &[("local", 20_000)],
    &[("local", 20_000), ("state", 62_500)],
    &[("gst", 50_000), ("qst", 99_750)],
];

/// The rows of a list, `-` for none.
fn rows(list: &str) -> impl Iterator<Item = Vec<&str>> {
    list.split(';').filter(|row| *row != "-").map(|row| row.split([',', ':']).collect())
}

fn numbers(list: &str) -> Vec<Vec<i64>> {
    rows(list).map(|row| row.iter().map(|number| number.parse().unwrap()).collect()).collect()
}

fn read(fields: &[&str]) -> Case {
    let [currency, mode, rule, shipping, lines, discounts] = fields else { panic!("{fields:?}") };
    let mut case = case(currency).shipping_taxed(match *rule {
        "f" => ShippingTaxRule::Follow,
        "o" => ShippingTaxRule::Own,
        _ => ShippingTaxRule::None,
    });
    case.country_tax().prices_include_tax = *mode == "i";
    for (rate, components) in RATES.iter().enumerate() {
        for (component, ppm) in *components {
            case = case.component(&rate.to_string(), component, *ppm);
        }
    }
    for line in rows(lines) {
        case = case.line(line[0].parse().unwrap(), line[1].parse().unwrap(), line[2]);
    }
    for shipping in rows(shipping) {
        case = case.shipping(shipping[0].parse().unwrap());
        case.last_method().free_from_minor =
            Some(shipping[1].parse().unwrap()).filter(|from| *from > 0);
        case.last_method().tax_category = shipping[2].to_owned();
    }
    for discount in rows(discounts) {
        let (kind, value) = discount[0].split_at(1);
        let value = match kind {
            "p" => DiscountValue::PercentBp(value.parse().unwrap()),
            _ => DiscountValue::FixedMinor(value.parse().unwrap()),
        };
        let target = match discount[1] {
            "o" => DiscountTarget::Order,
            "s" => DiscountTarget::Shipping,
            _ => DiscountTarget::Products,
        };
        let places = discount[1].chars().filter_map(|digit| digit.to_digit(10));
        let products = places.map(|place| product(place.try_into().unwrap())).collect();
        case = case.discount(target, value).change_discount(|one| {
            (one.products, one.combines) = (products, discount[3] == "1");
            one.priority = discount[2].parse().unwrap();
        });
    }
    case
}

#[test]
fn another_program_comes_to_the_same_for_ten_thousand_baskets() {
    let recorded = include_str!("random_baskets.txt");
    for line in recorded.lines() {
        let fields: Vec<&str> = line.split(' ').collect();
        let (case, expected) = fields.split_at(6);
        let case = read(case);

        let bill = case.bill();

        let one_tax = |added: Money, included: Money| added.minor + included.minor;
        let lines = bill.lines.iter();
        let lines: Vec<Vec<i64>> = lines
            .map(|line| vec![line.discount.minor, one_tax(line.tax, line.tax_included)])
            .collect();
        let shipping = bill.shipping.as_ref().map_or([0; 3], |shipping| {
            let tax = one_tax(shipping.tax, shipping.tax_included);
            [shipping.price.minor, shipping.discount.minor, tax]
        });
        let taxes = bill.taxes.iter();
        let taxes: BTreeMap<(&str, i32), Vec<i64>> = taxes
            .map(|tax| ((&*tax.component, tax.rate_ppm), vec![tax.base.minor, tax.amount.minor]))
            .collect();
        let place = |id| case.rules.discounts.iter().position(|known| known.id == id).unwrap();
        let applied = bill.discounts.iter();
        let applied: BTreeMap<i64, i64> =
            applied.map(|one| (place(one.id).try_into().unwrap(), one.amount.minor)).collect();
        let applied: Vec<Vec<i64>> = applied.into_iter().map(|(id, off)| vec![id, off]).collect();

        assert_eq!(lines, numbers(expected[0]), "lines of {line}");
        let totals = [&[bill.total.minor][..], &shipping].concat();
        assert_eq!(vec![totals], numbers(expected[1]), "totals of {line}");
        let taxes: Vec<Vec<i64>> = taxes.into_values().collect();
        assert_eq!(taxes, numbers(expected[2]), "taxes of {line}");
        assert_eq!(applied, numbers(expected[3]), "discounts of {line}");
    }
    assert_eq!(recorded.lines().count(), 10_000);
}
