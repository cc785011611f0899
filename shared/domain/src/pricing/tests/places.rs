//! Worked examples of places, and which rate holds where.

use super::*;

/// Component, base and amount of each tax.
fn taxes(bill: &Bill) -> Vec<(&str, i64, i64)> {
    let taxes = bill.taxes.iter();
    taxes.map(|tax| (tax.component.as_str(), tax.base.minor, tax.amount.minor)).collect()
}

/// The tax of each line, added or contained.
fn of_lines(bill: &Bill) -> Vec<i64> {
    bill.lines.iter().map(|line| line.tax.minor + line.tax_included.minor).collect()
}

/// Subtotal, discount, shipping, added tax, total.
fn sums(bill: &Bill) -> [i64; 5] {
    [bill.subtotal, bill.discount, bill.shipping_price, bill.tax, bill.total].map(|sum| sum.minor)
}

fn shipping_tax(bill: &Bill) -> i64 {
    let shipping = bill.shipping.as_ref().unwrap();
    shipping.tax.minor + shipping.tax_included.minor
}

#[test]
fn example_15_in_germany_shipping_is_shared_over_both_rates() {
    let case = case("EUR").line(1, 5000, "food").line(1, 5000, "standard").included();
    let bill = case.rate("food", 70_000).rate("standard", 190_000).shipping(490).bill();
    assert_eq!(taxes(&bill), [("tax", 5245, 343), ("tax", 5245, 837)]);
    assert_eq!((of_lines(&bill), shipping_tax(&bill)), (vec![327, 798], 55));
    assert_eq!((sums(&bill), bill.tax_included.minor), ([10_000, 0, 490, 0, 10_490], 1180));
}

#[test]
fn example_16_in_quebec_two_taxes_are_rounded_as_one_and_shown_as_two() {
    let case = case("CAD").line(2, 2495, "standard").shipping(1000);
    let case = case.component("standard", "gst", 50_000).component("standard", "qst", 99_750);
    let bill = case.bill();
    assert_eq!(taxes(&bill), [("gst", 5990, 299), ("qst", 5990, 598)]);
    assert_eq!((of_lines(&bill), shipping_tax(&bill)), (vec![747], 150));
    assert_eq!(sums(&bill), [4990, 0, 1000, 897, 6887]);
    assert_eq!(bill.lines[0].tax_rate_ppm, 149_750);
}

#[test]
fn example_17_in_japan_there_are_no_decimals() {
    let case = case("JPY").line(3, 333, "food").line(1, 1000, "standard").included();
    let bill = case.rate("food", 80_000).rate("standard", 100_000).bill();
    assert_eq!(taxes(&bill), [("tax", 999, 74), ("tax", 1000, 91)]);
    assert_eq!(of_lines(&bill), [74, 91]);
    assert_eq!((sums(&bill), bill.tax_included.minor), ([1999, 0, 0, 0, 1999], 165));
}

#[test]
fn example_18_in_oman_amounts_end_in_0() {
    let bill = case("OMR").line(3, 1990, "standard").rate("standard", 50_000).bill();
    assert_eq!((taxes(&bill), of_lines(&bill)), (vec![("tax", 5970, 300)], vec![300]));
    assert_eq!(sums(&bill), [5970, 0, 0, 300, 6270]);
}

#[test]
fn example_19_half_a_cent_of_a_discount_is_a_cent() {
    let bill = case("EUR").line(1, 20, "standard").percent_off(1250).bill();
    assert_eq!((sums(&bill), bill.lines[0].discount.minor), ([20, 3, 0, 0, 17], 3));
}

#[test]
fn example_20_seven_lines_are_rounded_together() {
    let mut case = case("USD").rate("standard", 88_750);
    for _ in 0..7 {
        case = case.line(1, 99, "standard");
    }
    let bill = case.bill();
    assert_eq!(
        (taxes(&bill), of_lines(&bill)),
        (vec![("tax", 693, 62)], vec![9, 9, 9, 9, 9, 9, 8])
    );
    assert_eq!(sums(&bill), [693, 0, 0, 62, 755]);
}

#[test]
fn example_21_shipping_is_not_taxed_where_the_rule_is_none() {
    let case = case("USD").line(1, 10_000, "standard").rate("standard", 47_120).shipping(800);
    let bill = case.shipping_taxed(ShippingTaxRule::None).bill();
    assert_eq!(taxes(&bill), [("tax", 10_000, 471)]);
    assert_eq!((of_lines(&bill), shipping_tax(&bill)), (vec![471], 0));
    assert_eq!(sums(&bill), [10_000, 0, 800, 471, 11_271]);
}

#[test]
fn example_22_shipping_has_the_rate_of_its_own_category() {
    let case = case("GBP").line(1, 1500, "books").line(1, 3000, "standard").included();
    let case = case.rate("books", 0).rate("standard", 200_000).shipping(395);
    let bill = case.shipping_taxed(ShippingTaxRule::Own).bill();
    assert_eq!(taxes(&bill), [("tax", 1500, 0), ("tax", 3395, 566)]);
    assert_eq!((of_lines(&bill), shipping_tax(&bill)), (vec![0, 500], 66));
    assert_eq!(sums(&bill), [4500, 0, 395, 0, 4895]);
}

#[test]
fn example_23_less_than_the_least_charge_is_no_total() {
    let case = case("EUR").line(1, 49, "standard");
    let least = case.money(50);
    let bill = case.bill();
    assert_eq!((sums(&bill), of_lines(&bill)), ([49, 0, 0, 0, 49], vec![0]));
    assert_eq!(
        (bill.problems[..].to_vec(), bill.is_ready()),
        (vec![Problem::TotalTooSmall { least }], false)
    );
}

