//! Which discounts and which method of shipping a basket has, and what is wrong with it.

use super::super::bill::Unavailable;
use super::*;
use time::macros::date;

/// The ids of the discounts that apply, by place.
fn applied(case: &Case) -> Vec<(usize, i64)> {
    let bill = case.bill();
    let place = |id| case.rules.discounts.iter().position(|known| known.id == id).unwrap();
    bill.discounts.iter().map(|discount| (place(discount.id), discount.amount.minor)).collect()
}

fn goods(minor: i64) -> Case {
    case("EUR").line(1, minor, "standard")
}

#[test]
fn discounts_that_combine_apply_together_and_another_one_alone_if_it_is_better() {
    let alone = |discount: &mut Discount| discount.combines = false;
    let case = goods(10_000).fixed_off(500).fixed_off(300);
    assert_eq!(applied(&case.clone().fixed_off(700).change_discount(alone)), [(0, 500), (1, 300)]);
    assert_eq!(applied(&case.clone().fixed_off(900).change_discount(alone)), [(2, 900)]);
    // A tie goes to the lower priority, then to the lower id.
    let tie = case.fixed_off(800).change_discount(alone);
    assert_eq!(applied(&tie), [(0, 500), (1, 300)]);
    assert_eq!(applied(&tie.change_discount(|discount| discount.priority = 1)), [(2, 800)]);
}

#[test]
fn a_code_that_another_choice_of_discounts_beats_is_named() {
    let case = goods(10_000).fixed_off(500).change_discount(|discount| discount.combines = false);
    let mut case = case.fixed_off(300).by_code("LESS");
    let bill = case.bill();
    assert_eq!((bill.total.minor, codes(&bill.problems)), (9500, vec!["code_not_combinable"]));
    assert_eq!(bill.problems[0].pointer(), "/discount_codes/0");
    assert!(bill.is_ready());

    case.rules.discounts[0].combines = true;
    assert_eq!((case.bill().total.minor, codes(&case.bill().problems)), (9200, vec![]));
}

#[test]
fn a_discount_that_costs_more_than_it_takes_off_does_not_apply() {
    let mut case = goods(5050).shipping(490).fixed_off(100);
    assert_eq!(case.bill().total.minor, 5440);
    case.last_method().free_from_minor = Some(5000);
    assert_eq!((case.bill().total.minor, applied(&case)), (5050, vec![]));
}

#[test]
fn a_discount_does_not_make_a_total_that_cannot_be_charged_if_there_is_another() {
    let case = goods(60).percent_off(5000);
    assert_eq!((case.bill().total.minor, case.bill().is_ready()), (60, true));
    assert_eq!(goods(60).percent_off(10_000).bill().total.minor, 0);
    assert_eq!(goods(100).percent_off(5000).bill().total.minor, 50);
}

#[test]
fn products_come_before_the_order_and_the_order_before_shipping_each_by_priority() {
    let case = goods(10_000)
        .shipping(500)
        .discount(DiscountTarget::Shipping, DiscountValue::PercentBp(5000))
        .percent_off(1000)
        .fixed_off(1000)
        .change_discount(|discount| discount.priority = 1)
        .discount(DiscountTarget::Products, DiscountValue::PercentBp(1000))
        .change_discount(|discount| discount.products = vec![product(0)]);
    assert_eq!(applied(&case), [(3, 1000), (2, 1000), (1, 800), (0, 250)]);
}

#[test]
fn a_discount_of_a_category_is_for_all_products_below_it() {
    let kitchen: CategoryId = number(1).into();
    let mut case = goods(1000).line(1, 2000, "standard");
    case = case.discount(DiscountTarget::Products, DiscountValue::PercentBp(1000));
    case = case.change_discount(|discount| discount.categories = vec![kitchen]).by_code("KITCHEN");
    assert_eq!(codes(&case.bill().problems), ["code_not_valid"]);

    case.lines[1].categories = vec![number(2).into(), kitchen];
    let bill = case.bill();
    assert_eq!(minors(bill.lines.iter().map(|line| line.discount)), [0, 200]);
    assert_eq!(bill.discounts[0].lines, [(product(1), case.money(200))]);
}

