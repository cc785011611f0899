use super::*;
use crate::payments::refund::request::RequestedLine;
use proptest::prelude::*;

fn euros(minor: i64) -> Money {
    Money { minor, currency: Currency::EUR }
}

fn of(product: ProductId, quantity: i64, restock: i64) -> RequestedLine {
    RequestedLine { product, quantity, restock }
}

/// A payment of an order without tax, of which so much is left.
fn payment(left: Money, is_disputed: bool) -> RefundablePayment {
    const TOTAL: i64 = 10_000;
    // The bank has what is disputed; all else was refunded.
    let refunded = if is_disputed { 0 } else { TOTAL - left.minor };
    let order = Paid { total: TOTAL, refunded, ..Paid::default() };
    let shipping = Paid { total: 490, ..Paid::default() };
    RefundablePayment {
        status: Status::Succeeded,
        left,
        is_disputed,
        is_offline: false,
        order,
        shipping,
    }
}

fn line(unit: i64, quantity: i32) -> RefundableLine {
    let paid = Paid { total: unit * i64::from(quantity), ..Paid::default() };
    RefundableLine {
        paid: LinePaid { paid, quantity, ..LinePaid::default() },
        fulfilled: quantity,
        shipped: quantity,
        removed: 0,
        not_returned: quantity,
    }
}

fn price(
    request: &RefundRequest,
    left: i64,
    pieces: &[(ProductId, i64, i32)],
) -> Result<Money, Refusal> {
    let pieces = pieces.iter().map(|(product, unit, quantity)| (*product, line(*unit, *quantity)));
    let priced =
        request.price(OrderStatus::Shipped, &payment(euros(left), false), &pieces.collect())?;
    Ok(priced.amount)
}

#[test]
fn without_an_amount_all_that_is_left_goes_back() {
    let request = RefundRequest::new(None, None, false, None).unwrap();
    assert_eq!(price(&request, 700, &[]), Ok(euros(700)));
    assert_eq!(price(&request, 1, &[]), Ok(euros(1)));
    assert_eq!(price(&request, 0, &[]), Err(Refusal::NothingLeft));
}

#[test]
fn one_minor_unit_can_be_given_back_but_not_in_another_currency() {
    let yen = Currency::from_code("JPY").unwrap();
    let of = |currency| {
        RefundRequest::new(Some(Money { minor: 1, currency }), None, false, None).unwrap()
    };
    assert_eq!(price(&of(Currency::EUR), 700, &[]), Ok(euros(1)));
    assert_eq!(price(&of(yen), 700, &[]), Err(Refusal::OtherCurrency(euros(700))));
}

#[test]
fn disputed_money_is_not_ours_to_give_but_the_rest_is() {
    let request = RefundRequest::new(None, None, false, None).unwrap();
    let of = |left, is_disputed| {
        let payment = payment(euros(left), is_disputed);
        request.price(OrderStatus::Shipped, &payment, &BTreeMap::new()).map(|given| given.amount)
    };
    assert_eq!(of(0, true), Err(Refusal::Disputed));
    assert_eq!(of(700, true), Ok(euros(700)));
    assert_eq!(of(0, false), Err(Refusal::NothingLeft));
}

#[test]
fn money_goes_back_by_whole_steps_of_its_currency() {
    let currency = Currency::from_code("KWD").unwrap();
    let of = |amount: Option<i64>, left| {
        let amount = amount.map(|minor| Money { minor, currency });
        let left = Money { minor: left, currency };
        let request = RefundRequest::new(amount, None, false, None).unwrap();
        request
            .price(OrderStatus::Shipped, &payment(left, false), &BTreeMap::new())
            .map(|given| given.amount.minor)
    };
    assert_eq!(of(Some(1990), 5000), Ok(1990));
    assert_eq!(of(Some(1999), 5000), Err(Refusal::OffStep { step: currency.step() }));
    assert_eq!((of(None, 1995), of(None, 9)), (Ok(1990), Err(Refusal::NothingLeft)));
}

#[test]
fn pieces_go_back_for_what_they_cost_and_no_more_than_were_ordered() {
    let mug = ProductId::generate();
    let request =
        |quantity| RefundRequest::new(None, Some(vec![of(mug, quantity, 0)]), false, None).unwrap();
    assert_eq!(price(&request(2), 5000, &[(mug, 1250, 3)]), Ok(euros(2500)));
    assert_eq!(price(&request(3), 5000, &[(mug, 1250, 3)]), Ok(euros(3750)));
    let refused = price(&request(4), 9999, &[(mug, 1250, 3)]);
    assert_eq!(refused, Err(Refusal::TooManyPieces { product: mug, left: 3 }));
    let unknown = price(&request(1), 9999, &[]);
    assert_eq!(unknown, Err(Refusal::TooManyPieces { product: mug, left: 0 }));
}

