use super::{api, category, created, each, mug, with};
use domain::id::CategoryId;
use serde_json::{Value, json};
use std::future::IntoFuture as _;
use testkit::Shop;

#[tokio::test]
async fn a_new_category_is_answered_with_its_address_and_tag() {
    let shop = Shop::open().await;
    let staff = shop.staff().await;
    let api = api(&shop);
    let kitchen = category(&api, &staff, "Kitchen", None).await;

    let body = json!({"name": " Mugs ", "parent": kitchen});
    let answer = api.post("/v1/categories", &body).by(&staff).await;

    assert_eq!(answer.status, 201, "{}", answer.body);
    let address = format!("/v1/categories/{}", answer.text("/id"));
    assert_eq!(answer.header("location"), Some(address.as_str()));
    assert_eq!(answer.header("etag"), Some("\"v1\""));
    assert_eq!((answer.text("/name"), answer.text("/parent")), ("Mugs", kitchen.as_str()));
    assert_eq!(api.get(&address).await.body, answer.body);
    let unmodified = api.get(&address).header("if-none-match", "\"v1\"").await;
    assert_eq!(unmodified.status, 304);
}

#[tokio::test]
async fn what_cannot_be_a_category_is_refused() {
    let shop = Shop::open().await;
    let staff = shop.staff().await;
    let api = api(&shop);
    let nowhere = CategoryId::generate();
    for (body, refusal, pointer) in [
        (json!({"name": ""}), (422, "invalid_value"), "/name"),
        (json!({"name": "a\0"}), (422, "invalid_value"), "/name"),
        (json!({"name": "x".repeat(101)}), (422, "invalid_value"), "/name"),
        (json!({"name": "x", "parent": nowhere}), (422, "invalid_value"), "/parent"),
        (json!({"name": "x", "parent": 7}), (400, "bad_body"), "/parent"),
        (json!({"name": "x", "slug": "x"}), (400, "bad_body"), "/slug"),
        (json!({}), (400, "bad_body"), ""),
    ] {
        let answer = api.post("/v1/categories", &body).by(&staff).await;

        assert_eq!(answer.refusal(), refusal, "{body} {}", answer.body);
        assert_eq!(answer.text("/errors/0/pointer"), pointer, "{body}");
    }
    assert_eq!(shop.one::<i64>("select count(*) from categories").await, 0);
}

#[tokio::test]
async fn a_name_is_taken_at_its_place_only() {
    let shop = Shop::open().await;
    let staff = shop.staff().await;
    let api = api(&shop);
    let kitchen = category(&api, &staff, "Kitchen", None).await;
    let garden = category(&api, &staff, "Garden", None).await;
    let mugs = category(&api, &staff, "Mugs", Some(&kitchen)).await;
    category(&api, &staff, "Mugs", Some(&garden)).await;
    category(&api, &staff, "Mugs", None).await;

    let twin = json!({"name": "mugs", "parent": kitchen});
    let twin = api.post("/v1/categories", &twin).by(&staff).await;
    let root = api.post("/v1/categories", &json!({"name": "kitchen"})).by(&staff).await;
    let moved = json!({"parent": garden});
    let moved = api.patch(&format!("/v1/categories/{mugs}"), &moved).by(&staff).await;

    for answer in [twin, root, moved] {
        assert_eq!(answer.refusal(), (409, "category_name_taken"));
    }
}

#[tokio::test]
async fn a_category_is_renamed_and_moved() {
    let shop = Shop::open().await;
    let staff = shop.staff().await;
    let api = api(&shop);
    let kitchen = category(&api, &staff, "Kitchen", None).await;
    let address = format!("/v1/categories/{}", category(&api, &staff, "Mugs", None).await);
    let patch = |patch: Value| api.patch(&address, &patch).by(&staff);

    let moved = patch(json!({"parent": kitchen})).await;
    assert_eq!((moved.status, moved.text("/name")), (200, "Mugs"));
    assert_eq!(moved.text("/parent"), kitchen);
    let renamed = patch(json!({"name": "Cups"})).header("if-match", "\"v2\"").await;
    assert_eq!((renamed.text("/name"), renamed.text("/parent")), ("Cups", kitchen.as_str()));
    let freed = patch(json!({"parent": null})).await;
    assert_eq!((freed.header("etag"), &freed.body["parent"]), (Some("\"v4\""), &Value::Null));
    let same = patch(json!({"name": "Cups"})).await;
    assert_eq!(same.header("etag"), Some("\"v4\""));

    let stale = patch(json!({"name": "Old"})).header("if-match", "\"v1\"").await;
    assert_eq!(stale.refusal(), (412, "stale"));
    let nameless = patch(json!({"name": null})).await;
    assert_eq!(nameless.refusal(), (422, "invalid_value"));
    let nowhere = patch(json!({"parent": CategoryId::generate()})).await;
    assert_eq!(nowhere.text("/errors/0/pointer"), "/parent");
}