#[test]
fn a_minimum_is_compared_with_the_prices_of_its_lines_before_any_discount() {
    let of = |minimum| {
        let case = goods(5000).percent_off(1000).fixed_off(500);
        let case = case.change_discount(|discount| discount.minimum_minor = Some(minimum));
        case.by_code("MINIMUM").bill()
    };
    assert_eq!((of(5000).total.minor, of(5001).total.minor), (4000, 4500));
    let problems = of(5001).problems;
    assert_eq!(
        (codes(&problems), problems[0].amount().unwrap().1.minor),
        (vec!["code_minimum"], 5001)
    );

    let mut some = goods(5000).line(1, 3000, "standard");
    some = some.discount(DiscountTarget::Products, DiscountValue::FixedMinor(100));
    some = some.change_discount(|discount| {
        discount.products = vec![product(1)];
        discount.minimum_minor = Some(4000);
    });
    assert!(applied(&some).is_empty());
}

#[test]
fn each_code_that_does_not_apply_says_why() {
    let of = |change: fn(&mut Discount)| {
        let case = goods(5000).fixed_off(100).by_code("WELCOME").change_discount(change);
        codes(&case.bill().problems).join(" ")
    };
    assert_eq!(of(|_| {}), "");
    assert_eq!(of(|discount| discount.code = Some("OTHER".to_owned())), "code_not_valid");
    assert_eq!(of(|discount| discount.starts_at = Some(datetime!(2026-12-02 10:00 UTC))), "");
    assert_eq!(
        of(|discount| discount.starts_at = Some(datetime!(2026-12-02 10:01 UTC))),
        "code_not_valid"
    );
    assert_eq!(of(|discount| discount.ends_at = Some(datetime!(2026-12-02 10:01 UTC))), "");
    assert_eq!(
        of(|discount| discount.ends_at = Some(datetime!(2026-12-02 10:00 UTC))),
        "code_ended"
    );
    assert_eq!(of(|discount| discount.currency = Currency::from_code("USD")), "code_not_valid");
    assert_eq!(of(|discount| (discount.max_uses, discount.used) = (Some(3), 2)), "");
    assert_eq!(of(|discount| (discount.max_uses, discount.used) = (Some(3), 3)), "code_used_up");
    assert_eq!(of(|one| (one.max_per_buyer, one.used_by_buyer) = (Some(1), 1)), "code_used_up");
}

#[test]
fn a_code_counts_once_in_any_case() {
    let mut case = goods(5000).fixed_off(100).by_code("WELCOME");
    let codes = [" welcome", "WELCOME", "a", "b", "c"].map(str::to_owned);
    case.wish.codes = Codes::parse("/discount_codes", codes).unwrap();
    let bill = case.bill();
    assert_eq!(bill.total.minor, 4900);
    let pointers: Vec<String> = bill.problems.iter().map(Problem::pointer).collect();
    assert_eq!(pointers, ["/discount_codes/2", "/discount_codes/3", "/discount_codes/4"]);
}

#[test]
fn ten_discounts_without_a_code_are_looked_at() {
    let case = (0..12).fold(goods(5000), |case, _| case.fixed_off(10));
    assert_eq!((case.bill().total.minor, applied(&case).len()), (4900, 10));
}

fn tiers<const N: usize>(tiers: [(i64, Option<i64>); N]) -> Vec<ShippingTier> {
    tiers.map(|(from, price_minor)| ShippingTier { from, price_minor }).to_vec()
}

#[test]
fn options_come_cheapest_first_with_tax_and_days() {
    let mut case = goods(2000).included().rate("standard", 190_000);
    case = case.method(ShippingBasis::Flat, tiers([(0, Some(990))]));
    case = case.method(ShippingBasis::Weight, tiers([(0, Some(490)), (501, Some(690))]));
    case = case.method(ShippingBasis::Subtotal, tiers([(0, Some(490)), (2000, Some(590))]));
    (case.last_method().days_min, case.last_method().days_max) = (None, None);
    let bill = case.bill();
    let options = bill.shipping_options.iter();
    let options: Vec<_> =
        options.map(|one| (one.price.minor, one.tax.minor, one.earliest)).collect();
    let tomorrow = Some(date!(2026 - 12 - 03));
    assert_eq!(options, [(490, 78, tomorrow), (590, 94, None), (990, 158, tomorrow)]);
    assert_eq!(codes(&bill.problems), ["shipping_required"]);
}

