use super::*;
use crate::text::{one_line, since};
use domain::id::{ProductId, UserId};
use domain::money::{Currency, Money};
use domain::ordering::{CancelReason, Holder, OrderLine, Shipment, Status, Totals};
use domain::payments::dispute::{Case, DisputeStatus};
use domain::payments::fraud_warning::FraudWarningKind;
use time::macros::datetime;

mod disputes;

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
        discount: euros(0),
        tax: euros(0),
        tax_included: euros(0),
        tax_category: None,
        tax_rate_ppm: None,
        fulfilled: 0,
        shipped: 0,
        removed: 0,
        returned: 0,
    }
}

/// A pending order of three mugs and a pot.
fn order() -> Order {
    let placed_at = datetime!(2026-11-24 13:37 UTC);
    Order {
        id: "ord_0193f2a7c1d87b3e9a5f4c2d1e0b9a87".parse().unwrap(),
        number: "K7QF2-9XM4T".parse().ok(),
        holder: Holder::Account(UserId::generate()),
        status: Status::Pending,
        lines: vec![line("Großer Becher ☕", 3, 1250), line("Teapot", 1, 4900)],
        totals: Totals {
            subtotal: euros(8650),
            discount: euros(0),
            shipping: euros(490),
            tax: euros(0),
            tax_included: euros(0),
            total: euros(9140),
        },
        discounts: Vec::new(),
        taxes: Vec::new(),
        shipping: None,
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
        is_disputed: false,
        address: None,
        note: None,
        version: 1,
    }
}

fn paid() -> Order {
    Order { status: Status::Confirmed, captured: euros(9140), expires_at: None, ..order() }
}

/// A shipment has a tracking URL if it has a tracking number.
fn shipped(carrier: &str, number: Option<&str>) -> Order {
    let url = number.map(|number| format!("https://track.example/parcel?id={number}&lang=en"));
    let shipment = Shipment::parse(carrier, number, url.as_deref()).unwrap();
    let shipped_at = Some(datetime!(2026-11-25 9:00 UTC));
    Order { status: Status::Shipped, shipment: Some(shipment), shipped_at, ..paid() }
}

/// The same text as carrier and as tracking number.
fn carried_by(carrier: &str) -> Shipment {
    Shipment::parse(carrier, Some(carrier), None).unwrap()
}

fn cancelled(reason: CancelReason) -> Order {
    Order { status: Status::Cancelled, cancel_reason: Some(reason), expires_at: None, ..order() }
}

fn charge() -> FailedPayment {
    FailedPayment {
        order: order().reference(),
        amount: euros(9140),
        decline_code: None,
        payable_until: order().expires_at,
    }
}

fn refund() -> Refund {
    Refund {
        id: "re_0193f2a7c1d87b3e9a5f4c2d1e0b9a88".parse().unwrap(),
        order: order().reference(),
        amount: euros(1250),
        provider: Some("re_3QxY7L2eZvKYlo2C".to_owned()),
        refusal: None,
        is_of_late_payment: false,
        is_of_surplus_payment: false,
    }
}

fn dispute(status: DisputeStatus) -> Dispute {
    let at = datetime!(2026-11-26 09:00 UTC);
    Dispute {
        id: "dp_0193f2a7c1d87b3e9a5f4c2d1e0b9a89".parse().unwrap(),
        payment: "pay_0193f2a7c1d87b3e9a5f4c2d1e0b9a90".parse().unwrap(),
        order: order().id,
        provider: "dp_1QxY7L2eZvKYlo2C".to_owned(),
        case: Case {
            status,
            amount: euros(9140),
            reason: "product_not_received".to_owned(),
            evidence_due: Some(datetime!(2026-12-05 23:59 UTC)),
        },
        created_at: at,
        updated_at: at,
        closed_at: None,
    }
}

fn warning(kind: FraudWarningKind, reason: &str) -> FraudWarning {
    FraudWarning {
        id: "fw_0193f2a7c1d87b3e9a5f4c2d1e0b9a91".parse().unwrap(),
        payment: "pay_0193f2a7c1d87b3e9a5f4c2d1e0b9a90".parse().unwrap(),
        order: order().id,
        amount: euros(9140),
        provider: "issfr_1QxY7L2eZvKYlo2C".to_owned(),
        kind,
        reason: reason.to_owned(),
        opened_at: datetime!(2026-11-26 09:00 UTC),
        closed_at: None,
        closed_by: None,
    }
}

fn product(name: &str) -> LowStock {
    LowStock { sku: "MUG-BLUE".to_owned(), name: name.to_owned(), on_hand: 6, available: 4 }
}

fn shop() -> String {
    "https://shop.example".to_owned()
}

fn url(purpose: &str) -> String {
    format!("https://shop.example/{purpose}?token=secret")
}

fn whole(mail: &impl Mail) -> String {
    let Email { kind, subject, text, html } = mail.email(None).unwrap();
    format!("{kind}: {subject}\n\n=== text\n{text}\n\n=== html\n{html}")
}

/// One snapshot per email, named after its test.
macro_rules! reads_as_it_should {
    ($($name:ident: $mail:expr;)+) => {$(
        #[test]
        fn $name() {
            insta::assert_snapshot!(stringify!($name), whole(&$mail));
        }
    )+};
}

mod attention;
mod parcels;
mod returns;

