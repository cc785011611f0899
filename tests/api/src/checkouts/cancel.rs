//! `POST /v1/checkouts/{id}/cancel`.

use super::{Fixture, lines};
use serde_json::json;

#[tokio::test]
async fn a_checkout_is_cancelled_once_and_is_nobodys_current_one() {
    let fixture = Fixture::open().await;
    let (mug, buyer) = (fixture.product(1250).await, fixture.shop.customer().await);
    let checkout = fixture.checkout(&buyer, &lines([(mug, 1)])).await;

    let cancelled = fixture.cancel(&buyer, &checkout).await;
    let before = fixture.shop.snapshot().await;
    let again = fixture.cancel(&buyer, &checkout).await;

    assert_eq!((cancelled.status, cancelled.text("/status")), (200, "cancelled"));
    assert_eq!((&cancelled.body["version"], &cancelled.body["ready"]), (&json!(2), &json!(false)));
    assert_eq!((again.status, &again.body), (200, &cancelled.body));
    assert_eq!(fixture.shop.snapshot().await, before);
    let shown = fixture.show(&buyer, &checkout).await;
    assert_eq!((shown.status, &shown.body), (200, &cancelled.body));
    let current = fixture.api.get("/v1/me/checkout").by(&buyer).await;
    assert_eq!(current.refusal(), (404, "no_checkout"));
    let changed = fixture.change(&buyer, &checkout, &json!({"note": "again"})).await;
    assert_eq!(changed.refusal(), (409, "checkout_over"));
    assert_eq!(changed.body["checkout_status"], "cancelled");
}

#[tokio::test]
async fn one_that_has_expired_can_be_cancelled() {
    let fixture = Fixture::open().await;
    let (mug, buyer) = (fixture.product(1250).await, fixture.shop.customer().await);
    let checkout = fixture.checkout(&buyer, &lines([(mug, 1)])).await;
    fixture.shop.run("update checkouts set expires_at = now()").await;

    let cancelled = fixture.cancel(&buyer, &checkout).await;

    assert_eq!((cancelled.status, cancelled.text("/status")), (200, "cancelled"));
}
