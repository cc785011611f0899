use super::*;
use crate::id::{OrderId, ProductId, UserId};
use crate::money::{Currency, Money};
use crate::ordering::order::{OrderLine, Totals};
use time::OffsetDateTime;

pub(in crate::ordering) fn order(
    status: OrderStatus,
    total: i64,
    captured: i64,
    refunded: i64,
) -> Order {
    let euros = |minor| Money { minor, currency: Currency::EUR };
    let (nothing, total, at) = (euros(0), euros(total), OffsetDateTime::UNIX_EPOCH);
    let line = OrderLine {
        product: ProductId::generate(),
        sku: "MUG".to_owned(),
        name: "Mug".to_owned(),
        quantity: 2,
        unit_price: nothing,
        total,
        discount: nothing,
        tax: nothing,
        tax_included: nothing,
        tax_category: None,
        tax_rate_ppm: None,
        fulfilled: 0,
        shipped: 0,
        removed: 0,
        returned: 0,
    };
    Order {
        id: OrderId::generate(),
        number: None,
        holder: crate::viewer::Holder::Account(UserId::generate()),
        status,
        lines: vec![line.clone(), line],
        totals: Totals {
            subtotal: total,
            discount: nothing,
            shipping: nothing,
            tax: nothing,
            tax_included: nothing,
            total,
        },
        discounts: Vec::new(),
        taxes: Vec::new(),
        shipping: None,
        captured: euros(captured),
        refunded: euros(refunded),
        payment: None,
        created_at: at,
        updated_at: at,
        expires_at: None,
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

#[test]
fn money_that_came_and_went_says_what_an_order_is_paid_by() {
    use OrderStatus::{Cancelled, Confirmed, Pending};
    for (status, total, captured, refunded, is) in [
        (Pending, 100, 0, 0, PaymentStatus::Unpaid),
        (Confirmed, 100, 100, 0, PaymentStatus::Paid),
        (Cancelled, 100, 100, 0, PaymentStatus::Paid),
        (Confirmed, 100, 100, 1, PaymentStatus::PartiallyRefunded),
        (Confirmed, 100, 100, 99, PaymentStatus::PartiallyRefunded),
        (Cancelled, 100, 100, 100, PaymentStatus::Refunded),
        (Cancelled, 100, 0, 0, PaymentStatus::Unpaid),
        // What costs nothing needs no money.
        (Confirmed, 0, 0, 0, PaymentStatus::Paid),
        (Cancelled, 0, 0, 0, PaymentStatus::Unpaid),
    ] {
        let order = order(status, total, captured, refunded);
        let on_hold = Order { on_hold: true, ..order.clone() };
        let disputed = Order { is_disputed: true, ..on_hold.clone() };

        assert_eq!(PaymentStatus::of(&order), is, "{order:?}");
        assert_eq!(PaymentStatus::of(&on_hold), is, "a warning says nothing of the money");
        assert_eq!(PaymentStatus::of(&disputed), PaymentStatus::Disputed);
    }
}

#[test]
fn the_newest_payment_counts_only_while_the_order_waits_for_it() {
    use PaymentIntentStatus::{Creating, Failed, Processing, RequiresCapture};
    for (newest, is) in [
        (None, PaymentStatus::Unpaid),
        (Some(Creating), PaymentStatus::Unpaid),
        (Some(Processing), PaymentStatus::Processing),
        (Some(RequiresCapture), PaymentStatus::Authorized),
        (Some(Failed), PaymentStatus::Failed),
    ] {
        let of = |status| PaymentStatus::of(&Order { payment: newest, ..order(status, 100, 0, 0) });
        assert_eq!(
            (of(OrderStatus::Pending), of(OrderStatus::Cancelled)),
            (is, PaymentStatus::Unpaid)
        );
    }
}

#[test]
fn orders_are_looked_for_by_the_money_and_the_newest_payment() {
    use PaymentStatus::{
        Authorized, Disputed, Failed, Paid, PartiallyRefunded, Processing, Refunded, Unpaid,
    };
    let unpaid = vec![
        "none",
        "creating",
        "requires_payment_method",
        "requires_confirmation",
        "requires_action",
        "canceled",
        "succeeded",
    ];
    for (status, money, newest) in [
        (Unpaid, "open", Some(unpaid)),
        (Processing, "open", Some(vec!["processing"])),
        (Authorized, "open", Some(vec!["requires_capture"])),
        (Failed, "open", Some(vec!["failed"])),
        (Paid, "paid", None),
        (PartiallyRefunded, "partially_refunded", None),
        (Refunded, "refunded", None),
        (Disputed, "disputed", None),
    ] {
        assert_eq!((status.money(), status.newest()), (money, newest));
        assert_eq!(serde_json::to_value(status).unwrap(), status.name());
    }
}

#[test]
fn an_order_is_returned_once_every_piece_is_back() {
    let of = |status, returned: [i32; 2]| {
        let mut order = order(status, 100, 100, 0);
        for (line, returned) in order.lines.iter_mut().zip(returned) {
            line.returned = returned;
            line.shipped = line.quantity;
        }
        FulfillmentStatus::of(&order)
    };
    for returned in [[0, 0], [1, 0], [2, 1]] {
        assert_eq!(of(OrderStatus::Shipped, returned), FulfillmentStatus::Fulfilled);
    }
    assert_eq!(of(OrderStatus::Shipped, [2, 2]), FulfillmentStatus::Returned);
    assert_eq!(of(OrderStatus::Confirmed, [0, 0]), FulfillmentStatus::Partial);
    for status in [OrderStatus::Pending, OrderStatus::Confirmed, OrderStatus::Cancelled] {
        let order = order(status, 100, 100, 0);
        assert_eq!(FulfillmentStatus::of(&order), FulfillmentStatus::Unfulfilled);
    }
}
