use super::*;
use domain::id::{ProductId, UserId};
use domain::money::{Currency, Money};
use domain::ordering::{OrderLine, Status, Totals};
use time::macros::datetime;

fn euros(minor: i64) -> Money {
    Money { minor, currency: Currency::EUR }
}

fn line(name: &str, quantity: i32, minor: i64) -> OrderLine {
    OrderLine {
        product: ProductId::generate(),
        sku: "SKU".to_owned(),
        name: name.to_owned(),
        quantity,
        unit_price: euros(minor),
        total: euros(minor * i64::from(quantity)),
    }
}

/// A pending order of three mugs and a pot.
fn order() -> Order {
    let placed_at = datetime!(2026-11-24 13:37 UTC);
    Order {
        id: "ord_0193f2a7c1d87b3e9a5f4c2d1e0b9a87".parse().unwrap(),
        buyer: UserId::generate(),
        status: Status::Pending,
        lines: vec![line("Großer Becher ☕", 3, 1250), line("Teapot", 1, 4900)],
        totals: Totals {
            subtotal: euros(8650),
            discount: euros(0),
            shipping: euros(490),
            tax: euros(0),
            total: euros(9140),
        },
        captured: euros(0),
        refunded: euros(0),
        payment: None,
        created_at: placed_at,
        updated_at: placed_at,
        expires_at: Some(datetime!(2026-11-24 14:07 UTC)),
        cancel_requested_at: None,
        cancelled_at: None,
        cancel_reason: None,
        confirm_reason: None,
        shipped_at: None,
        shipment: None,
        on_hold: false,
        address: None,
        note: None,
        version: 1,
    }
}

fn paid() -> Order {
    Order { status: Status::Confirmed, captured: euros(9140), expires_at: None, ..order() }
}

fn cancelled(reason: CancelReason) -> Order {
    Order { status: Status::Cancelled, cancel_reason: Some(reason), expires_at: None, ..order() }
}

fn whole(Letter { subject, text, html }: Letter) -> String {
    format!("{subject}\n\n=== text\n{text}\n\n=== html\n{html}")
}

#[test]
fn a_placed_order_is_acknowledged() {
    insta::assert_snapshot!(whole(Occasion::Received.write(&order()).unwrap()));
}

#[test]
fn a_paid_order_is_confirmed() {
    insta::assert_snapshot!(whole(Occasion::Confirmed.write(&paid()).unwrap()));
}

#[test]
fn a_cancelled_order_says_why() {
    let order = cancelled(CancelReason::Expired);
    insta::assert_snapshot!(whole(Occasion::Cancelled.write(&order).unwrap()));
}

#[test]
fn every_reason_has_its_words() {
    for (reason, words) in [
        (CancelReason::Requested, "You asked us to cancel it."),
        (CancelReason::Expired, "The payment did not arrive in time."),
        (CancelReason::PaymentCanceled, "Its payment was cancelled."),
    ] {
        let letter = Occasion::Cancelled.write(&cancelled(reason)).unwrap();
        assert!(letter.text.contains(words) && letter.html.contains(words));
    }
}

#[test]
fn whoever_has_paid_for_a_cancelled_order_reads_about_the_money() {
    let order = Order { captured: euros(9140), ..cancelled(CancelReason::Requested) };
    let letter = Occasion::Cancelled.write(&order).unwrap();
    assert!(letter.text.contains("91.40 EUR you paid"), "{}", letter.text);
    assert!(letter.html.contains("91.40 EUR you paid"));
}

#[test]
fn a_products_name_is_text_and_never_markup() {
    let order = Order { lines: vec![line("<script>alert(1)</script> & \"co\"", 1, 1)], ..order() };
    for occasion in [Occasion::Received, Occasion::Confirmed, Occasion::Cancelled] {
        let letter = occasion.write(&order).unwrap();
        assert!(!letter.html.contains("<script>"), "{}", letter.html);
        assert!(letter.text.contains("<script>alert(1)</script>"));
    }
}

#[test]
fn a_subject_is_one_line() {
    assert_eq!(
        one_line("Your order\r\nBcc: x@example.com\u{0}\u{2028}!\n"),
        "Your order Bcc: x@example.com !"
    );
}
