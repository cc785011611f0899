use super::request::{Returnable, Window};
use super::*;
use crate::failure::Refusal as _;
use crate::money::Currency;
use crate::ordering::Basket;
use ReturnStatus::{Approved, Cancelled, Received, Rejected, Requested};
use serde_json::json;
use time::macros::datetime;

const NOON: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);

fn back(status: ReturnStatus, pieces: &[(ProductId, i32)]) -> Return {
    let line = |(product, quantity): &(ProductId, i32)| ReturnLine {
        product: *product,
        sku: "MUG".to_owned(),
        name: "Mug".to_owned(),
        quantity: *quantity,
        received: None,
        condition: None,
        restocked: 0,
    };
    Return {
        id: ReturnId::generate(),
        order: OrderId::generate(),
        status,
        lines: pieces.iter().map(line).collect(),
        note: None,
        instructions: None,
        reason: None,
        refunded: Money::zero(Currency::EUR),
        requested_at: NOON,
        decided_at: None,
        received_at: None,
        cancelled_at: None,
    }
}

fn wanted(lines: Option<&[(ProductId, i64)]>) -> NewReturn {
    NewReturn::new(lines.map(|lines| Basket::new(lines.iter().copied()).unwrap()), None)
}

fn arrived(product: ProductId, received: i64, restock: i64) -> ReceivedPieces {
    let condition = (received > 0).then_some(Condition::Opened);
    ReceivedPieces { product, received, condition, restock }
}

#[test]
fn a_return_takes_what_is_asked_for_or_all_that_can_come_back() {
    let (mug, pot, other) = (ProductId::generate(), ProductId::generate(), ProductId::generate());
    let left = Returnable([(mug, 2), (pot, 1)].into());
    let take = |new: NewReturn| new.take(Viewer::Staff, &left, Window::Open);

    assert_eq!(take(wanted(None)).unwrap(), [(mug, 2), (pot, 1)]);
    assert_eq!(take(wanted(Some(&[(mug, 1)]))).unwrap(), [(mug, 1)]);
    for (product, pieces, left) in [(mug, 3, 2), (other, 1, 0)] {
        let no = take(wanted(Some(&[(product, pieces)])));
        assert_eq!(no, Err(Refusal::TooManyToReturn { product, left }));
    }
    let nothing = Returnable([].into());
    let no = wanted(None).take(Viewer::Staff, &nothing, Window::Open);
    assert_eq!(no, Err(Refusal::NothingToReturn));
}

#[test]
fn buyers_request_returns_in_time_and_staff_at_any_time() {
    let (mug, buyer) = (ProductId::generate(), Viewer::Guest(OrderId::generate()));
    let left = Returnable([(mug, 1)].into());
    for (window, refusal) in [
        (Window::Open, None),
        (Window::ForStaff, Some(Refusal::ForStaff)),
        (Window::Closed { at: NOON }, Some(Refusal::WindowClosed { at: NOON })),
    ] {
        assert_eq!(wanted(None).take(buyer, &left, window).err(), refusal);
        assert_eq!(wanted(None).take(Viewer::Staff, &left, window), Ok(vec![(mug, 1)]));
    }
}

#[test]
fn staff_decide_on_returns_and_buyers_cancel_what_nobody_has_decided_on() {
    let buyer = Viewer::Guest(OrderId::generate());
    for (status, by_staff, by_buyer) in [
        (Requested, &[Approved, Rejected, Cancelled][..], &[Cancelled][..]),
        (Approved, &[Received, Cancelled], &[]),
        (Rejected, &[], &[]),
        (Received, &[], &[]),
        (Cancelled, &[], &[]),
    ] {
        let back = back(status, &[]);
        for next in ReturnStatus::ALL {
            for (who, allowed) in [(Viewer::Staff, by_staff), (buyer, by_buyer)] {
                let no = Refusal::IllegalMove { from: status, to: next, allowed: allowed.to_vec() };
                let expected = if allowed.contains(&next) { Ok(()) } else { Err(no) };
                assert_eq!(back.may_become(next, who), expected, "{status:?} {next:?}");
            }
        }
    }
}

