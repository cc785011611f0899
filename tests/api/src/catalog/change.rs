use super::{api, category, created, mug, with};
use domain::id::ProductId;
use serde_json::json;
use std::future::IntoFuture as _;
use testkit::Shop;

#[tokio::test]
async fn a_patch_changes_what_it_names_and_nothing_else() {
    let shop = Shop::open().await;
    let staff = shop.staff().await;
    let api = api(&shop);
    let mugs = category(&api, &staff, "Mugs", None).await;
    let body = with(mug("A"), &json!({"metadata": {"colour": "blue", "size": "L"}}));
    let address = created(&api, &staff, &body).await;

    let patch = json!({
        "name": "Small mug", "price": {"amount": 990}, "category": mugs,
        "metadata": {"colour": null, "material": "clay"}, "status": "draft",
    });
    let answer = api.patch(&address, &patch).by(&staff).await;

    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.header("etag"), Some("\"v2-10-0\""));
    assert_eq!((answer.text("/sku"), answer.text("/name")), ("A", "Small mug"));
    assert_eq!(answer.body["price"], json!({"amount": 990, "currency": "EUR"}));
    assert_eq!(answer.text("/category"), mugs);
    assert_eq!(answer.body["metadata"], json!({"material": "clay", "size": "L"}));
    assert_eq!(answer.text("/status"), "draft");
    assert_ne!(answer.text("/updated_at"), answer.text("/created_at"));
    assert_eq!(api.get(&address).by(&staff).await.body, answer.body);

    let patch = json!({"category": null, "metadata": null, "description": null});
    let answer = api.patch(&address, &patch).by(&staff).await;

    assert_eq!((&answer.body["category"], &answer.body["metadata"]), (&json!(null), &json!({})));
    assert_eq!(answer.text("/description"), "");
}

#[tokio::test]
async fn a_patch_that_changes_nothing_makes_no_version() {
    let shop = Shop::open().await;
    let staff = shop.staff().await;
    let api = api(&shop);
    let address = created(&api, &staff, &mug("A")).await;

    for patch in [json!({}), mug_without_stock()] {
        let answer = api.patch(&address, &patch).by(&staff).await;
        assert_eq!((answer.status, answer.header("etag")), (200, Some("\"v1-10-0\"")));
    }
}

fn mug_without_stock() -> serde_json::Value {
    let mut same = mug("A");
    same.as_object_mut().unwrap().remove("stock");
    same
}

#[tokio::test]
async fn of_two_patches_of_one_version_the_second_is_stale() {
    let shop = Shop::open().await;
    let staff = shop.staff().await;
    let api = api(&shop);
    let address = created(&api, &staff, &mug("A")).await;
    let (cheap, dear) = (json!({"price": {"amount": 1}}), json!({"price": {"amount": 2}}));
    let patch = |price| api.patch(&address, price).by(&staff).header("if-match", "\"v1-10-0\"");

    let (one, other) = tokio::join!(patch(&cheap).into_future(), patch(&dear).into_future());

    let (won, lost) = if one.status == 200 { (one, other) } else { (other, one) };
    assert_eq!(won.status, 200, "{}", won.body);
    assert_eq!(lost.refusal(), (412, "stale"));
    assert_eq!(lost.body["version"], 2);
    let price = api.get(&address).await.body["price"]["amount"].clone();
    assert_eq!(price, won.body["price"]["amount"]);
}

#[tokio::test]
async fn a_sale_does_not_make_a_patch_stale() {
    let shop = Shop::open().await;
    let staff = shop.staff().await;
    let api = api(&shop);
    let address = created(&api, &staff, &mug("A")).await;
    let tag = api.get(&address).await.header("etag").unwrap().to_owned();
    shop.run("update products set reserved = 2").await;

    let rename = json!({"name": "Cup"});
    let answer = api.patch(&address, &rename).by(&staff).header("if-match", &tag).await;

    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.body["stock"]["reserved"], 2);
}

#[tokio::test]
async fn a_tag_that_is_none_of_ours_is_refused() {
    let shop = Shop::open().await;
    let staff = shop.staff().await;
    let api = api(&shop);
    let address = created(&api, &staff, &mug("A")).await;
    let rename = json!({"name": "Cup"});
    let send = |tags: &str| api.patch(&address, &rename).by(&staff).header("if-match", tags);

    for tags in ["\"x\"", "\"v2\", \"v3\"", "W/\"v1\", \"x\""] {
        assert_eq!(send(tags).await.refusal(), (412, "stale"), "{tags}");
    }
    assert_eq!(api.get(&address).await.text("/name"), "Large mug");
    assert_eq!(send("\"x\", \"v2\", \"v1\"").await.text("/name"), "Cup", "one of several is ours");
}

#[tokio::test]
async fn what_a_patch_may_not_say_is_refused() {
    let shop = Shop::open().await;
    let staff = shop.staff().await;
    let api = api(&shop);
    created(&api, &staff, &mug("taken")).await;
    let address = created(&api, &staff, &mug("A")).await;
    let many: serde_json::Map<_, _> = (0..51).map(|n| (n.to_string(), json!("v"))).collect();
    let patches = [
        (json!({"stock": 5}), (400, "bad_body"), "/stock"),
        (json!({"status": "archived"}), (400, "bad_body"), "/status"),
        (json!({"price": {"amount": 19.99}}), (400, "bad_body"), "/price/amount"),
        (json!({"metadata": {"a": 1}}), (400, "bad_body"), "/metadata/a"),
        (json!({"name": null}), (422, "invalid_value"), "/name"),
        (json!({"price": null}), (422, "invalid_value"), "/price"),
        (json!({"price": {"amount": -1}}), (422, "invalid_value"), "/price/amount"),
        (json!({"name": "a\0"}), (422, "invalid_value"), "/name"),
        (json!({"metadata": many}), (422, "invalid_value"), "/metadata"),
        (
            json!({"category": "cat_0193f2a7c1d87b3e9a5f4c2d1e0b9a87"}),
            (422, "invalid_value"),
            "/category",
        ),
        (json!({"sku": "taken"}), (409, "sku_taken"), ""),
        (json!({"price": {"amount": 1, "currency": "JPY"}}), (409, "currency_fixed"), ""),
    ];
    for (patch, refusal, pointer) in patches {
        let answer = api.patch(&address, &patch).by(&staff).await;

        assert_eq!(answer.refusal(), refusal, "{patch} {}", answer.body);
        assert_eq!(answer.text("/errors/0/pointer"), pointer, "{patch}");
    }
    let version = "select version from products where sku = 'A'";
    assert_eq!(shop.one::<i64>(version).await, 1);
}

#[tokio::test]
async fn only_staff_change_products() {
    let shop = Shop::open().await;
    let customer = shop.customer().await;
    let staff = shop.staff().await;
    let api = api(&shop);
    let address = created(&api, &staff, &mug("A")).await;
    let patch = json!({"name": "Mine"});

    assert_eq!(api.patch(&address, &patch).await.refusal(), (401, "sign_in"));
    assert_eq!(api.patch(&address, &patch).by(&customer).await.refusal(), (403, "wrong_role"));

    let nowhere = format!("/v1/products/{}", ProductId::generate());
    let missing = api.patch(&nowhere, &patch).by(&staff).await;
    assert_eq!(missing.refusal(), (404, "product_not_found"));
}
