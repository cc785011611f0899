//! `POST /v1/checkouts`.

use super::{Fixture, address, cents, lines, path, with};
use domain::id::ProductId;
use serde_json::{Value, json};
use testkit::{Product, send_all};

#[tokio::test]
async fn a_new_checkout_is_answered_with_its_address_and_what_it_costs() {
    let fixture = Fixture::open().await;
    let (mug, buyer) = (fixture.product(1250).await, fixture.shop.customer().await);
    let more =
        json!({"destination": address("US"), "note": "Ring twice", "discount_codes": [" ten "]});

    let created = fixture.create(&buyer, &with(lines([(mug, 2)]), more)).await;

    assert_eq!(created.status, 201, "{}", created.body);
    assert_eq!(created.header("location"), Some(&*path(&created)));
    let body = &created.body;
    assert_eq!((&body["status"], &body["version"]), (&json!("open"), &json!(1)));
    assert_eq!((&body["currency"], cents(&created, "/total")), (&json!("EUR"), 2500));
    assert_eq!((&body["note"], &body["order"]), (&json!("Ring twice"), &Value::Null));
    assert_eq!(body["discount_codes"], json!(["TEN"]));
    assert_eq!(created.text("/destination/region"), "NY");
    assert_eq!(body.get("secret"), None, "an account needs none");
    let days = "select extract(day from expires_at - created_at)::int4 from checkouts";
    assert_eq!(fixture.shop.one::<i32>(days).await, 90);
    assert_eq!(fixture.shop.stock(mug).await, (10, 0), "it holds no stock");
    let shown = fixture.show(&buyer, &path(&created)).await;
    assert_eq!(shown.body, created.body);
}

#[tokio::test]
async fn a_checkout_may_begin_empty() {
    let fixture = Fixture::open().await;
    let buyer = fixture.shop.customer().await;

    let created = fixture.create(&buyer, &json!({})).await;

    assert_eq!((created.status, &created.body["ready"]), (201, &json!(false)));
    assert_eq!((&created.body["currency"], &created.body["total"]), (&Value::Null, &Value::Null));
}

#[tokio::test]
async fn the_newest_checkout_is_current_and_the_one_before_stays_as_it_is() {
    let fixture = Fixture::open().await;
    let (mug, buyer) = (fixture.product(1250).await, fixture.shop.customer().await);
    let first = fixture.checkout(&buyer, &lines([(mug, 1)])).await;
    let before = fixture.show(&buyer, &first).await;

    let second = fixture.checkout(&buyer, &lines([(mug, 2)])).await;

    let current = fixture.api.get("/v1/me/checkout").by(&buyer).await;
    assert_eq!(path(&current), second);
    let after = fixture.show(&buyer, &first).await;
    assert_eq!((&after.body, after.header("etag")), (&before.body, before.header("etag")));
}

#[tokio::test]
async fn a_request_that_is_sent_again_makes_one_checkout() {
    let fixture = Fixture::open().await;
    let (mug, buyer) = (fixture.product(1250).await, fixture.shop.customer().await);
    let body = lines([(mug, 1)]);
    let create = |body: &Value| fixture.create(&buyer, body).key("a key of this checkout");

    let twins = send_all((0..5).map(|_| create(&body))).await;

    let ids: Vec<_> = twins.iter().map(|twin| (twin.status, twin.text("/id"))).collect();
    assert!(ids.iter().all(|id| *id == (201, twins[0].text("/id"))), "{ids:?}");
    assert_eq!(fixture.count().await, 1);
    let other = create(&lines([(mug, 2)])).await;
    assert_eq!(other.refusal(), (422, "idempotency_key_reused"));
}

#[tokio::test]
async fn what_is_refused_leaves_nothing() {
    let fixture = Fixture::open().await;
    let (mug, buyer) = (fixture.product(1250).await, fixture.shop.customer().await);
    let draft = fixture.shop.product(Product { status: "draft", ..Product::any() }).await;
    let dollars = fixture.shop.product(Product { currency: "USD", ..Product::any() }).await;
    let before = fixture.shop.one::<i64>("select count(*) from idempotency_keys").await;
    for (body, refusal) in [
        (lines([(mug, 1), (ProductId::generate(), 1)]), (422, "not_for_sale")),
        (lines([(draft, 1)]), (422, "not_for_sale")),
        (lines([(mug, 1), (dollars, 1)]), (422, "mixed_currencies")),
        (lines([(mug, 0)]), (422, "invalid_value")),
        (json!({"note": "4242 4242 4242 4242"}), (422, "invalid_value")),
        (json!({"total": 1}), (400, "bad_body")),
    ] {
        let refused = fixture.create(&buyer, &body).key("a key that is kept for none").await;
        assert_eq!(refused.refusal(), refusal, "{body}");
    }
    fixture.shop.run("update users set disabled_at = now()").await;
    let disabled = fixture.create(&buyer, &lines([(mug, 1)])).await;
    assert_eq!(disabled.refusal(), (401, "sign_in"));

    assert_eq!(fixture.count().await, 0);
    assert_eq!(fixture.shop.one::<i64>("select count(*) from idempotency_keys").await, before);
}

#[tokio::test]
async fn no_more_than_sixty_are_made_a_minute_from_one_place() {
    let fixture = Fixture::open().await;
    let buyer = fixture.shop.customer().await;
    let create = || fixture.create(&buyer, &json!({})).sent_from("203.0.113.7");

    let made = send_all((0..61).map(|_| create())).await;

    let refused = made.iter().filter(|one| one.refusal() == (429, "too_many_requests")).count();
    assert_eq!((refused, fixture.count().await), (1, 60));
}
