use super::{api, fresh_key, order_body, place};
use domain::id::{OrderId, ProductId};
use serde_json::{Value, json};
use testkit::{Product, Shop};

/// The JSON pointer to the first invalid value.
fn pointer(problem: &Value) -> &str {
    problem["errors"][0]["pointer"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn a_quantity_that_cannot_be_is_refused_where_it_stands() {
    let shop = Shop::open().await;
    let mug = shop.product(Product::any()).await;
    let tea = shop.product(Product::any()).await;
    let buyer = shop.customer().await;
    let api = api(&shop);
    let before = shop.snapshot().await;

    for quantity in [0, -1, 1001, 1_000_000_000, i64::MAX, i64::MIN] {
        let response = place(&api, &buyer, &order_body([(tea, 1), (mug, quantity)])).await;

        assert_eq!(response.refusal(), (422, "invalid_value"), "{quantity}");
        assert_eq!(pointer(&response.body), "/lines/1/quantity");
        assert_eq!(response.text("/errors/0/code"), "out_of_range");
    }
    assert_eq!(shop.snapshot().await, before);
}

#[tokio::test]
async fn a_body_of_another_shape_is_refused_where_it_differs() {
    let shop = Shop::open().await;
    let mug = shop.product(Product::any()).await;
    let buyer = shop.customer().await;
    let api = api(&shop);
    let before = shop.snapshot().await;
    let quantity = |quantity: &str| {
        format!(r#"{{"lines": [{{"product": "{mug}", "quantity": {quantity}}}]}}"#)
    };
    let product =
        |product: &str| format!(r#"{{"lines": [{{"product": "{product}", "quantity": 1}}]}}"#);

    for (body, at) in [
        (quantity("1.5"), "/lines/0/quantity"),
        (quantity("1e-3"), "/lines/0/quantity"),
        (quantity("\"1\""), "/lines/0/quantity"),
        (quantity("null"), "/lines/0/quantity"),
        (quantity("[1]"), "/lines/0/quantity"),
        (quantity("99999999999999999999"), "/lines/0/quantity"),
        (quantity(r#"1, "price": 1"#), "/lines/0/price"),
        (quantity("1, \"a/b~c\": 1"), "/lines/0/a~1b~0c"),
        (product(&OrderId::generate().to_string()), "/lines/0/product"),
        (product(&mug.to_string().to_uppercase()), "/lines/0/product"),
        (product(&format!("{mug}\\u0000")), "/lines/0/product"),
        (product("\\u0000"), "/lines/0/product"),
        (product("prod_\\ud83d\\ude00"), "/lines/0/product"),
        (product("' or 1 = 1 --"), "/lines/0/product"),
        (product(""), "/lines/0/product"),
        (r#"{"lines": {}}"#.to_owned(), "/lines"),
        (r#"{"lines": null}"#.to_owned(), "/lines"),
        (r#"{"lines": [], "lines": []}"#.to_owned(), ""),
        (r#"{"lines": [], "gift": true}"#.to_owned(), "/gift"),
        (r#"{"lines": [1]}"#.to_owned(), "/lines/0"),
        (format!(r#"{{"lines": [{{"product": "{mug}"}}]}}"#), "/lines/0"),
        ("{}".to_owned(), ""),
        ("null".to_owned(), ""),
        ("\"lines\"".to_owned(), ""),
    ] {
        let call = api.call(axum::http::Method::POST, "/v1/orders").by(&buyer).key(&fresh_key());
        let response = call.raw("application/json", body.clone()).await;

        assert_eq!(response.refusal(), (400, "bad_body"), "{body}");
        assert_eq!(pointer(&response.body), at, "{body}: {}", response.body);
    }
    assert_eq!(shop.snapshot().await, before);
}

#[tokio::test]
async fn what_is_no_json_is_refused() {
    let shop = Shop::open().await;
    let buyer = shop.customer().await;
    let api = api(&shop);
    let before = shop.snapshot().await;
    let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
    let long_key = format!(r#"{{"lines": [], "{}"#, "k".repeat(100_000));

    for body in [
        "",
        "{",
        "{\"lines\": [}",
        "{\"lines\": []} {}",
        "{'lines': []}",
        "lines=1",
        "\u{feff}{\"lines\": []}",
        "{\"lines\": [{\"product\": \"\u{0}\", \"quantity\": 1}]}",
        "{\"lines\": [{\"product\": \"\\ud800\", \"quantity\": 1}]}",
        &long_key,
    ] {
        let call = api.call(axum::http::Method::POST, "/v1/orders").by(&buyer).key(&fresh_key());
        let response = call.raw("application/json", body.to_owned()).await;

        let start: String = body.chars().take(40).collect();
        assert_eq!(response.refusal(), (400, "malformed_json"), "{start}");
    }
    for body in [deep.clone(), format!("{{\"lines\": {deep}}}"), format!("{{\"x\": {deep}}}")] {
        let call = api.call(axum::http::Method::POST, "/v1/orders").by(&buyer).key(&fresh_key());
        let response = call.raw("application/json", body).await;

        assert_eq!(response.status, 400, "{}", response.body);
    }
    let call = api.call(axum::http::Method::POST, "/v1/orders").by(&buyer).key(&fresh_key());
    let response = call.raw("application/json", b"{\"lines\": \"\xff\"}".to_vec()).await;
    assert_eq!(response.status, 400, "{}", response.body);
    assert_eq!(shop.snapshot().await, before);
}

#[tokio::test]
async fn an_order_has_one_to_a_hundred_lines() {
    let shop = Shop::open().await;
    let buyer = shop.customer().await;
    let api = api(&shop);

    let none = place(&api, &buyer, &order_body([])).await;
    let many = place(&api, &buyer, &order_body((0..101).map(|_| (ProductId::generate(), 1)))).await;
    let very_many =
        place(&api, &buyer, &order_body((0..3000).map(|_| (ProductId::generate(), 1)))).await;

    assert_eq!(none.refusal(), (422, "invalid_value"));
    assert_eq!((pointer(&none.body), none.text("/errors/0/code")), ("/lines", "empty"));
    for many in [many, very_many] {
        assert_eq!(many.refusal(), (422, "invalid_value"));
        assert_eq!(
            (pointer(&many.body), many.text("/errors/0/code")),
            ("/lines", "too_many_lines")
        );
    }
}

#[tokio::test]
async fn a_hundred_products_fit_into_an_order() {
    let shop = Shop::open().await;
    let buyer = shop.customer().await;
    let mut lines = Vec::new();
    for _ in 0..100 {
        lines.push((shop.product(Product { price: 1, ..Product::any() }).await, 1));
    }

    let response = place(&api(&shop), &buyer, &order_body(lines)).await;

    assert_eq!((response.status, &response.body["total"]["amount"]), (201, &json!(100)));
    shop.check_invariants().await;
}

#[tokio::test]
async fn a_body_over_256_kib_is_too_large() {
    let shop = Shop::open().await;
    let buyer = shop.customer().await;
    let api = api(&shop);
    let send = |size: usize| {
        let call = api.call(axum::http::Method::POST, "/v1/orders").by(&buyer).key(&fresh_key());
        call.raw("application/json", format!("{{}}{}", " ".repeat(size - 2)))
    };

    assert_eq!(send(256 * 1024).await.refusal(), (400, "bad_body"));
    assert_eq!(send(256 * 1024 + 1).await.refusal(), (413, "too_large"));
    assert_eq!(send(6 * 1024 * 1024).await.refusal(), (413, "too_large"));
}

#[tokio::test]
async fn a_body_that_does_not_call_itself_json_is_refused() {
    let shop = Shop::open().await;
    let mug = shop.product(Product::any()).await;
    let buyer = shop.customer().await;
    let api = api(&shop);
    let send = |kind: &str| {
        let call = api.call(axum::http::Method::POST, "/v1/orders").by(&buyer).key(&fresh_key());
        call.raw(kind, order_body([(mug, 1)]).to_string())
    };

    for kind in ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", ""] {
        assert_eq!(send(kind).await.refusal(), (415, "not_json"), "{kind}");
    }
    assert_eq!(send("Application/JSON; charset=utf-8").await.status, 201);
}
