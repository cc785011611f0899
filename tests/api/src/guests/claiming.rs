//! Whoever logs in takes a guest's checkout along.

use super::{ANN, Fixture};
use axum::http::Method;
use serde_json::json;
use testkit::Product;

#[tokio::test]
async fn the_checkout_becomes_the_accounts_current_one_and_its_secret_opens_nothing() {
    let fixture = Fixture::open().await;
    let user = fixture.shop.customer().await;
    let guest = fixture.guest(ANN, 2).await;

    let claimed = fixture.claim(&user, &guest).await;

    assert_eq!((claimed.status, &claimed.body["email"]), (200, &json!(null)), "{}", claimed.body);
    let current = fixture.checkouts.get("/v1/me/checkout").by(&user).await;
    assert_eq!(current.text("/id"), claimed.text("/id"));
    let shown = guest.shown(fixture.checkouts.get(&guest.path)).await;
    assert_eq!(shown.refusal(), (404, "checkout_not_found"));
    // Again, it is the same; for another account it is not there.
    assert_eq!(fixture.claim(&user, &guest).await.body, current.body);
    let other = fixture.shop.customer().await;
    assert_eq!(fixture.claim(&other, &guest).await.refusal(), (404, "checkout_not_found"));
    fixture.audit().await;
}

#[tokio::test]
async fn lines_are_united_and_the_guests_quantity_stands() {
    let fixture = Fixture::open().await;
    let user = fixture.shop.customer().await;
    let cup = fixture.shop.product(Product { price: 500, ..Product::any() }).await;
    let own = json!({"lines": [{"product": fixture.mug, "quantity": 5}, {"product": cup, "quantity": 1}]});
    let own = fixture.checkouts.post("/v1/checkouts", &own).by(&user).await;
    let guest = fixture.guest(ANN, 2).await;

    let claim = || fixture.claim(&user, &guest).key("the key of the claim");
    let merged = claim().await;

    assert_eq!((merged.status, merged.text("/id")), (200, own.text("/id")));
    assert_eq!(merged.body["total"]["amount"], 2 * 1250 + 500);
    let problem = &merged.body["problems"][0];
    assert_eq!((&problem["code"], &problem["products"]), (&json!("lines_added"), &json!([cup])));
    assert_eq!(claim().await.body, merged.body);
    let again = fixture.claim(&user, &guest).await;
    assert_eq!((again.text("/id"), &again.body["lines"]), (own.text("/id"), &merged.body["lines"]));
    assert_eq!(again.body["version"], merged.body["version"]);
    let named = "select count(*) from checkouts where email is not null";
    assert_eq!(fixture.shop.one::<i64>(named).await, 0, "what is merged keeps nobody's address");
    let left = guest.shown(fixture.checkouts.get(&guest.path)).await;
    assert_eq!(left.refusal(), (404, "checkout_not_found"));
    let other = fixture.shop.customer().await;
    assert_eq!(fixture.claim(&other, &guest).await.refusal(), (404, "checkout_not_found"));
    // An old total buys nothing that was not seen.
    let complete = format!("/v1/checkouts/{}/complete", own.text("/id"));
    let old = json!({"expected_total": {"amount": 2500, "currency": "EUR"}});
    let bought = fixture
        .orders
        .post(&complete, &old)
        .by(&user)
        .header("if-match", "*")
        .key("a key of its own");
    assert_eq!(bought.await.refusal(), (409, "total_changed"));
    fixture.audit().await;
}

#[tokio::test]
async fn what_is_over_is_not_claimed_and_a_wrong_secret_claims_nothing() {
    let fixture = Fixture::open().await;
    let user = fixture.shop.customer().await;
    let (bought, _) = fixture.order(ANN).await;
    let cancelled = fixture.guest(ANN, 1).await;
    let cancel = fixture.checkouts.call(Method::POST, &format!("{}/cancel", cancelled.path));
    assert_eq!(cancelled.shown(cancel).await.status, 200);
    let open = fixture.guest(ANN, 1).await;
    let before = fixture.shop.snapshot().await;

    assert_eq!(fixture.claim(&user, &bought).await.refusal(), (409, "checkout_completed"));
    assert_eq!(fixture.claim(&user, &cancelled).await.refusal(), (409, "checkout_over"));
    let wrong = super::Guest { secret: bought.secret.clone(), ..open.clone() };
    assert_eq!(fixture.claim(&user, &wrong).await.refusal(), (404, "checkout_not_found"));
    let none =
        fixture.checkouts.call(Method::POST, &format!("{}/claim", open.path)).by(&user).await;
    assert_eq!(none.refusal(), (404, "checkout_not_found"));
    assert_eq!(fixture.shop.snapshot().await, before);
}

#[tokio::test]
async fn two_devices_claim_while_the_guest_completes_and_there_is_one_order_or_one_merge() {
    let fixture = Fixture::with(Product { stock: 100, ..Product::any() }).await;
    for round in 0..10 {
        let user = fixture.shop.customer().await;
        let own = fixture.checkouts.post("/v1/checkouts", &json!({})).by(&user).await;
        let ip = format!("198.51.100.{round}");
        let guest =
            fixture.guest_at(&ip, &fixture.wish(&format!("ann{round}@example.com"), 1)).await;

        let (one, other, placed) = tokio::join!(
            fixture.claim(&user, &guest),
            fixture.claim(&user, &guest),
            fixture.complete(&guest, 1250)
        );

        if placed.status == 201 {
            assert_eq!(one.refusal(), (409, "checkout_completed"), "{}", one.body);
            assert_eq!(other.refusal(), (409, "checkout_completed"), "{}", other.body);
        } else {
            assert_eq!([one.status, other.status], [200, 200], "{} {}", one.body, other.body);
            assert_eq!((one.text("/id"), other.text("/id")), (own.text("/id"), own.text("/id")));
            assert_eq!(one.body["lines"], other.body["lines"]);
            assert!([404, 409].contains(&placed.status), "{}", placed.body);
        }
    }
    fixture.audit().await;
}
