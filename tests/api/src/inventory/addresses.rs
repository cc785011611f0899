//! A product is found whatever its SKU, and what had another address before is still found there.

use super::syncing::line;
use super::{Fixture, each};
use serde_json::json;

#[tokio::test]
async fn a_product_whose_sku_is_a_word_of_some_address_is_read_and_adjusted_like_any_other() {
    let fixture = Fixture::new().await;
    for sku in ["sync", "discrepancies", "movements", "stock-counts", "stock-discrepancies"] {
        let product = fixture.product(sku, 10).await;

        let level = fixture.get(&format!("/v1/inventory/{sku}")).await;
        let movements = fixture.get(&format!("/v1/inventory/{sku}/movements")).await;
        let body = json!({"delta": 1, "reason": "found"});
        let adjusted = fixture.adjust(sku, &format!("the key of one request {sku}"), &body).await;
        let watched = fixture.set_threshold(sku, &json!({"threshold": 1})).await;

        assert_eq!((level.status, &level.body["product"]), (200, &json!(product)), "{sku}");
        assert_eq!(each(&movements, "source"), ["created"], "{sku}");
        assert_eq!((adjusted.status, watched.status), (201, 200), "{sku}");
    }
}

#[tokio::test]
async fn discrepancies_are_listed_at_their_former_address_until_a_product_is_called_so() {
    let fixture = Fixture::new().await;
    let mug = fixture.product("MUG-1", 10).await;
    fixture.reserve(mug, 3).await;
    fixture.sync(&json!({"source": "acme", "counts": [line("MUG-1", 1, 1)]})).await;
    fixture.consume().await;

    let former = fixture.get("/v1/inventory/discrepancies?limit=1").await;
    let wrong = fixture.get("/v1/inventory/discrepancies?limit=0").await;
    fixture.product("discrepancies", 4).await;
    let hidden = fixture.get("/v1/inventory/discrepancies").await;
    let listed = fixture.get("/v1/stock-discrepancies").await;

    assert_eq!(
        (each(&former, "sku"), each(&listed, "sku")),
        (vec![json!("MUG-1")], vec![json!("MUG-1")])
    );
    assert_eq!(wrong.refusal(), (400, "bad_limit"));
    assert_eq!(hidden.body["on_hand"], 4);
}

#[tokio::test]
async fn counts_are_taken_at_their_former_address_whatever_a_product_is_called() {
    let fixture = Fixture::new().await;
    let sync = fixture.product("sync", 10).await;
    let body = json!({"source": "acme", "counts": [line("sync", 1, 5)]});

    let answer = fixture.api.post("/v1/inventory/sync", &body).by(&fixture.staff).await;

    assert_eq!(answer.status, 202);
    fixture.consume().await;
    assert_eq!(fixture.shop.stock(sync).await, (5, 0));
}
