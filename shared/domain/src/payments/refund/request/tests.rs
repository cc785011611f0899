use super::*;
use crate::money::Currency;
use proptest::prelude::*;

fn euros(minor: i64) -> Money {
    Money { minor, currency: Currency::EUR }
}

fn of(product: ProductId, quantity: i64, restock: i64) -> RequestedLine {
    RequestedLine { product, quantity, restock }
}

fn price(
    request: &RefundRequest,
    left: i64,
    pieces: &[(ProductId, i64, i32)],
) -> Result<Money, Refusal> {
    let payment =
        RefundablePayment { status: Status::Succeeded, left: euros(left), is_disputed: false };
    let pieces = pieces.iter().map(|(product, unit, left)| {
        (*product, RefundableLine { unit_price: euros(*unit), left: *left, not_returned: *left })
    });
    request.price(&payment, &pieces.collect())
}

#[test]
fn without_an_amount_all_that_is_left_goes_back() {
    let request = RefundRequest::new(None, None, None).unwrap();
    assert_eq!(price(&request, 700, &[]), Ok(euros(700)));
    assert_eq!(price(&request, 1, &[]), Ok(euros(1)));
    assert_eq!(price(&request, 0, &[]), Err(Refusal::NothingLeft));
}

#[test]
fn one_minor_unit_can_be_given_back_but_not_in_another_currency() {
    let yen = Currency::from_code("JPY").unwrap();
    let of = |currency| RefundRequest::new(Some(Money { minor: 1, currency }), None, None).unwrap();
    assert_eq!(price(&of(Currency::EUR), 700, &[]), Ok(euros(1)));
    assert_eq!(price(&of(yen), 700, &[]), Err(Refusal::OtherCurrency(euros(700))));
}

#[test]
fn disputed_money_is_not_ours_to_give_but_the_rest_is() {
    let request = RefundRequest::new(None, None, None).unwrap();
    let of = |left, is_disputed| {
        let left = euros(left);
        let payment = RefundablePayment { status: Status::Succeeded, left, is_disputed };
        request.price(&payment, &BTreeMap::new())
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
        let payment = RefundablePayment { status: Status::Succeeded, left, is_disputed: false };
        let request = RefundRequest::new(amount, None, None).unwrap();
        request.price(&payment, &BTreeMap::new()).map(|given| given.minor)
    };
    assert_eq!(of(Some(1990), 5000), Ok(1990));
    assert_eq!(of(Some(1999), 5000), Err(Refusal::OffStep { step: currency.step() }));
    assert_eq!((of(None, 1995), of(None, 9)), (Ok(1990), Err(Refusal::NothingLeft)));
}

#[test]
fn pieces_go_back_for_what_they_cost_and_no_more_than_were_ordered() {
    let mug = ProductId::generate();
    let request =
        |quantity| RefundRequest::new(None, Some(vec![of(mug, quantity, 0)]), None).unwrap();
    assert_eq!(price(&request(2), 5000, &[(mug, 1250, 3)]), Ok(euros(2500)));
    assert_eq!(price(&request(3), 5000, &[(mug, 1250, 3)]), Ok(euros(3750)));
    let refused = price(&request(4), 9999, &[(mug, 1250, 3)]);
    assert_eq!(refused, Err(Refusal::TooManyPieces { product: mug, left: 3 }));
    let unknown = price(&request(1), 9999, &[]);
    assert_eq!(unknown, Err(Refusal::TooManyPieces { product: mug, left: 0 }));
}

#[test]
fn only_what_was_shipped_and_is_not_back_yet_goes_on_the_shelf() {
    use OrderStatus::{Cancelled, Confirmed, Pending, Shipped};
    let mug = ProductId::generate();
    let not_returned = RefundableLine { unit_price: euros(1), left: 3, not_returned: 1 };
    let pieces = BTreeMap::from([(mug, not_returned)]);
    let request =
        |restock| RefundRequest::new(None, Some(vec![of(mug, 3, restock)]), None).unwrap();

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
fn a_wish_that_cannot_be_is_refused_where_it_stands() {
    let mug = ProductId::generate();
    let pointer = |amount, lines| RefundRequest::new(amount, lines, None).unwrap_err().pointer;
    assert_eq!(pointer(Some(euros(0)), None), "/amount/amount");
    assert_eq!(pointer(Some(euros(1)), Some(vec![of(mug, 1, 0)])), "/lines");
    assert_eq!(pointer(None, Some(vec![])), "/lines");
    assert_eq!(pointer(None, Some(vec![of(mug, 0, 0)])), "/lines/0/quantity");
    assert_eq!(pointer(None, Some(vec![of(mug, 1, 0), of(mug, 1, 0)])), "/lines/1/product");
    assert_eq!(pointer(None, Some(vec![of(mug, 1, 2)])), "/lines/0/restock");
    assert_eq!(pointer(None, Some(vec![of(mug, 1, -1)])), "/lines/0/restock");
}

proptest! {
    #[test]
    fn no_more_is_given_back_than_is_left(amount in 1..2000_i64, left in 0..2000_i64) {
        let request = RefundRequest::new(Some(euros(amount)), None, None).unwrap();
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