#[tokio::test]
async fn a_category_cannot_stand_below_itself() {
    let shop = Shop::open().await;
    let staff = shop.staff().await;
    let api = api(&shop);
    let top = category(&api, &staff, "Top", None).await;
    let middle = category(&api, &staff, "Middle", Some(&top)).await;
    let low = category(&api, &staff, "Low", Some(&middle)).await;

    for below in [&top, &middle, &low] {
        let body = json!({"parent": below});
        let answer = api.patch(&format!("/v1/categories/{top}"), &body).by(&staff).await;
        assert_eq!(answer.refusal(), (409, "category_cycle"));
    }
}

#[tokio::test]
async fn of_two_moves_that_would_close_a_ring_one_is_refused() {
    let shop = Shop::open().await;
    let staff = shop.staff().await;
    let api = api(&shop);
    for round in 0..5 {
        let one = category(&api, &staff, &format!("One {round}"), None).await;
        let two = category(&api, &staff, &format!("Two {round}"), None).await;
        let under = |below: &str, above: &str| {
            let body = json!({"parent": above});
            api.patch(&format!("/v1/categories/{below}"), &body).by(&staff).into_future()
        };

        let (a, b) = tokio::join!(under(&one, &two), under(&two, &one));

        let mut outcomes = [a.refusal(), b.refusal()];
        outcomes.sort_unstable();
        assert_eq!(outcomes, [(200, ""), (409, "category_cycle")]);
    }
}

#[tokio::test]
async fn a_category_in_use_stays() {
    let shop = Shop::open().await;
    let staff = shop.staff().await;
    let api = api(&shop);
    let kitchen = category(&api, &staff, "Kitchen", None).await;
    let mugs = category(&api, &staff, "Mugs", Some(&kitchen)).await;
    let product = with(mug("A"), &json!({"category": mugs}));
    let product = created(&api, &staff, &product).await;
    let delete = |id: &str| api.delete(&format!("/v1/categories/{id}")).by(&staff);

    assert_eq!(delete(&kitchen).await.refusal(), (409, "category_in_use"));
    assert_eq!(delete(&mugs).await.refusal(), (409, "category_in_use"));

    // An archived product does not keep its category in use.
    api.delete(&product).by(&staff).await;
    assert_eq!(delete(&mugs).header("if-match", "\"v9\"").await.refusal(), (412, "stale"));
    assert_eq!(delete(&mugs).await.status, 204);
    assert_eq!(delete(&mugs).await.refusal(), (404, "category_not_found"));
    assert_eq!(delete(&kitchen).await.status, 204);
    assert_eq!(api.get(&product).by(&staff).await.body["category"], Value::Null);
}

#[tokio::test]
async fn all_categories_are_listed_page_by_page() {
    let shop = Shop::open().await;
    let staff = shop.staff().await;
    let api = api(&shop);
    for name in ["One", "Two", "Three"] {
        category(&api, &staff, name, None).await;
    }

    let first = api.get("/v1/categories?limit=2").await;
    let cursor = first.text("/next_cursor");
    let rest = api.get(&format!("/v1/categories?limit=2&cursor={cursor}")).await;

    assert_eq!(each(&first, "name"), ["One", "Two"]);
    assert_eq!(each(&rest, "name"), ["Three"]);
    assert_eq!((&rest.body["has_more"], &rest.body["next_cursor"]), (&json!(false), &Value::Null));
    for query in ["limit=0", "limit=-1", "limit=1000000000", "cursor=forged", "colour=blue"] {
        assert_eq!(api.get(&format!("/v1/categories?{query}")).await.status, 400, "{query}");
    }
}

#[tokio::test]
async fn only_staff_touch_categories() {
    let shop = Shop::open().await;
    let (customer, staff) = (shop.customer().await, shop.staff().await);
    let api = api(&shop);
    let mugs = format!("/v1/categories/{}", category(&api, &staff, "Mugs", None).await);
    let nowhere = format!("/v1/categories/{}", CategoryId::generate());
    let body = json!({"name": "Mine"});

    let calls = || [api.post("/v1/categories", &body), api.patch(&mugs, &body), api.delete(&mugs)];
    for call in calls() {
        assert_eq!(call.await.refusal(), (401, "sign_in"));
    }
    for call in calls() {
        assert_eq!(call.by(&customer).await.refusal(), (403, "wrong_role"));
    }
    for call in [api.get(&nowhere), api.patch(&nowhere, &body), api.delete(&nowhere)] {
        assert_eq!(call.by(&staff).await.refusal(), (404, "category_not_found"));
    }
}
