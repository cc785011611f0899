//! Crashes while a checkout becomes an order, of an account and of a guest.

use super::{CrashFixture, Functions, PRICE, one_each};
use crate::faults::order_body;
use serde_json::json;
use std::cell::Cell;
use testkit::{ApiClient, Call, Discount, User, at_every_crash_point};

fn complete(orders: &ApiClient, checkout: &str, buyer: &User) -> Call {
    // 10 % of 19.99, half up.
    let body = json!({"expected_total": {"amount": PRICE - 200, "currency": "EUR"}});
    let call = orders.post(&format!("{checkout}/complete"), &body);
    call.by(buyer).header("if-match", "*").key(checkout)
}

#[tokio::test]
async fn a_checkout_whose_function_is_killed_at_any_await_becomes_one_order_and_uses_its_code_once()
{
    let fixture = CrashFixture::new().await;
    let checkouts = ApiClient::new(checkouts::routes(), fixture.shop.app());
    fixture.shop.discount(Discount { max_uses: Some(1000), ..Discount::any() }).await;
    let (placed, undone, done) = (Cell::new(0), Cell::new(0), Cell::new(0));

    let points = at_every_crash_point(async |crash_point| {
        let buyer = fixture.shop.customer().await;
        let mut wish = order_body(fixture.mug);
        wish["discount_codes"] = json!(["WELCOME"]);
        // From an address of its own, since there is a limit for each.
        let wished = checkouts.post("/v1/checkouts", &wish).by(&buyer);
        let wished = wished.sent_from(&format!("192.0.2.{}", placed.get())).await;
        let checkout = format!("/v1/checkouts/{}", wished.text("/id"));
        let request = {
            let (buyer, checkout) = (buyer.clone(), checkout.clone());
            move |api: &ApiClient| complete(api, &checkout, &buyer)
        };

        let first = fixture.call_and_crash(crash_point, Functions::orders, request).await;
        let shown = checkouts.get(&checkout).by(&buyer).await;
        if first.is_none() {
            let count = if shown.text("/status") == "open" { &undone } else { &done };
            count.set(count.get() + 1);
        }
        let again = complete(&fixture.orders, &checkout, &buyer).await;

        assert_eq!(again.status, 201, "{crash_point}: {}", again.body);
        if let Some(first) = &first {
            assert_eq!((first.status, &first.bytes), (201, &again.bytes), "{crash_point}");
        }
        fixture.drain().await;
        let emails = fixture.emails_to(&buyer);
        assert_eq!(emails, one_each(["We have your order"]), "{crash_point}");
        placed.set(placed.get() + 1);
        first.is_none()
    })
    .await;

    assert!(points >= 12, "killed at {points} points");
    assert!(undone.get() > 0 && done.get() > 0, "never killed before, or after the commit");
    let orders = fixture.shop.one::<i64>("select count(*) from orders").await;
    let used = fixture.shop.one::<i32>("select used from discounts").await;
    assert_eq!((orders, used), (placed.get().into(), placed.get()));
    assert_eq!(fixture.shop.stock(fixture.mug).await, (1000, placed.get()));
    fixture.shop.check_invariants().await;
}

/// The guest's request, with the secret in place of an account.
fn complete_as_guest(orders: &ApiClient, checkout: &str, secret: &str) -> Call {
    let body = json!({"expected_total": {"amount": PRICE - 200, "currency": "EUR"}});
    let call = orders.post(&format!("{checkout}/complete"), &body).header("if-match", "*");
    call.header("checkout-secret", secret).key(checkout)
}

#[tokio::test]
async fn a_guests_checkout_whose_function_is_killed_at_any_await_becomes_one_order_of_its_guest() {
    let fixture = CrashFixture::new().await;
    let checkouts = ApiClient::new(checkouts::routes(), fixture.shop.app());
    fixture.shop.discount(Discount { max_uses: Some(1000), ..Discount::any() }).await;
    let (placed, undone, done) = (Cell::new(0), Cell::new(0), Cell::new(0));

    let points = at_every_crash_point(async |crash_point| {
        let email = format!("guest-{}@example.com", placed.get());
        let mut wish = order_body(fixture.mug);
        wish["discount_codes"] = json!(["WELCOME"]);
        wish["email"] = json!(email);
        // From an address of its own, since there is a limit for each.
        let place = format!("192.0.2.{}", placed.get());
        let wished = checkouts.post("/v1/checkouts", &wish).sent_from(&place).await;
        let checkout = format!("/v1/checkouts/{}", wished.text("/id"));
        let secret = wished.text("/secret").to_owned();
        let request = {
            let (secret, checkout, place) = (secret.clone(), checkout.clone(), place.clone());
            move |api: &ApiClient| complete_as_guest(api, &checkout, &secret).sent_from(&place)
        };

        let first = fixture.call_and_crash(crash_point, Functions::orders, request).await;
        let shown = checkouts.get(&checkout).header("checkout-secret", &secret).await;
        if first.is_none() {
            let count = if shown.text("/status") == "open" { &undone } else { &done };
            count.set(count.get() + 1);
        }
        let again = complete_as_guest(&fixture.orders, &checkout, &secret).sent_from(&place).await;

        assert_eq!(again.status, 201, "{crash_point}: {}", again.body);
        assert_eq!(again.text("/email"), email);
        if let Some(first) = &first {
            assert_eq!((first.status, &first.bytes), (201, &again.bytes), "{crash_point}");
        }
        let path = format!("/v1/orders/{}", again.text("/id"));
        let shown = fixture.orders.get(&path).header("checkout-secret", &secret).await;
        assert_eq!(shown.status, 200, "{crash_point}: {}", shown.body);
        fixture.drain().await;
        placed.set(placed.get() + 1);
        first.is_none()
    })
    .await;

    assert!(points >= 12, "killed at {points} points");
    assert!(undone.get() > 0 && done.get() > 0, "never killed before, or after the commit");
    let guests =
        "select count(*) from orders join order_guests on order_id = id where user_id is null";
    let orders = fixture.shop.one::<i64>("select count(*) from orders").await;
    let used = fixture.shop.one::<i32>("select used from discounts").await;
    assert_eq!((orders, used), (placed.get().into(), placed.get()));
    assert_eq!(fixture.shop.one::<i64>(guests).await, orders);
    assert_eq!(fixture.shop.stock(fixture.mug).await, (1000, placed.get()));
    // Nobody has paid: the addresses may be anybody's.
    assert_eq!(fixture.ses.mails(), Vec::<serde_json::Value>::new());
    fixture.shop.check_invariants().await;
}