#[test]
fn example_24_tax_can_make_a_total_that_is_more_than_can_be_charged() {
    let of = |unit| case("EUR").line(1000, unit, "standard").rate("standard", 250_000);
    let bill = of(99_999).bill();
    assert_eq!(
        (taxes(&bill), of_lines(&bill)),
        (vec![("tax", 99_999_000, 24_999_750)], vec![24_999_750])
    );
    assert_eq!((sums(&bill), bill.is_ready()), ([99_999_000, 0, 0, 24_999_750, 124_998_750], true));

    let case = of(999_999_999);
    let bill = case.bill();
    let most = case.money(999_999_999_999);
    assert_eq!(sums(&bill), [999_999_999_000, 0, 0, 249_999_999_750, 1_249_999_998_750]);
    assert_eq!(bill.problems, [Problem::TotalTooLarge { most }]);
}

/// In Chicago, if `postal_code` is 60601.
fn in_illinois(postal_code: &str) -> Case {
    let country = Country::from_code("US").unwrap();
    let mut case = case("USD").line(1, 10_000, "standard").line(1, 10_000, "food");
    case.wish.destination = Some(Destination::new(country, Some("illinois"), Some(postal_code)));
    case.rate_at(["IL", ""], ["standard", "state"], 62_500)
        .rate_at(["IL", "606"], ["standard", "local"], 40_000)
        .rate_at(["IL", "6"], ["standard", "local"], 20_000)
        .rate_at(["", "60601"], ["standard", "local"], 90_000)
        .rate_at(["NY", ""], ["standard", "state"], 40_000)
        .rate_at(["", ""], ["standard", "state"], 1000)
}

#[test]
fn by_component_the_region_counts_first_and_then_the_longest_postal_prefix() {
    for (postal_code, local) in
        [("60601-1234", 40_000), ("606 01", 40_000), ("61000", 20_000), ("", 0)]
    {
        let bill = in_illinois(postal_code).bill();
        assert_eq!(bill.lines[0].tax_rate_ppm, 62_500 + local, "{postal_code}");
        assert!(bill.taxes.iter().all(|tax| tax.region == "IL" && tax.country.code() == "US"));
    }
}

#[test]
fn a_category_without_a_rate_has_that_of_standard_and_a_rate_of_0_is_one() {
    let bill = in_illinois("60601").bill();
    assert_eq!(bill.lines[1].tax_rate_ppm, 102_500);
    assert_eq!(taxes(&bill), [("local", 20_000, 800), ("state", 20_000, 1250)]);

    let bill = in_illinois("60601").rate_at(["IL", ""], ["food", "state"], 10_000).bill();
    assert_eq!(bill.lines[1].tax_rate_ppm, 10_000);
    let bill = in_illinois("60601").rate_at(["IL", ""], ["food", "state"], 0).bill();
    assert_eq!((bill.lines[1].tax_rate_ppm, bill.lines[1].tax.minor), (0, 0));
    assert_eq!(taxes(&bill).last(), Some(&("state", 10_000, 0)));
}

#[test]
fn components_that_two_rates_share_are_one_tax_of_the_order() {
    let case = case("USD").line(1, 10_000, "standard").line(1, 5000, "food");
    let case = case.component("standard", "state", 62_500).component("standard", "local", 20_000);
    let bill = case.component("food", "local", 20_000).bill();
    assert_eq!(taxes(&bill), [("local", 15_000, 300), ("state", 10_000, 625)]);
}

#[test]
fn exempt_buyers_pay_no_added_tax_and_the_price_that_contains_it() {
    let mut case = case("USD").line(1, 1999, "standard").rate("standard", 88_750);
    case.country_tax().is_exempt = true;
    let bill = case.bill();
    assert_eq!((sums(&bill), codes(&bill.problems)), ([1999, 0, 0, 0, 1999], vec!["tax_exempt"]));
    assert_eq!((bill.taxes[0].label.as_str(), bill.taxes[0].rate_ppm), ("exempt", 0));
    assert!(bill.is_ready());

    let bill = case.included().bill();
    assert_eq!((bill.total.minor, bill.tax_included.minor), (1999, 163));
    assert_eq!(codes(&bill.problems), [""; 0]);
}

#[test]
fn a_place_is_compared_as_rates_and_zones_are_written() {
    let of = |country, region, postal_code| {
        let country = Country::from_code(country).unwrap();
        let place = Destination::new(country, Some(region), Some(postal_code));
        [place.region().to_owned(), place.postal_code().to_owned()]
    };
    assert_eq!(of("US", "new york", "10001-1234"), ["NY", "100011234"]);
    assert_eq!(of("CA", "QC", "h2x 1y4"), ["QC", "H2X1Y4"]);
    assert_eq!(of("DE", " Bayern ", " 80331 "), ["BAYERN", "80331"]);
    let place = Destination::new(Country::from_code("CA").unwrap(), None, Some("h2x 1y4"));
    assert_eq!(place.postal_prefixes(), ["", "H", "H2", "H2X", "H2X1", "H2X1Y", "H2X1Y4"]);
    let none = Destination::new(Country::from_code("CA").unwrap(), None, None);
    assert_eq!(none.postal_prefixes(), [""]);
    let long = Destination::new(Country::from_code("DE").unwrap(), None, Some("123456789012"));
    assert_eq!(long.postal_prefixes().last(), Some(&"1234567890"));
}
