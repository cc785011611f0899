//! Whoever erases their account takes along what they had ordered as a guest.

use super::{Fixture, Guest};
use axum::http::Method;
use serde_json::{Value, json};
use testkit::User;

const EMAIL: &str = "ann.guest@example.com";

/// A cancelled order of a guest with an address and a note.
async fn cancelled(fixture: &Fixture) -> (Guest, String) {
    let mut body = fixture.wish(EMAIL, 1);
    body["note"] = json!("ring at Ann's door");
    body["destination"] = json!({
        "country": "DE", "name": "Ann Guestfield", "line1": "Street 1", "postal_code": "10115", "city": "Berlin",
    });
    let guest = fixture.guest_at(super::HOME, &body).await;
    let placed = fixture.complete(&guest, 1250).await;
    assert_eq!(placed.status, 201, "{}", placed.body);
    let order = format!("/v1/orders/{}", placed.text("/id"));
    let cancel = fixture.orders.call(Method::POST, &format!("{order}/cancel"));
    assert_eq!(guest.shown(cancel.key("the guest's key to cancel")).await.status, 200);
    (guest, order)
}

async fn erase(fixture: &Fixture, user: &User) {
    let admin = fixture.shop.user(domain::accounts::Role::Admin).await;
    let call = fixture.accounts.call(Method::POST, &format!("/v1/users/{}/erase", user.id));
    let erased = call.by(&admin).await;
    assert_eq!(erased.status, 200, "{}", erased.body);
}

#[tokio::test]
async fn nothing_of_the_person_stays_whether_the_orders_were_joined_or_not() {
    for joins in [true, false] {
        let fixture = Fixture::open().await;
        let (_, order) = cancelled(&fixture).await;
        // What was never ordered goes as well.
        fixture.guest(EMAIL, 1).await;
        let user = fixture.account(EMAIL, true).await;
        if joins {
            assert_eq!(fixture.claim_orders(&user).await.body["claimed"], 1);
        }

        erase(&fixture, &user).await;

        for trace in [EMAIL, "Guestfield", "ring at Ann"] {
            assert_eq!(fixture.shop.tables_with(trace).await, Vec::<String>::new(), "{trace}");
        }
        let staff = fixture.shop.staff().await;
        let shown = fixture.orders.get(&order).by(&staff).await;
        assert_eq!((shown.status, &shown.body["shipping_address"]), (200, &Value::Null));
        // The responses that are kept have changed.
        fixture.shop.check_invariants().await;
    }
}

#[tokio::test]
async fn whoever_has_not_proven_the_address_takes_nothing_of_the_guest_along() {
    let fixture = Fixture::open().await;
    let (guest, order) = cancelled(&fixture).await;
    let user = fixture.account(EMAIL, false).await;

    erase(&fixture, &user).await;

    assert_eq!(fixture.show(&guest, &order).await.text("/email"), EMAIL);
}
