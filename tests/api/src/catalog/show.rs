use super::{api, created, mug};
use domain::id::ProductId;
use serde_json::json;
use testkit::{Order, Product, Shop};

#[tokio::test]
async fn strangers_and_customers_see_what_can_be_ordered_and_no_more() {
    let shop = Shop::open().await;
    let customer = shop.customer().await;
    let product = shop.product(Product { stock: 10, ..Product::any() }).await;
    shop.order(&customer, Order { product, quantity: 3 }).await;
    let address = format!("/v1/products/{product}");

    let anonymous = api(&shop).get(&address).await;
    let customer = api(&shop).get(&address).by(&customer).await;
    let staff = api(&shop).get(&address).by(&shop.staff().await).await;

    assert_eq!(anonymous.body["stock"], json!({"available": 7}));
    assert_eq!(customer.body, anonymous.body);
    assert_eq!(staff.body["stock"], json!({"on_hand": 10, "reserved": 3, "available": 7}));
}

#[tokio::test]
async fn drafts_and_archived_products_are_for_staff() {
    let shop = Shop::open().await;
    let (customer, staff) = (shop.customer().await, shop.staff().await);
    for status in ["draft", "archived"] {
        let product = shop.product(Product { status, ..Product::any() }).await;
        let address = format!("/v1/products/{product}");

        assert_eq!(api(&shop).get(&address).await.refusal(), (404, "product_not_found"));
        let answer = api(&shop).get(&address).by(&customer).await;
        assert_eq!(answer.refusal(), (404, "product_not_found"));
        assert_eq!(api(&shop).get(&address).by(&staff).await.text("/status"), status);
    }
}

#[tokio::test]
async fn what_is_not_there_is_missing() {
    let shop = Shop::open().await;
    let api = api(&shop);

    let unknown = api.get(&format!("/v1/products/{}", ProductId::generate())).await;
    let no_id = api.get("/v1/products/7").await;

    assert_eq!(unknown.refusal(), (404, "product_not_found"));
    assert_eq!(unknown.header("cache-control"), Some("no-store"));
    assert_eq!(no_id.refusal(), (404, "not_found"));
}

#[tokio::test]
async fn times_are_written_as_rfc_3339() {
    let shop = Shop::open().await;
    let product = shop.product(Product::any()).await;
    shop.run("update products set created_at = '2026-01-02 03:04:05+00'").await;

    let answer = api(&shop).get(&format!("/v1/products/{product}")).await;

    assert_eq!(answer.text("/created_at"), "2026-01-02T03:04:05Z");
    assert!(answer.text("/updated_at").ends_with('Z'));
}

#[tokio::test]
async fn what_the_reader_holds_is_not_sent_again_until_it_changes() {
    let shop = Shop::open().await;
    let staff = shop.staff().await;
    let api = api(&shop);
    let address = created(&api, &staff, &mug("A")).await;
    let tag = api.get(&address).await.header("etag").unwrap().to_owned();
    let again = || api.get(&address).header("if-none-match", &tag);

    let same = again().await;
    assert_eq!((same.status, same.header("etag")), (304, Some(tag.as_str())));
    assert_eq!(same.header("cache-control"), Some("public, max-age=30"));
    assert!(same.body.is_null());

    // A sale leaves the version as it is, but changes the available stock and so the entity tag.
    shop.run("update products set reserved = 1").await;
    assert_eq!(again().await.status, 200);
    shop.run("update products set reserved = 0").await;
    assert_eq!(again().await.status, 304);

    api.patch(&address, &json!({"name": "Small mug"})).by(&staff).await;
    assert_eq!(again().await.text("/name"), "Small mug");
}

#[tokio::test]
async fn only_what_strangers_see_may_be_kept() {
    let shop = Shop::open().await;
    let customer = shop.customer().await;
    let api = api(&shop);
    let address = created(&api, &shop.staff().await, &mug("A")).await;

    for path in [address.as_str(), "/v1/products", "/v1/categories"] {
        let anonymous = api.get(path).await;
        let customer = api.get(path).by(&customer).await;

        assert_eq!(anonymous.header("cache-control"), Some("public, max-age=30"), "{path}");
        assert_eq!(anonymous.header("vary"), Some("authorization, origin"), "{path}");
        assert_eq!(customer.header("cache-control"), Some("no-store"), "{path}");
    }
}

#[tokio::test]
async fn a_bad_token_is_told_even_where_none_is_needed() {
    let shop = Shop::open().await;
    for path in ["/v1/products", "/v1/categories"] {
        let answer = api(&shop).get(path).header("authorization", "Bearer no").await;
        assert_eq!(answer.refusal(), (401, "sign_in"));
    }
}
