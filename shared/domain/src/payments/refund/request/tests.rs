use super::*;
use crate::money::Currency;

fn euros(minor: i64) -> Money {
    Money { minor, currency: Currency::EUR }
}

fn of(product: ProductId, quantity: i64, restock: i64) -> RequestedLine {
    RequestedLine { product, quantity, restock }
}

#[test]
fn a_wish_that_cannot_be_is_refused_where_it_stands() {
    let mug = ProductId::generate();
    let pointer =
        |amount, lines| RefundRequest::new(amount, lines, false, None).unwrap_err().pointer;
    assert_eq!(pointer(Some(euros(0)), None), "/amount/amount");
    assert_eq!(pointer(Some(euros(1)), Some(vec![of(mug, 1, 0)])), "/lines");
    assert_eq!(pointer(None, Some(vec![])), "/lines");
    assert_eq!(pointer(None, Some(vec![of(mug, 0, 0)])), "/lines/0/quantity");
    assert_eq!(pointer(None, Some(vec![of(mug, 1, 0), of(mug, 1, 0)])), "/lines/1/product");
    assert_eq!(pointer(None, Some(vec![of(mug, 1, 2)])), "/lines/0/restock");
    assert_eq!(pointer(None, Some(vec![of(mug, 1, -1)])), "/lines/0/restock");
    let both = RefundRequest::new(Some(euros(1)), None, true, None).unwrap_err();
    assert_eq!((both.pointer.as_str(), both.code), ("/shipping", "ambiguous"));
}
