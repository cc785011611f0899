use super::*;
use crate::id::{ProductId, UserId};
use crate::inventory::ReservedLine;
use crate::money::Currency;
use crate::ordering::Basket;
use crate::pricing::{self, Codes, Rules};
use crate::viewer::Holder;
use proptest::prelude::*;
use time::OffsetDateTime;

fn item(product: ProductId, minor: i64, available: i32, is_reserved: bool) -> ReservedLine {
    let price = Money { minor, currency: Currency::EUR };
    ReservedLine {
        product,
        sku: "MUG".to_owned(),
        name: "Mug".to_owned(),
        price,
        available,
        is_reserved,
        category: None,
        tax_category: "standard".to_owned(),
        weight_grams: None,
        requires_shipping: true,
    }
}

fn price(basket: &Basket, reserved: Vec<ReservedLine>) -> Result<PricedOrder, Refusal> {
    expecting(None, basket, reserved)
}

fn expecting(
    expected_total: Option<Money>,
    basket: &Basket,
    reserved: Vec<ReservedLine>,
) -> Result<PricedOrder, Refusal> {
    let new = NewOrder {
        basket: basket.clone(),
        address: None,
        note: None,
        shipping_method: None,
        discount_codes: Codes::default(),
        expected_total,
    };
    let buyer = Buyer { holder: Holder::Account(UserId::generate()), is_proven: true };
    let goods = Goods::new(&new, reserved)?;
    let bill = pricing::bill(goods.basket(), &Rules::default(), &new.wish());
    PricedOrder::new(OrderId::generate(), buyer, &new, &goods, bill)
}

#[test]
fn every_line_that_is_short_is_named() {
    let (mug, tea) = (ProductId::generate(), ProductId::generate());
    let basket = Basket::new([(mug, 2), (tea, 3)]).unwrap();

    let refused = price(&basket, vec![item(mug, 500, 1, false), item(tea, 500, 0, false)]);

    let Err(Refusal::OutOfStock(short)) = refused else { panic!("{refused:?}") };
    let short: Vec<_> = short.iter().map(|s| (s.requested, s.available)).collect();
    assert_eq!(short, [(2, 1), (3, 0)]);
}

#[test]
fn what_is_not_on_the_shelf_is_not_for_sale() {
    let mug = ProductId::generate();
    let basket = Basket::new([(mug, 1)]).unwrap();
    assert_eq!(price(&basket, Vec::new()).unwrap_err(), Refusal::NotForSale(mug));
}

#[test]
fn an_order_has_one_currency() {
    let (mug, tea) = (ProductId::generate(), ProductId::generate());
    let basket = Basket::new([(mug, 1), (tea, 1)]).unwrap();
    let mut yen = item(tea, 1, 5, true);
    yen.price.currency = Currency::from_code("JPY").unwrap();
    assert_eq!(
        price(&basket, vec![item(mug, 1, 5, true), yen]).unwrap_err(),
        Refusal::MixedCurrencies
    );
}

#[test]
fn what_costs_nothing_is_confirmed_at_once() {
    let mug = ProductId::generate();
    let basket = Basket::new([(mug, 1)]).unwrap();
    assert_eq!(price(&basket, vec![item(mug, 0, 5, true)]).unwrap().status, OrderStatus::Confirmed);
}

#[test]
fn another_total_than_the_buyer_saw_is_told_first() {
    let mug = ProductId::generate();
    let basket = Basket::new([(mug, 2)]).unwrap();
    let reserved = || vec![item(mug, 50, 5, true)];
    let total = Money { minor: 100, currency: Currency::EUR };
    let yen = Money { currency: Currency::from_code("JPY").unwrap(), ..total };

    assert!(expecting(Some(total), &basket, reserved()).is_ok());
    for wrong in [Money { minor: 99, ..total }, yen] {
        let refused = expecting(Some(wrong), &basket, reserved()).unwrap_err();
        let Refusal::TotalChanged { total: told, quote } = refused else { panic!("{refused:?}") };
        assert_eq!((told, quote.bill.map(|bill| bill.total)), (total, Some(total)));
        assert_eq!(quote.lines[0].label.as_ref().map(|(_, name)| name.as_str()), Some("Mug"));
    }
}

