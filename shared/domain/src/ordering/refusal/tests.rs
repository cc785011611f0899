use super::*;
use crate::failure::Refusal as _;
use crate::money::Currency;

fn said(refusal: &Refusal) -> (Kind, &'static str, Value) {
    (refusal.kind(), refusal.code(), Value::Object(refusal.details()))
}

#[test]
fn what_the_shop_says_no_with_is_told_to_programs() {
    let product = ProductId::generate();
    let total = Money { minor: 1, currency: Currency::EUR };
    let shortage = Shortage { product, sku: "MUG-1".to_owned(), requested: 3, available: 2 };
    let lines = json!([{"product": product, "sku": "MUG-1", "requested": 3, "available": 2}]);
    let (conflict, invalid) = (Kind::Conflict, Kind::Invalid);
    for (refusal, kind, code, details) in [
        (Refusal::NotSignedIn, Kind::Unauthenticated, "sign_in", json!({})),
        (Refusal::NotFound, Kind::NotFound, "order_not_found", json!({})),
        (Refusal::NotForSale(product), invalid, "not_for_sale", json!({"product": product})),
        (Refusal::OutOfStock(vec![shortage]), conflict, "out_of_stock", json!({"lines": lines})),
        (Refusal::MixedCurrencies, invalid, "mixed_currencies", json!({})),
        (Refusal::TooLarge { most: total }, invalid, "total_too_large", json!({"most": total})),
        (Refusal::TooSmall { least: total }, invalid, "total_too_small", json!({"least": total})),
        (
            Refusal::TooManyUnpaid { most: 9, most_verified: None },
            conflict,
            "too_many_unpaid",
            json!({"most": 9}),
        ),
        (
            Refusal::TooManyUnpaid { most: 2, most_verified: Some(9) },
            conflict,
            "too_many_unpaid",
            json!({"most": 2, "most_verified": 9}),
        ),
        (
            Refusal::TooManyUnpaidPieces { product, most: 20 },
            conflict,
            "too_many_unpaid_pieces",
            json!({"product": product, "most": 20}),
        ),
        (Refusal::EmailUnproven, conflict, "email_unproven", json!({})),
        (
            Refusal::TooManyRequests { retry_after: 100 },
            Kind::RateLimited,
            "too_many_requests",
            json!({"retry_after": 100}),
        ),
        (Refusal::PaymentInProgress, conflict, "payment_in_progress", json!({})),
        (Refusal::Ending, conflict, "order_ending", json!({})),
        (Refusal::OnHold, conflict, "on_hold", json!({})),
        (Refusal::Refunded, conflict, "order_refunded", json!({})),
        (
            Refusal::NotChangeable(OrderStatus::Shipped),
            conflict,
            "order_not_changeable",
            json!({"order_status": "shipped"}),
        ),
        (Refusal::Stale, Kind::PreconditionFailed, "stale", json!({})),
        (Refusal::UserIsForStaff, Kind::Forbidden, "wrong_role", json!({})),
    ] {
        assert_eq!(said(&refusal), (kind, code, details), "{refusal}");
    }
}

#[test]
fn where_an_order_may_go_instead_is_told_and_never_the_way_that_was_refused() {
    use OrderStatus::{Cancelled, Confirmed, Pending, Shipped};
    for (from, to, allowed) in [
        (Pending, Shipped, json!(["confirmed", "cancelled"])),
        (Pending, Cancelled, json!(["confirmed"])),
        (Confirmed, Cancelled, json!(["shipped"])),
        (Cancelled, Confirmed, json!([])),
    ] {
        let refusal = Refusal::IllegalMove { from, to };
        let expected = (Kind::Conflict, "illegal_move", json!({"allowed": allowed}));
        assert_eq!(said(&refusal), expected, "{refusal}");
    }
}

#[test]
fn what_others_refuse_is_passed_on_as_it_is() {
    let wrong = Invalid::new("/note", "too_long", "is too long");
    let (kind, code, details) = (wrong.kind(), wrong.code(), Value::Object(wrong.details()));
    assert_eq!(said(&wrong.into()), (kind, code, details));
    let repetition = Refusal::from(idempotency::Refusal::BadKey);
    assert_eq!(said(&repetition), (Kind::Malformed, "bad_idempotency_key", json!({})));
}
