//! Devices of one account at once.

use super::{Fixture, cents, lines, path};
use serde_json::json;
use testkit::send_all;

#[tokio::test]
async fn of_two_devices_that_change_one_version_the_second_is_stale() {
    let fixture = Fixture::open().await;
    let (mug, buyer) = (fixture.product(1250).await, fixture.shop.customer().await);
    let checkout = fixture.checkout(&buyer, &lines([(mug, 1)])).await;
    let patch = |n: i32| {
        let body = json!({"note": format!("device {n}")});
        fixture.api.patch(&checkout, &body).by(&buyer).header("if-match", "\"v1\"")
    };

    let mut outcomes: Vec<_> = send_all((0..4).map(patch)).await;

    outcomes.sort_by_key(|outcome| outcome.status);
    let outcomes: Vec<_> = outcomes.iter().map(testkit::Response::refusal).collect();
    assert_eq!(outcomes, [(200, ""), (412, "stale"), (412, "stale"), (412, "stale")]);
    assert_eq!(fixture.show(&buyer, &checkout).await.body["version"], 2);
}

#[tokio::test]
async fn lines_that_two_devices_set_are_both_kept() {
    let fixture = Fixture::open().await;
    let buyer = fixture.shop.customer().await;
    let products = [fixture.product(1000).await, fixture.product(200).await];
    let checkout = fixture.checkout(&buyer, &lines([])).await;

    let set = products.map(|product| fixture.set_line(&buyer, &checkout, product, 3));
    let set = send_all(set).await;

    assert!(set.iter().all(|one| one.status == 200), "{set:?}");
    assert_eq!(cents(&fixture.show(&buyer, &checkout).await, "/total"), 3600);
}

#[tokio::test]
async fn of_checkouts_that_are_made_at_once_one_is_current() {
    let fixture = Fixture::open().await;
    let (mug, buyer) = (fixture.product(1250).await, fixture.shop.customer().await);

    let made = send_all((0..6).map(|_| fixture.create(&buyer, &lines([(mug, 1)])))).await;

    assert!(made.iter().all(|one| one.status == 201), "{made:?}");
    let current = "select count(*) from checkouts where is_current";
    assert_eq!((fixture.count().await, fixture.shop.one::<i64>(current).await), (6, 1));
    let shown = fixture.api.get("/v1/me/checkout").by(&buyer).await;
    assert!(made.iter().any(|one| path(one) == path(&shown)));
}

#[tokio::test]
async fn a_change_and_the_end_of_a_checkout_do_not_mix() {
    let fixture = Fixture::open().await;
    let (mug, buyer) = (fixture.product(1250).await, fixture.shop.customer().await);
    for _ in 0..5 {
        let checkout = fixture.checkout(&buyer, &lines([(mug, 1)])).await;

        let line = fixture.set_line(&buyer, &checkout, mug, 2);
        let outcomes = send_all([line, fixture.cancel(&buyer, &checkout)]).await;

        let [set, cancelled] = &outcomes[..] else { unreachable!("two were sent") };
        assert_eq!(cancelled.status, 200, "{}", cancelled.body);
        assert!([(200, ""), (409, "checkout_over")].contains(&set.refusal()), "{}", set.body);
        let shown = fixture.show(&buyer, &checkout).await;
        assert_eq!(shown.text("/status"), "cancelled");
        let quantity = if set.status == 200 { 2 } else { 1 };
        assert_eq!(shown.body["lines"][0]["quantity"], quantity);
    }
}
