use super::{api, created, each, mug};
use domain::id::ProductId;
use serde_json::json;
use testkit::Shop;

#[tokio::test]
async fn an_archived_product_is_out_of_sight_and_its_sku_is_free() {
    let shop = Shop::open().await;
    let staff = shop.staff().await;
    let api = api(&shop);
    let old = created(&api, &staff, &mug("A")).await;

    let answer = api.delete(&old).by(&staff).await;

    assert_eq!((answer.status, answer.body.is_null()), (204, true));
    assert_eq!(api.get(&old).await.refusal(), (404, "product_not_found"));
    assert!(each(&api.get("/v1/products").await, "id").is_empty());
    assert_eq!(api.get(&old).by(&staff).await.text("/status"), "archived");
    let new = created(&api, &staff, &mug("A")).await;
    assert_ne!(new, old);
}

#[tokio::test]
async fn archiving_again_is_as_good_as_once() {
    let shop = Shop::open().await;
    let staff = shop.staff().await;
    let api = api(&shop);
    let address = created(&api, &staff, &mug("A")).await;

    for _ in 0..2 {
        let answer = api.delete(&address).by(&staff).header("if-match", "\"v1-10-0\"").await;
        assert_eq!(answer.status, 204);
    }
    assert_eq!(shop.one::<i64>("select version from products").await, 2);
}

#[tokio::test]
async fn an_archived_product_stays_as_it_is() {
    let shop = Shop::open().await;
    let staff = shop.staff().await;
    let api = api(&shop);
    let address = created(&api, &staff, &mug("A")).await;
    api.delete(&address).by(&staff).await;

    for patch in [json!({"name": "Cup"}), json!({"status": "active"}), json!({})] {
        let answer = api.patch(&address, &patch).by(&staff).await;
        assert_eq!(answer.refusal(), (409, "product_archived"), "{patch}");
    }
}

#[tokio::test]
async fn only_staff_archive_and_only_what_they_saw() {
    let shop = Shop::open().await;
    let (customer, staff) = (shop.customer().await, shop.staff().await);
    let api = api(&shop);
    let address = created(&api, &staff, &mug("A")).await;
    let nowhere = format!("/v1/products/{}", ProductId::generate());

    assert_eq!(api.delete(&address).await.refusal(), (401, "sign_in"));
    assert_eq!(api.delete(&address).by(&customer).await.refusal(), (403, "wrong_role"));
    assert_eq!(api.delete(&nowhere).by(&staff).await.refusal(), (404, "product_not_found"));
    let stale = api.delete(&address).by(&staff).header("if-match", "\"v9\"").await;
    assert_eq!(stale.refusal(), (412, "stale"));
    assert_eq!(api.get(&address).await.status, 200);
}
