//! `GET /v1/checkouts/{id}` and `GET /v1/me/checkout`.

use super::{Fixture, lines, path};

#[tokio::test]
async fn a_checkout_that_the_caller_has_is_not_sent_again_until_something_changes() {
    let fixture = Fixture::open().await;
    let (mug, buyer) = (fixture.product(1250).await, fixture.shop.customer().await);
    let checkout = fixture.checkout(&buyer, &lines([(mug, 10)])).await;
    let tag = fixture.show(&buyer, &checkout).await.header("etag").unwrap().to_owned();
    assert!(tag.starts_with("\"v1-"), "{tag}");
    for path in [&*checkout, "/v1/me/checkout"] {
        let ask = || fixture.api.get(path).by(&buyer).header("if-none-match", &tag);

        let unchanged = ask().await;
        fixture.shop.run("update products set reserved = 1").await;
        let short = ask().await;
        fixture.shop.run("update products set reserved = 0").await;

        assert_eq!((unchanged.status, unchanged.bytes.len()), (304, 0));
        assert_eq!((short.status, &short.body["ready"]), (200, &false.into()));
        assert_eq!(short.header("cache-control"), Some("no-store"));
    }
}

#[tokio::test]
async fn one_that_has_expired_is_shown_and_is_nobodys_current_one() {
    let fixture = Fixture::open().await;
    let (mug, buyer) = (fixture.product(1250).await, fixture.shop.customer().await);
    let checkout = fixture.checkout(&buyer, &lines([(mug, 1)])).await;
    let open = fixture.show(&buyer, &checkout).await;
    fixture.shop.run("update checkouts set expires_at = now()").await;

    let shown = fixture.show(&buyer, &checkout).await;
    let current = fixture.api.get("/v1/me/checkout").by(&buyer).await;

    assert_eq!((shown.status, shown.text("/status")), (200, "expired"));
    assert_eq!(shown.body["ready"], false);
    assert_ne!(shown.header("etag"), open.header("etag"));
    assert_eq!(current.refusal(), (404, "no_checkout"));
}

#[tokio::test]
async fn staff_see_the_checkouts_of_all_and_have_current_ones_of_their_own() {
    let fixture = Fixture::open().await;
    let (buyer, staff) = (fixture.shop.customer().await, fixture.shop.staff().await);
    let mug = fixture.product(1250).await;
    let checkout = fixture.checkout(&buyer, &lines([(mug, 1)])).await;

    let shown = fixture.show(&staff, &checkout).await;
    let current = fixture.api.get("/v1/me/checkout").by(&staff).await;

    assert_eq!((shown.status, path(&shown)), (200, checkout));
    assert_eq!(current.refusal(), (404, "no_checkout"));
    let strange = fixture.show(&staff, "/v1/checkouts/ord_1").await;
    assert_eq!(strange.refusal(), (404, "not_found"));
}