#[test]
fn only_an_order_that_waits_for_money_holds_its_stock_and_for_half_an_hour() {
    let mug = ProductId::generate();
    let basket = Basket::new([(mug, 1)]).unwrap();
    let at = OffsetDateTime::UNIX_EPOCH;
    let placement = Placement { at, number: "K7QF2-9XM4T".parse().unwrap() };
    let held = |minor| {
        let order = price(&basket, vec![item(mug, minor, 5, true)]).unwrap().placed(placement);
        order.expires_at.map(|until| (until - at).whole_seconds())
    };

    assert_eq!((held(50), held(0)), (Some(1800), None));
}

#[test]
fn an_order_costs_at_most_what_stripe_charges_at_once() {
    let mug = ProductId::generate();
    let of = |quantity, minor| {
        let basket = Basket::new([(mug, quantity)]).unwrap();
        price(&basket, vec![item(mug, minor, 5, true)]).map(|order| order.totals.total.minor)
    };

    let most = Currency::EUR.ceiling();
    assert_eq!(of(3, 333_333_333_333), Ok(999_999_999_999));
    assert_eq!(of(2, 500_000_000_000), Err(Refusal::TooLarge { most }));
}

#[test]
fn an_order_costs_nothing_or_the_least_that_can_be_charged() {
    let mug = ProductId::generate();
    let of = |code, quantity, minor| {
        let basket = Basket::new([(mug, quantity)]).unwrap();
        let mut line = item(mug, minor, 5, true);
        line.price.currency = Currency::from_code(code).unwrap();
        price(&basket, vec![line]).map(|order| order.totals.total.minor)
    };
    let too_small = |code| {
        let least = Currency::from_code(code).unwrap().least();
        Err(Refusal::TooSmall { least })
    };

    for (code, under, least) in [("EUR", 49, 50), ("JPY", 49, 50), ("HUF", 17_499, 17_500)] {
        assert_eq!(of(code, 1, under), too_small(code));
        assert_eq!(of(code, 1, least), Ok(least));
    }
    // Many cheap pieces are enough together.
    assert_eq!((of("EUR", 9, 5), of("EUR", 10, 5)), (too_small("EUR"), Ok(50)));
    assert_eq!(of("EUR", 9, 0), Ok(0));
}

#[test]
fn what_has_a_price_that_could_not_be_written_any_more_is_not_for_sale() {
    let mug = ProductId::generate();
    let basket = Basket::new([(mug, 10)]).unwrap();
    for (code, minor, is_for_sale) in
        [("KWD", 1990, true), ("KWD", 1999, false), ("BGN", 1000, false)]
    {
        let mut line = item(mug, minor, 50, true);
        line.price.currency = Currency::from_code(code).unwrap();
        let refused = price(&basket, vec![line]).err();
        assert_eq!(refused, (!is_for_sale).then_some(Refusal::NotForSale(mug)), "{minor} {code}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]
    #[test]
    fn the_parts_of_an_order_sum_to_its_total(
        wanted in prop::collection::vec(
            (1..=1000_i64, prop_oneof![0..10_i64, 0..=999_999_999_i64, 0..=999_999_999_999_i64]),
            1..12,
        ),
    ) {
        let wanted: Vec<_> = wanted.into_iter().map(|(q, p)| (ProductId::generate(), q, p)).collect();
        let basket = Basket::new(wanted.iter().map(|(id, q, _)| (*id, *q))).unwrap();
        let reserved = wanted.iter().map(|(id, _, p)| item(*id, *p, 1000, true)).collect();
        let exact: i64 = wanted.iter().map(|(_, q, p)| q * p).sum();

        match price(&basket, reserved) {
            Ok(PricedOrder { totals: t, lines, .. }) => {
                let parts = t.subtotal.minor - t.discount.minor + t.shipping.minor + t.tax.minor;
                prop_assert_eq!(t.total.minor, parts);
                prop_assert_eq!(t.total.minor, exact);
                prop_assert_eq!(lines.iter().map(|line| line.total.minor).sum::<i64>(), exact);
            }
            Err(refused) => {
                let (least, most) = (Currency::EUR.least(), Currency::EUR.ceiling());
                let too_small = exact < least.minor && exact > 0;
                prop_assert!(too_small || exact > most.minor);
                let expected =
                    if too_small { Refusal::TooSmall { least } } else { Refusal::TooLarge { most } };
                prop_assert_eq!(refused, expected);
            }
        }
    }
}
