use super::{api, mug, with};
use serde_json::json;
use std::future::IntoFuture as _;
use testkit::Shop;

#[tokio::test]
async fn a_new_product_is_answered_with_its_address_and_tag() {
    let shop = Shop::open().await;
    let staff = shop.staff().await;
    let body = with(
        mug("MUG-01"),
        &json!({"description": "Holds a lot.\nReally.", "metadata": {"colour": "blue"}, "status": "draft"}),
    );

    let answer = api(&shop).post("/v1/products", &body).by(&staff).await;

    assert_eq!(answer.status, 201, "{}", answer.body);
    let address = format!("/v1/products/{}", answer.text("/id"));
    assert_eq!(answer.header("location"), Some(address.as_str()));
    assert_eq!(answer.header("etag"), Some("\"v1-10-0\""));
    assert_eq!(answer.text("/name"), "Large mug");
    assert_eq!(answer.body["price"], json!({"amount": 1250, "currency": "EUR"}));
    assert_eq!(answer.body["stock"], json!({"on_hand": 10, "reserved": 0, "available": 10}));
    assert_eq!(answer.body["category"], json!(null));
    assert_eq!(answer.body["metadata"], json!({"colour": "blue"}));
    assert_eq!(answer.text("/status"), "draft");
    let shown = api(&shop).get(&address).by(&staff).await;
    assert_eq!(shown.body, answer.body);
}

#[tokio::test]
async fn the_first_stock_stands_in_the_ledger() {
    let shop = Shop::open().await;
    let staff = shop.staff().await;

    api(&shop).post("/v1/products", &mug("some")).by(&staff).await;
    let none = with(mug("none"), &json!({"stock": 0}));
    let answer = api(&shop).post("/v1/products", &none).by(&staff).await;

    assert_eq!(answer.status, 201, "{}", answer.body);
    let moves = "select sku || ' ' || source || ' ' || source_id || ' ' || on_hand_delta || ' ' || reserved_delta
                 from stock_moves join products on products.id = product_id";
    assert_eq!(shop.one::<String>(moves).await, "some created created 10 0");
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_as_such() {
    let shop = Shop::open().await;
    let staff = shop.staff().await;
    let cases = [
        (json!({"price": {"amount": 19.99, "currency": "EUR"}}), "/price/amount"),
        (json!({"price": {"amount": "19", "currency": "EUR"}}), "/price/amount"),
        (json!({"price": {"amount": 19, "currency": "Euro"}}), "/price/currency"),
        (json!({"price": {"amount": 19, "currency": "EUR", "vat": 1}}), "/price/vat"),
        (json!({"price": 1999}), "/price"),
        (json!({"stock": 1.5}), "/stock"),
        (json!({"colour": "blue"}), "/colour"),
        (json!({"id": "prod_0193f2a7c1d87b3e9a5f4c2d1e0b9a87"}), "/id"),
        (json!({"category": "prod_0193f2a7c1d87b3e9a5f4c2d1e0b9a87"}), "/category"),
        (json!({"metadata": {"size": 5}}), "/metadata/size"),
        (json!({"status": "archived"}), "/status"),
        (json!({"name": null}), "/name"),
    ];
    for (difference, pointer) in cases {
        let answer = api(&shop).post("/v1/products", &with(mug("A"), &difference)).by(&staff).await;

        assert_eq!(answer.refusal(), (400, "bad_body"), "{difference}");
        assert_eq!(answer.text("/errors/0/pointer"), pointer, "{difference}");
    }

    for (kind, body, refusal) in [
        ("application/json", "{\"sku\": ", (400, "malformed_json")),
        ("application/json", "", (400, "malformed_json")),
        ("application/json", "{} {}", (400, "bad_body")),
        ("text/plain", "{}", (415, "not_json")),
    ] {
        let call = api(&shop).call(axum::http::Method::POST, "/v1/products");
        let answer = call.by(&staff).raw(kind, body).await;
        assert_eq!(answer.refusal(), refusal, "{kind} {body}");
    }
    assert_eq!(shop.one::<i64>("select count(*) from products").await, 0);
}

#[tokio::test]
async fn what_cannot_be_is_refused_and_nothing_is_written() {
    let shop = Shop::open().await;
    let staff = shop.staff().await;
    let long = "x".repeat(201);
    let cases = [
        (json!({"name": "a\0b"}), "/name", "bad_character"),
        (json!({"name": "  "}), "/name", "empty"),
        (json!({"name": long}), "/name", "too_long"),
        (json!({"description": "\0"}), "/description", "bad_character"),
        (json!({"sku": "a b"}), "/sku", "bad_sku"),
        (json!({"sku": "a\0"}), "/sku", "bad_sku"),
        (json!({"price": {"amount": -1, "currency": "EUR"}}), "/price/amount", "out_of_range"),
        (
            json!({"price": {"amount": 1_000_000_000_000_i64, "currency": "EUR"}}),
            "/price/amount",
            "out_of_range",
        ),
        (json!({"price": {"amount": 1999, "currency": "KWD"}}), "/price/amount", "off_step"),
        (json!({"price": {"amount": 1050, "currency": "ISK"}}), "/price/amount", "off_step"),
        (json!({"price": {"amount": 1000, "currency": "BGN"}}), "/price/currency", "not_tender"),
        (json!({"stock": -1}), "/stock", "out_of_range"),
        (json!({"stock": 5_000_000_000_i64}), "/stock", "out_of_range"),
        (json!({"metadata": {"a/b": "\0"}}), "/metadata/a~1b", "bad_character"),
        (
            json!({"category": "cat_0193f2a7c1d87b3e9a5f4c2d1e0b9a87"}),
            "/category",
            "unknown_category",
        ),
    ];
    for (difference, pointer, code) in cases {
        let answer = api(&shop).post("/v1/products", &with(mug("A"), &difference)).by(&staff).await;

        assert_eq!(answer.refusal(), (422, "invalid_value"), "{difference} {}", answer.body);
        assert_eq!(answer.text("/errors/0/pointer"), pointer, "{difference}");
        assert_eq!(answer.text("/errors/0/code"), code, "{difference}");
    }
    let rows = "select (select count(*) from products) + (select count(*) from stock_moves)";
    assert_eq!(shop.one::<i64>(rows).await, 0);
}

#[tokio::test]
async fn only_staff_create_products() {
    let shop = Shop::open().await;
    let customer = shop.customer().await;
    let api = api(&shop);

    let anonymous = api.post("/v1/products", &mug("A")).await;
    let wrong = api.post("/v1/products", &mug("A")).by(&customer).await;

    assert_eq!(anonymous.refusal(), (401, "sign_in"));
    assert_eq!(wrong.refusal(), (403, "wrong_role"));
    assert_eq!(shop.one::<i64>("select count(*) from products").await, 0);
}

#[tokio::test]
async fn of_twins_with_one_sku_one_is_born() {
    let shop = Shop::open().await;
    let staff = shop.staff().await;
    let api = api(&shop);
    let twin = mug("TWIN");

    let (one, other) = tokio::join!(
        api.post("/v1/products", &twin).by(&staff).into_future(),
        api.post("/v1/products", &twin).by(&staff).into_future(),
    );

    let (created, refused) = if one.status == 201 { (one, other) } else { (other, one) };
    assert_eq!(created.status, 201);
    assert_eq!(refused.refusal(), (409, "sku_taken"));
    assert_eq!(shop.one::<i64>("select count(*) from products").await, 1);
    assert_eq!(shop.one::<i64>("select sum(on_hand_delta) from stock_moves").await, 10);
}
