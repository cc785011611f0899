//! Worked examples; those with a number are of a public report that asks for just this.

use super::*;

/// A row of what an example must come to. Minor units; taxes are added or contained.
#[derive(Debug, PartialEq, Eq)]
struct Row<'a> {
    discounts: &'a [i64],
    /// Base and tax of each component.
    rates: &'a [(i64, i64)],
    taxes: &'a [i64],
    /// Its price, its discount, its tax.
    shipping: [i64; 3],
    /// Subtotal, discount, added tax, contained tax, total.
    sums: [i64; 5],
}

const FREE: [i64; 3] = [0, 0, 0];

#[track_caller]
fn comes_to(case: &Case, row: &Row<'_>) -> Bill {
    let bill = case.bill();
    let lines = || bill.lines.iter();
    let discounts = minors(lines().map(|line| line.discount));
    let taxes: Vec<i64> = lines().map(|line| line.tax.minor + line.tax_included.minor).collect();
    let rates: Vec<(i64, i64)> =
        bill.taxes.iter().map(|tax| (tax.base.minor, tax.amount.minor)).collect();
    let shipping = bill.shipping.as_ref().map_or(FREE, |shipping| {
        let tax = shipping.tax.minor + shipping.tax_included.minor;
        [shipping.price.minor, shipping.discount.minor, tax]
    });
    let sums = [bill.subtotal, bill.discount, bill.tax, bill.tax_included, bill.total];
    let sums = sums.map(|sum| sum.minor);
    let (discounts, rates, taxes) = (&discounts[..], &rates[..], &taxes[..]);
    assert_eq!(Row { discounts, rates, taxes, shipping, sums }, *row);
    bill
}

#[test]
fn example_1_without_rules_the_total_is_the_subtotal() {
    let case = case("EUR").line(2, 1250, "standard");
    let bill = comes_to(
        &case,
        &Row {
            discounts: &[0],
            rates: &[],
            taxes: &[0],
            shipping: FREE,
            sums: [2500, 0, 0, 0, 2500],
        },
    );
    assert_eq!((bill.lines[0].tax_rate_ppm, &bill.problems[..]), (0, &[][..]));
    assert_eq!((bill.discounts, bill.shipping_options), (vec![], vec![]));
}

#[test]
fn example_2_new_york_adds_eight_point_eight_seven_five_percent() {
    let case = case("USD").line(1, 1999, "standard").rate("standard", 88_750);
    let bill = comes_to(
        &case,
        &Row {
            discounts: &[0],
            rates: &[(1999, 177)],
            taxes: &[177],
            shipping: FREE,
            sums: [1999, 0, 177, 0, 2176],
        },
    );
    assert_eq!(bill.lines[0].tax_rate_ppm, 88_750);
}

#[test]
fn example_3_french_books_contain_five_and_a_half_percent() {
    let case = case("EUR").line(3, 799, "books").rate("books", 55_000).included();
    comes_to(
        &case,
        &Row {
            discounts: &[0],
            rates: &[(2397, 125)],
            taxes: &[125],
            shipping: FREE,
            sums: [2397, 0, 0, 125, 2397],
        },
    );
}

#[test]
fn example_4_half_a_cent_of_tax_is_a_cent() {
    let case = case("EUR").line(1, 5, "standard").rate("standard", 100_000);
    comes_to(
        &case,
        &Row {
            discounts: &[0],
            rates: &[(5, 1)],
            taxes: &[1],
            shipping: FREE,
            sums: [5, 0, 1, 0, 6],
        },
    );
}

#[test]
fn example_5_woocommerce_64668_a_quarter_off_ten_pieces_with_contained_tax() {
    let case = case("GBP")
        .line(10, 2390, "standard")
        .rate("standard", 200_000)
        .included()
        .percent_off(2500);
    comes_to(
        &case,
        &Row {
            discounts: &[5975],
            rates: &[(17925, 2988)],
            taxes: &[2988],
            shipping: FREE,
            sums: [23900, 5975, 0, 2988, 17925],
        },
    );
}

#[test]
fn example_6_woocommerce_18710_two_lines_are_taxed_as_one_line_of_two() {
    let two = case("EUR").line(1, 1070, "standard").line(1, 1070, "standard");
    comes_to(
        &two.rate("standard", 210_000),
        &Row {
            discounts: &[0, 0],
            rates: &[(2140, 449)],
            taxes: &[225, 224],
            shipping: FREE,
            sums: [2140, 0, 449, 0, 2589],
        },
    );
    let one = case("EUR").line(2, 1070, "standard").rate("standard", 210_000).bill();
    assert_eq!(one.total.minor, 2589);
}

#[test]
fn example_7_odoo_271032_nothing_is_left_and_taxed_of_what_is_free() {
    let case = case("EUR").line(1, 1150, "standard").line(1, 1150, "standard");
    comes_to(
        &case.rate("standard", 150_000).percent_off(10_000),
        &Row {
            discounts: &[1150, 1150],
            rates: &[(0, 0)],
            taxes: &[0, 0],
            shipping: FREE,
            sums: [2300, 2300, 0, 0, 0],
        },
    );
}