#[test]
fn the_most_specific_zone_of_a_method_counts() {
    let mut case = goods(2000).method(ShippingBasis::Flat, tiers([(0, Some(2000))]));
    for (country, region, postal_prefix, price) in
        [("DE", "", "", 490), ("DE", "", "1", 590), ("DE", "BAYERN", "", 390), ("AT", "", "", 90)]
    {
        let [country, region, postal_prefix] = [country, region, postal_prefix].map(str::to_owned);
        let tiers = tiers([(0, Some(price))]);
        case.last_method().zones.push(ShippingZone { country, region, postal_prefix, tiers });
    }
    for (country, region, postal_code, price) in [
        ("DE", "", "80331", 490),
        ("DE", "", "10115", 590),
        ("DE", "Bayern", "10115", 390),
        ("FR", "", "", 2000),
    ] {
        let country = Country::from_code(country).unwrap();
        case.wish.destination = Some(Destination::new(country, Some(region), Some(postal_code)));
        assert_eq!(case.bill().shipping_options[0].price.minor, price);
    }
}

#[test]
fn a_method_that_is_not_offered_says_why_and_is_not_replaced() {
    let mut case = goods(2000).method(ShippingBasis::Flat, tiers([(0, Some(490))]));
    let unavailable = |case: &Case| {
        let bill = case.bill();
        let [only] = &bill.unavailable_methods[..] else { panic!("{bill:?}") };
        assert_eq!(codes(&bill.problems), ["no_shipping_there"]);
        only.why.clone()
    };
    case.last_method().currency = Currency::from_code("USD").unwrap();
    assert_eq!(unavailable(&case), Unavailable::OtherCurrency);
    case.last_method().currency = case.currency;
    case.last_method().zones[0].country = "FR".to_owned();
    assert_eq!(unavailable(&case), Unavailable::NoZone);
    case.last_method().zones[0].country = "DE".to_owned();
    case.last_method().basis = ShippingBasis::Weight;
    case.last_method().zones[0].tiers = tiers([(0, Some(490)), (500, None)]);
    assert_eq!(unavailable(&case), Unavailable::NoTier);
    case.lines[0].weight_grams = None;
    assert_eq!(unavailable(&case), Unavailable::NoWeight(vec![product(0)]));

    case = case.method(ShippingBasis::Flat, tiers([(0, Some(900))]));
    case.wish.shipping_method = Some(case.rules.shipping_methods[0].id);
    let bill = case.bill();
    assert_eq!((bill.total.minor, codes(&bill.problems)), (2000, vec!["shipping_option_gone"]));
}

#[test]
fn what_is_not_shipped_needs_no_method_and_no_address() {
    let mut case = goods(2000).method(ShippingBasis::Flat, tiers([(0, Some(490))]));
    case.lines[0].requires_shipping = false;
    assert_eq!((codes(&case.bill().problems), case.bill().shipping_options.len()), (vec![], 1));
    case.wish.shipping_method = Some(case.rules.shipping_methods[0].id);
    assert_eq!(case.bill().total.minor, 2490);
    (case.wish.shipping_method, case.wish.destination) = (None, None);
    assert_eq!(codes(&case.bill().problems), [""; 0]);

    case.lines[0].requires_shipping = true;
    assert_eq!(codes(&case.bill().problems), ["address_required"]);
}

#[test]
fn a_guess_of_the_destination_is_priced_and_no_order() {
    let mut case = goods(2000).rate("standard", 190_000);
    case.wish.is_estimated = true;
    let bill = case.bill();
    assert_eq!((bill.total.minor, bill.is_estimated), (2380, true));
    assert_eq!(codes(&bill.problems), ["address_required"]);

    case.wish.is_estimated = false;
    case.rules.has_regions = true;
    assert_eq!(codes(&case.bill().problems), ["region_required"]);
    case.wish.destination = None;
    let bill = case.bill();
    assert_eq!((bill.total.minor, bill.is_estimated), (2000, false));
    assert_eq!(codes(&bill.problems), ["address_required"]);
}

#[test]
fn a_price_between_two_steps_or_in_a_gone_currency_is_no_order() {
    let bill = case("KWD").line(3, 1999, "standard").line(1, 1000, "standard").bill();
    assert_eq!(
        (bill.total.minor, bill.problems),
        (6997, vec![Problem::AmountNotPayable { line: 0 }])
    );
    assert_eq!(
        codes(&case("BGN").line(1, 1000, "standard").bill().problems),
        ["amount_not_payable"]
    );
    assert_eq!(codes(&case("BGN").line(1, 0, "standard").bill().problems), [""; 0]);
    assert_eq!(codes(&case("EUR").bill().problems), ["empty"]);
}