reads_as_it_should! {
    a_new_address_is_asked_to_prove_itself: VerificationAsked { url: url("verify") };
    a_forgotten_password_can_be_replaced: ResetAsked { url: url("reset") };
    whoever_registers_again_hears_of_their_account: RegisteredAgain { shop: shop() };
    a_new_password_is_told: PasswordChanged { shop: shop() };
    a_session_that_was_ended_is_explained: SessionStolen { shop: shop() };
    a_placed_order_is_acknowledged: OrderReceived { order: order() };
    a_paid_order_is_confirmed: OrderConfirmed { order: paid() };
    a_shipped_order_is_announced: OrderShipped { order: shipped("DHL", Some("00340434161094042557")) };
    a_shipped_order_without_tracking_is_announced: OrderShipped { order: shipped("Bike courier", None) };
    a_cancelled_order_says_why: OrderCancelled { order: cancelled(CancelReason::Expired) };
    a_failed_payment_can_be_tried_again: PaymentFailed { charge: charge() };
    a_refund_says_how_much: RefundIssued { refund: refund() };
    goods_that_came_back_are_acknowledged: GoodsReturned { refund: refund() };
    goods_that_came_back_after_their_price_are_acknowledged: GoodsReturned {
        refund: Refund { amount: euros(0), ..refund() }
    };
    a_refund_that_failed_is_told_to_the_staff: RefundFailed { refund: refund() };
    a_refunded_order_that_is_not_shipped_is_told_to_the_staff: OrderRefundedUnshipped {
        order: Order { refunded: euros(9140), ..order() }
    };
    an_underpaid_order_is_told_to_the_staff: OrderUnderpaid {
        order: Order { captured: euros(5000), ..order() }
    };
    a_refund_that_stripe_refuses_is_told_to_the_staff: RefundFailed {
        refund: Refund { refusal: Some("charge_disputed".to_owned()), provider: None, ..refund() }
    };
    a_refund_that_stripe_lost_is_told_to_the_staff: RefundFailed {
        refund: Refund { refusal: Some("refund_gone".to_owned()), ..refund() }
    };
    a_refund_of_what_was_paid_twice_says_so: RefundIssued {
        refund: Refund { is_of_late_payment: true, is_of_surplus_payment: true, ..refund() }
    };
    a_card_without_money_is_told_with_what_to_do: PaymentFailed {
        charge: FailedPayment { decline_code: Some("insufficient_funds".to_owned()), ..charge() }
    };
    a_dispute_is_told_to_the_staff: DisputeOpened { dispute: dispute(DisputeStatus::NeedsResponse) };
    disputed_money_that_came_back_is_told_to_the_staff: DisputedMoneyReturned {
        dispute: dispute(DisputeStatus::Won)
    };
    a_fraud_warning_is_told_to_the_staff: FraudWarningOpened {
        warning: warning(FraudWarningKind::EarlyFraudWarning, "made_with_stolen_card")
    };
    a_review_is_told_to_the_staff: FraudWarningOpened {
        warning: warning(FraudWarningKind::Review, "rule")
    };
    a_product_that_runs_low_is_told_to_the_staff: StockLow { product: product("Blue mug") };
    dead_letters_are_told_to_the_staff: DeadLettersFound { since: since(498_805) };
}

#[test]
fn every_reason_has_its_words() {
    for (reason, text) in [
        (CancelReason::Requested, "You asked us to cancel it."),
        (CancelReason::Expired, "The payment did not arrive in time."),
        (CancelReason::PaymentCanceled, "Its payment was cancelled."),
        (CancelReason::Underpaid, "Your payment was less than its total."),
    ] {
        let email = OrderCancelled { order: cancelled(reason) }.email(None).unwrap();
        assert!(email.text.contains(text) && email.html.contains(text));
    }
}

#[test]
fn whoever_has_paid_for_a_cancelled_order_reads_about_the_money() {
    let order = Order { captured: euros(9140), ..cancelled(CancelReason::Requested) };
    let email = OrderCancelled { order }.email(None).unwrap();
    assert!(email.text.contains("91.40 EUR you paid"), "{}", email.text);
    assert!(email.html.contains("91.40 EUR you paid"));
}

#[test]
fn whoever_paid_too_late_reads_why_the_money_comes_back() {
    let refund = Refund { is_of_late_payment: true, ..refund() };
    let email = RefundIssued { refund }.email(None).unwrap();
    for text in [email.text, email.html] {
        assert!(text.contains("reached us when the order could no longer be fulfilled"), "{text}");
    }
}

#[test]
fn what_people_write_is_text_and_never_markup() {
    let evil = "<script>alert(1)</script> & \"co\"";
    let order = Order { lines: vec![line(evil, 1, 1)], ..order() };
    for email in [
        OrderReceived { order: order.clone() }.email(None),
        OrderConfirmed { order: order.clone() }.email(None),
        OrderShipped { order: order.clone() }.email(None),
        OrderShipped { order: Order { shipment: Some(carried_by(evil)), ..order.clone() } }
            .email(None),
        OrderCancelled { order }.email(None),
        StockLow { product: product(evil) }.email(None),
    ] {
        let email = email.unwrap();
        assert!(!email.html.contains("<script>"), "{}", email.html);
        assert!(email.text.contains(evil), "{}", email.text);
    }
}

#[test]
fn an_order_without_a_number_is_called_by_its_id() {
    let order = Order { number: None, ..order() };
    let email = OrderReceived { order }.email(None).unwrap();
    assert_eq!(email.subject, "We have your order ord_0193f2a7c1d87b3e9a5f4c2d1e0b9a87");
}

#[test]
fn a_subject_is_one_line() {
    let two = "Your order\r\nBcc: x@example.com\u{0}\u{2028}!\n";
    assert_eq!(one_line(two), "Your order Bcc: x@example.com !");
    let product = LowStock { sku: "MUG\r\nBcc: x@example.com".to_owned(), ..product("Mug") };
    let email = StockLow { product }.email(None).unwrap();
    assert_eq!(email.subject, "MUG Bcc: x@example.com runs low: 4 left");
}