#[test]
fn example_8_odoo_240633_a_rate_with_two_decimals() {
    let case = case("EUR").line(1, 1999, "standard").line(1, 1999, "standard");
    let case = case.rate("standard", 199_900);
    comes_to(
        &case,
        &Row {
            discounts: &[0, 0],
            rates: &[(3998, 799)],
            taxes: &[400, 399],
            shipping: FREE,
            sums: [3998, 0, 799, 0, 4797],
        },
    );
    assert_eq!(case.percent_off(10_000).bill().total.minor, 0);
}

#[test]
fn example_9_thirtybees_2111_an_amount_off_goods_of_two_rates() {
    let case = case("EUR").line(16, 614, "standard").line(9, 1115, "food").included();
    comes_to(
        &case.rate("standard", 200_000).rate("food", 90_000).fixed_off(10_000),
        &Row {
            discounts: &[4947, 5053],
            rates: &[(4877, 813), (4982, 411)],
            taxes: &[813, 411],
            shipping: FREE,
            sums: [19859, 10_000, 0, 1224, 9859],
        },
    );
}

#[test]
fn example_10_odoo_96338_a_tenth_off_goods_of_two_rates() {
    let case = case("EUR").line(1, 7650, "standard").line(1, 3546, "food").line(1, 2970, "food");
    comes_to(
        &case.rate("standard", 210_000).rate("food", 60_000).percent_off(1000),
        &Row {
            discounts: &[765, 355, 297],
            rates: &[(6885, 1446), (5864, 352)],
            taxes: &[1446, 192, 160],
            shipping: FREE,
            sums: [14166, 1417, 1798, 0, 14547],
        },
    );
}

#[test]
fn example_11_ten_cents_off_three_equal_lines() {
    let case = case("EUR").line(1, 10, "standard").line(1, 10, "standard").line(1, 10, "standard");
    // Less than 0.50 EUR cannot be charged, with or without the discount.
    comes_to(
        &case.fixed_off(10),
        &Row {
            discounts: &[4, 3, 3],
            rates: &[],
            taxes: &[0, 0, 0],
            shipping: FREE,
            sums: [30, 10, 0, 0, 20],
        },
    );
}

#[test]
fn example_12_shipping_of_free_goods_follows_their_prices() {
    let case = case("EUR").line(1, 1000, "food").line(1, 2000, "standard").included();
    let case = case.rate("food", 70_000).rate("standard", 190_000).fixed_off(5000).shipping(500);
    comes_to(
        &case,
        &Row {
            discounts: &[1000, 2000],
            rates: &[(167, 11), (333, 53)],
            taxes: &[0, 0],
            shipping: [500, 0, 64],
            sums: [3000, 3000, 0, 64, 500],
        },
    );
}

#[test]
fn example_13_discounts_of_all_classes_one_after_the_other() {
    let case = case("USD").line(2, 2500, "standard").line(1, 1999, "standard").shipping(499);
    let case = case
        .rate("standard", 88_750)
        .discount(DiscountTarget::Products, DiscountValue::PercentBp(2000))
        .change_discount(|discount| discount.products = vec![product(0)])
        .percent_off(1000)
        .fixed_off(500)
        .discount(DiscountTarget::Shipping, DiscountValue::PercentBp(10_000))
        .by_code("FREE-SHIPPING");
    let bill = comes_to(
        &case,
        &Row {
            discounts: &[1733, 367],
            rates: &[(4899, 435)],
            taxes: &[290, 145],
            shipping: [499, 499, 0],
            sums: [6999, 2599, 435, 0, 5334],
        },
    );
    let parts = bill.discounts.iter().map(|discount| {
        (discount.amount.minor, minors(discount.lines.iter().map(|(_, part)| *part)))
    });
    let expected =
        [(1000, vec![1000]), (600, vec![400, 200]), (500, vec![333, 167]), (499, vec![])];
    assert!(parts.eq(expected), "{:?}", bill.discounts);
    assert_eq!(bill.discounts[3].code.as_deref(), Some("FREE-SHIPPING"));
}

#[test]
fn example_14_shipping_is_free_from_what_is_left_after_discounts() {
    let mut case = case("EUR").line(4, 1300, "standard").included().rate("standard", 190_000);
    case = case.fixed_off(500).shipping(490);
    case.last_method().free_from_minor = Some(5000);
    comes_to(
        &case,
        &Row {
            discounts: &[500],
            rates: &[(5190, 829)],
            taxes: &[751],
            shipping: [490, 0, 78],
            sums: [5200, 500, 0, 829, 5190],
        },
    );
    case.rules.discounts.clear();
    assert_eq!(case.bill().total.minor, 5200);
}