#[test]
fn pieces_give_no_more_than_is_left_and_come_back_for_nothing_when_nothing_is() {
    let mug = ProductId::generate();
    let request = RefundRequest::new(None, Some(vec![of(mug, 2, 2)]), false, None).unwrap();
    for (left, given) in [(2500, 2500), (2000, 2000), (0, 0)] {
        assert_eq!(price(&request, left, &[(mug, 1250, 2)]), Ok(euros(given)), "{left} left");
    }
    let nothing = payment(euros(0), false);
    let lines = BTreeMap::from([(mug, line(1250, 2))]);
    let refused = request.price(OrderStatus::Cancelled, &nothing, &lines);
    assert_eq!(refused, Err(Refusal::NothingLeft));
    // Another payment of the order has the money of the pieces.
    let of_another = RefundablePayment { order: Paid { refunded: 0, ..nothing.order }, ..nothing };
    let refused = request.price(OrderStatus::Shipped, &of_another, &lines);
    assert_eq!(refused, Err(Refusal::NothingLeft));
    let disputed = payment(euros(2000), true);
    let refused = request.price(OrderStatus::Shipped, &disputed, &lines);
    assert_eq!(refused, Err(Refusal::TooMuch { left: euros(2000) }));
}

#[test]
fn shipping_goes_back_by_itself_or_after_the_lines() {
    let mug = ProductId::generate();
    let lines = BTreeMap::from([(mug, line(1250, 1))]);
    let given = |wanted: Option<Vec<RequestedLine>>, left| {
        let request = RefundRequest::new(None, wanted, true, None).unwrap();
        request.price(OrderStatus::Shipped, &payment(euros(left), false), &lines)
    };
    let amounts = |priced: PricedRefund| (priced.amount.minor, priced.shipping.minor);
    assert_eq!(given(None, 5000).map(amounts), Ok((490, 490)));
    assert_eq!(given(Some(vec![of(mug, 1, 0)]), 5000).map(amounts), Ok((1740, 490)));
    assert_eq!(given(Some(vec![of(mug, 1, 0)]), 1500).map(amounts), Ok((1500, 250)));
    assert_eq!(given(None, 0).map(amounts), Err(Refusal::NothingLeft));
}

#[test]
fn only_what_was_shipped_and_is_not_back_yet_goes_on_the_shelf() {
    use OrderStatus::{Cancelled, Confirmed, Pending, Shipped};
    let mug = ProductId::generate();
    let paid = LinePaid { quantity: 3, ..LinePaid::default() };
    let not_returned = RefundableLine { paid, not_returned: 1, shipped: 0, ..line(0, 3) };
    let pieces = BTreeMap::from([(mug, not_returned)]);
    let request =
        |restock| RefundRequest::new(None, Some(vec![of(mug, 3, restock)]), false, None).unwrap();

    assert_eq!(request(1).restocks(Shipped, &pieces), Ok(true));
    assert_eq!(request(0).restocks(Shipped, &pieces), Ok(false));
    let too_many = Refusal::TooManyRestocked { product: mug, left: 1 };
    assert_eq!(request(2).restocks(Shipped, &pieces), Err(too_many));
    for status in [Pending, Confirmed, Cancelled] {
        let refused = request(1).restocks(status, &pieces);
        assert_eq!(refused, Err(Refusal::NotShipped(status)));
        assert_eq!(request(0).restocks(status, &pieces), Ok(false));
    }
}

#[test]
fn refunded_pieces_are_those_that_are_left_to_ship_as_far_as_there_are_any() {
    let mug = ProductId::generate();
    // Of five pieces: in parcels, handed over, removed before, refunded before; refunded and restocked now.
    for (fulfilled, shipped, removed, refunded, quantity, restock, taken) in [
        (0, 0, 0, 0, 2, 0, Some(2)),
        (3, 3, 0, 0, 2, 0, Some(2)),
        (3, 3, 0, 0, 4, 0, Some(2)),
        (3, 3, 0, 0, 4, 3, Some(1)),
        (3, 3, 2, 2, 3, 0, Some(0)),
        // The refund of the removed pieces failed.
        (0, 0, 2, 0, 2, 0, Some(0)),
        (0, 0, 2, 0, 3, 0, Some(1)),
        // Three pieces wait in a parcel.
        (3, 0, 0, 0, 2, 0, Some(2)),
        (3, 0, 0, 0, 3, 0, None),
        (4, 1, 0, 0, 2, 0, Some(1)),
        (4, 1, 1, 1, 2, 0, None),
    ] {
        let paid = LinePaid { quantity: 5, pieces_refunded: refunded, ..LinePaid::default() };
        let line = RefundableLine { paid, fulfilled, shipped, removed, not_returned: shipped };
        let lines = BTreeMap::from([(mug, line)]);
        let wanted = vec![of(mug, quantity, restock)];
        let request = RefundRequest::new(None, Some(wanted), false, None).unwrap();
        let expected = match taken {
            Some(0) => Ok(vec![]),
            Some(pieces) => Ok(vec![(mug, pieces)]),
            None => Err(Refusal::Packed { product: mug }),
        };

        assert_eq!(request.removes(OrderStatus::Confirmed, &lines), expected, "{line:?}");
        for status in [OrderStatus::Shipped, OrderStatus::Cancelled] {
            assert_eq!(request.removes(status, &lines), Ok(vec![]));
        }
    }
}

proptest! {
    #[test]
    fn no_more_is_given_back_than_is_left(amount in 1..2000_i64, left in 0..2000_i64) {
        let request = RefundRequest::new(Some(euros(amount)), None, false, None).unwrap();
        match price(&request, left, &[]) {
            Ok(given) => prop_assert!(given == euros(amount) && amount <= left),
            Err(Refusal::NothingLeft) => prop_assert_eq!(left, 0),
            Err(refused) => {
                let left = euros(left);
                prop_assert_eq!(refused, Refusal::TooMuch { left });
                prop_assert!(amount > left.minor);
            }
        }
    }
}