#[test]
fn what_a_receipt_does_not_name_did_not_arrive() {
    let (mug, pot) = (ProductId::generate(), ProductId::generate());
    let back = back(Approved, &[(mug, 3), (pot, 1)]);

    let receipt = Receipt::new(&[arrived(mug, 2, 1)]).unwrap();

    let lines = receipt.of(&back).unwrap();
    let pieces: Vec<_> =
        lines.iter().map(|(of, line)| (*of, line.received, line.restock)).collect();
    assert_eq!(pieces, [(mug, 2, 1), (pot, 0, 0)]);
    assert!(!receipt.is_of(&back));
    let mut received = back;
    received.lines[0] = ReturnLine {
        received: Some(2),
        condition: Some(Condition::Opened),
        restocked: 1,
        ..received.lines[0].clone()
    };
    received.lines[1].received = Some(0);
    assert!(receipt.is_of(&received));
}

#[test]
fn no_more_arrives_than_was_to_come_back() {
    let (mug, other) = (ProductId::generate(), ProductId::generate());
    let back = back(Approved, &[(mug, 3)]);
    for (line, left) in
        [(arrived(mug, 4, 0), 3), (arrived(other, 1, 0), 0), (arrived(other, 0, 0), 0)]
    {
        let no = Receipt::new(&[line]).unwrap().of(&back);
        assert_eq!(no, Err(Refusal::TooManyReceived { product: line.product, left }));
    }
}

#[test]
fn a_receipt_names_each_product_once_and_restocks_no_more_than_arrived() {
    let mug = ProductId::generate();
    let pointer = |lines: &[ReceivedPieces]| Receipt::new(lines).unwrap_err().pointer;
    assert_eq!(pointer(&[]), "/lines");
    assert_eq!(pointer(&[arrived(mug, 1, 0); 101]), "/lines");
    assert_eq!(pointer(&[arrived(mug, 1, 0); 2]), "/lines/1/product");
    assert_eq!(pointer(&[arrived(mug, -1, 0)]), "/lines/0/received");
    assert_eq!(pointer(&[arrived(mug, 1001, 0)]), "/lines/0/received");
    assert_eq!(pointer(&[arrived(mug, 1, 2)]), "/lines/0/restock");
    let (unknown, nothing) = (
        ReceivedPieces { condition: None, ..arrived(mug, 1, 0) },
        ReceivedPieces { condition: Some(Condition::New), ..arrived(mug, 0, 0) },
    );
    assert_eq!(pointer(&[unknown]), "/lines/0/condition");
    assert_eq!(pointer(&[nothing]), "/lines/0/condition");
}

#[test]
fn instructions_may_be_missing_and_hold_no_card() {
    assert_eq!(Instructions::parse(None).unwrap().text(), None);
    assert_eq!(Instructions::parse(Some(" \n ")).unwrap().text(), None);
    assert_eq!(
        Instructions::parse(Some(" By post.\nUnpaid. ")).unwrap().text(),
        Some("By post.\nUnpaid.")
    );
    let code = |raw: &str| Instructions::parse(Some(raw)).unwrap_err().code;
    assert_eq!(code(&"x".repeat(1001)), "too_long");
    assert_eq!(code("4242424242424242"), "looks_like_a_card");
}

#[test]
fn what_is_in_the_way_of_a_return_is_told_to_programs() {
    let product = ProductId::generate();
    let pieces = json!({"product": product, "left": 2});
    let moves = json!({"return_status": "approved", "allowed": ["received", "cancelled"]});
    for (refusal, code, details) in [
        (
            Refusal::IllegalMove {
                from: Approved,
                to: Rejected,
                allowed: vec![Received, Cancelled],
            },
            "illegal_return_move",
            moves,
        ),
        (Refusal::NothingToReturn, "nothing_to_return", json!({})),
        (Refusal::TooManyToReturn { product, left: 2 }, "too_many_to_return", pieces.clone()),
        (Refusal::TooManyReceived { product, left: 2 }, "too_many_received", pieces),
        (
            Refusal::WindowClosed { at: NOON },
            "return_window_closed",
            json!({"closed_at": "2026-03-01T12:00:00Z"}),
        ),
        (Refusal::ForStaff, "returns_by_staff", json!({})),
    ] {
        let said = (refusal.kind(), refusal.code(), json!(refusal.details()));
        assert_eq!(said, (crate::failure::Kind::Conflict, code, details), "{refusal}");
    }
    assert_eq!(Refusal::NoReturn.code(), "return_not_found");
    assert_eq!(Refusal::from(OrderRefusal::NotFound).code(), "order_not_found");
}
