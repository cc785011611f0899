//! What taxes and shipping depend on.

use super::{api, created, each, mug, with};
use serde_json::{Value, json};
use testkit::Shop;

#[tokio::test]
async fn a_product_is_taxed_and_shipped_as_others_unless_it_says_more() {
    let shop = Shop::open().await;
    let staff = shop.staff().await;
    let api = api(&shop);
    let book = json!({"tax_category": "books", "weight_grams": 350, "requires_shipping": false});

    let plain = created(&api, &staff, &mug("A")).await;
    let special = created(&api, &staff, &with(mug("B"), &book)).await;

    let plain = api.get(&plain).await.body;
    let special = api.get(&special).await.body;
    let parts = |body: &Value| {
        ["tax_category", "weight_grams", "requires_shipping"].map(|member| body[member].clone())
    };
    assert_eq!(parts(&plain), [json!("standard"), Value::Null, json!(true)]);
    assert_eq!(parts(&special), [json!("books"), json!(350), json!(false)]);
    assert_eq!(
        each(&api.get("/v1/products?sort=created_at").await, "tax_category"),
        ["standard", "books"]
    );
}

#[tokio::test]
async fn tax_category_and_weight_change_as_far_as_they_are_named() {
    let shop = Shop::open().await;
    let staff = shop.staff().await;
    let api = api(&shop);
    let book = json!({"tax_category": "books", "weight_grams": 350});
    let address = created(&api, &staff, &with(mug("B"), &book)).await;
    let patch = |body: Value| api.patch(&address, &body).by(&staff);

    let heavier = patch(json!({"weight_grams": 400, "requires_shipping": false})).await;
    assert_eq!(
        (heavier.text("/tax_category"), &heavier.body["weight_grams"]),
        ("books", &json!(400))
    );
    assert_eq!(heavier.body["requires_shipping"], json!(false));
    let reset = patch(json!({"tax_category": null, "weight_grams": null})).await;
    assert_eq!(
        (reset.text("/tax_category"), &reset.body["weight_grams"]),
        ("standard", &Value::Null)
    );

    for (body, pointer) in [
        (json!({"tax_category": "Two words"}), "/tax_category"),
        (json!({"weight_grams": -1}), "/weight_grams"),
        (json!({"weight_grams": 10_000_001}), "/weight_grams"),
        (json!({"requires_shipping": null}), "/requires_shipping"),
    ] {
        let answer = patch(body.clone()).await;
        assert_eq!(answer.refusal(), (422, "invalid_value"), "{body}");
        assert_eq!(answer.text("/errors/0/pointer"), pointer);
    }
    for body in [json!({"tax_category": ""}), json!({"weight_grams": 3_000_000_000_i64})] {
        let answer = api.post("/v1/products", &with(mug("C"), &body)).by(&staff).await;
        assert_eq!(answer.refusal(), (422, "invalid_value"), "{body}");
    }
}
