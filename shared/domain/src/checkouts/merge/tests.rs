use super::*;
use crate::checkouts::Status;
use crate::id::{CheckoutId, ShippingMethodId, UserId};
use crate::money::Currency;
use crate::ordering::Note;
use crate::pricing::Codes;
use time::OffsetDateTime;

fn checkout(user: Option<UserId>, currency: Currency, lines: &[(ProductId, i64)]) -> Checkout {
    let cart = Cart::new(lines.to_vec()).unwrap();
    let at = OffsetDateTime::UNIX_EPOCH;
    Checkout {
        id: CheckoutId::generate(),
        user,
        secret_hash: None,
        is_proven: false,
        status: Status::Open,
        currency: (!lines.is_empty()).then_some(currency),
        wishes: Wishes { cart, ..Wishes::default() },
        order: None,
        merged_into: None,
        version: 1,
        created_at: at,
        updated_at: at,
        expires_at: at,
    }
}

fn lines(merged: &Merged) -> Vec<(ProductId, i32)> {
    merged.wishes.cart.lines().iter().map(|line| (line.product, line.quantity)).collect()
}

#[test]
fn the_guests_quantity_stands_and_what_only_the_account_had_is_added() {
    let [mug, cup, pot] = [(); 3].map(|()| ProductId::generate());
    let current = checkout(Some(UserId::generate()), Currency::EUR, &[(mug, 5), (pot, 1)]);
    let guests = checkout(None, Currency::EUR, &[(mug, 2), (cup, 3)]);

    let merged = merge(&current, &guests);

    assert_eq!(lines(&merged), [(mug, 2), (cup, 3), (pot, 1)]);
    assert_eq!(merged.problems(), [Problem::LinesAdded { products: vec![pot] }]);
}

#[test]
fn lines_of_another_currency_are_left_out() {
    let usd = Currency::from_code("USD").unwrap();
    let [mug, cup] = [(); 2].map(|()| ProductId::generate());
    let current = checkout(Some(UserId::generate()), usd, &[(mug, 5)]);

    let merged = merge(&current, &checkout(None, Currency::EUR, &[(cup, 3)]));
    assert_eq!(lines(&merged), [(cup, 3)]);
    assert_eq!(merged.problems(), [Problem::LinesLeftOut { products: vec![mug] }]);

    let merged = merge(&current, &checkout(None, Currency::EUR, &[]));
    assert_eq!(lines(&merged), [(mug, 5)]);
}

#[test]
fn a_checkout_has_a_hundred_lines_at_most() {
    let many =
        |count: usize| -> Vec<_> { (0..count).map(|_| (ProductId::generate(), 1)).collect() };
    let current = checkout(Some(UserId::generate()), Currency::EUR, &many(60));
    let guests = checkout(None, Currency::EUR, &many(60));

    let merged = merge(&current, &guests);

    assert_eq!(lines(&merged).len(), 100);
    let [Problem::LinesAdded { products: added }, Problem::LinesLeftOut { products: left_out }] =
        &merged.problems()[..]
    else {
        panic!("{:?}", merged.problems());
    };
    assert_eq!((added.len(), left_out.len()), (40, 20));
    assert!(guests.wishes.cart.products().iter().all(|kept| !left_out.contains(kept)));
}

#[test]
fn what_the_guest_wished_for_stands_and_else_what_the_account_did() {
    let codes = |code: &str| Codes::parse("", [code.to_owned()]).unwrap();
    let note = |text| Note::parse(text).unwrap();
    let method = ShippingMethodId::generate();
    let mut current = checkout(Some(UserId::generate()), Currency::EUR, &[]);
    current.wishes.codes = codes("OLD");
    current.wishes.note = note("ring twice");
    current.wishes.shipping_method = Some(method);
    let mut guests = checkout(None, Currency::EUR, &[]);
    guests.wishes.codes = codes("NEW");

    let Wishes { codes: kept, note: said, shipping_method, .. } = merge(&current, &guests).wishes;

    assert_eq!((kept, said, shipping_method), (codes("NEW"), note("ring twice"), Some(method)));
}
