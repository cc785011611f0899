use super::{api, put, tax_germany};
use serde_json::json;
use testkit::Shop;

#[tokio::test]
async fn the_home_country_is_set_and_removed() {
    let shop = Shop::open().await;
    let staff = shop.staff().await;
    let api = api(&shop);
    let germany = json!({"home_country": "DE"});

    let first = api.get("/v1/pricing").by(&staff).await;
    let set = put(&api, "/v1/pricing", &germany).by(&staff).await;
    let again = put(&api, "/v1/pricing", &germany).by(&staff).header("if-match", "\"v2\"").await;
    let stale = put(&api, "/v1/pricing", &germany).by(&staff).header("if-match", "\"v1\"").await;

    assert_eq!(
        first.body,
        json!({"home_country": null, "has_rules": false, "guest_checkout": true, "return_window_days": 30})
    );
    assert_eq!((set.status, set.text("/home_country")), (200, "DE"));
    assert_eq!(again.header("etag"), Some("\"v2-false\""));
    assert_eq!(stale.refusal(), (412, "stale"));
    tax_germany(&api, &staff).await;
    let removed = put(&api, "/v1/pricing", &json!({"home_country": null})).by(&staff).await;
    assert_eq!(
        removed.body,
        json!({"home_country": null, "has_rules": true, "guest_checkout": true, "return_window_days": 30})
    );
    assert_eq!(removed.header("etag"), Some("\"v3-true\""));
    let shown = api.get("/v1/pricing").by(&staff).header("if-none-match", "\"v3-true\"").await;
    assert_eq!(shown.status, 304);
}

#[tokio::test]
async fn whether_guests_may_buy_is_set_and_stays_when_it_is_left_out() {
    let shop = Shop::open().await;
    let (api, staff) = (api(&shop), shop.staff().await);

    let off = json!({"home_country": null, "guest_checkout": false});
    let off = put(&api, "/v1/pricing", &off).by(&staff).await;
    let kept = put(&api, "/v1/pricing", &json!({"home_country": "DE"})).by(&staff).await;

    assert_eq!((off.status, &off.body["guest_checkout"]), (200, &json!(false)));
    assert_eq!(kept.body["guest_checkout"], false);
    assert_ne!(off.header("etag"), kept.header("etag"));
}

#[tokio::test]
async fn what_is_no_home_country_is_refused() {
    let shop = Shop::open().await;
    let staff = shop.staff().await;
    let api = api(&shop);
    for (body, refusal) in [
        (json!({"home_country": "Germany"}), (422, "invalid_value")),
        (json!({"home_country": "ZZ"}), (422, "invalid_value")),
        (json!({"home_country": 7}), (400, "bad_body")),
        (json!({"has_rules": true, "home_country": "DE"}), (400, "bad_body")),
        (json!({}), (400, "bad_body")),
    ] {
        let answer = put(&api, "/v1/pricing", &body).by(&staff).await;
        assert_eq!(answer.refusal(), refusal, "{body}");
    }
}

#[tokio::test]
async fn only_staff_read_and_change_the_settings() {
    let shop = Shop::open().await;
    let customer = shop.customer().await;
    let api = api(&shop);
    let calls =
        || [api.get("/v1/pricing"), put(&api, "/v1/pricing", &json!({"home_country": "DE"}))];
    for call in calls() {
        assert_eq!(call.await.refusal(), (401, "sign_in"));
    }
    for call in calls() {
        assert_eq!(call.by(&customer).await.refusal(), (403, "wrong_role"));
    }
}
