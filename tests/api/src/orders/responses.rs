//! What all responses have in common: problem details for errors, headers, request ids.

use super::{api, fresh_key, order_body, place};
use axum::http::Method;
use domain::db::Db;
use domain::id::OrderId;
use lambda::dispatcher::OutboxDispatcher;
use lambda::http::App;
use orders::Orders;
use testkit::{ApiClient, Product, Shop};

#[tokio::test]
async fn every_refusal_is_a_problem_that_names_the_request() {
    let shop = Shop::open().await;
    let mug = shop.product(Product { stock: 0, ..Product::any() }).await;
    let buyer = shop.customer().await;
    let api = api(&shop);
    let post = || api.call(Method::POST, "/v1/orders").by(&buyer).key(&fresh_key());

    for call in [
        api.get("/v1/orders"),
        api.get("/v1/nowhere"),
        api.delete("/v1/orders"),
        api.get(&format!("/v1/orders/{}", OrderId::generate())).by(&buyer),
        api.get("/v1/orders/1").by(&buyer),
        api.get("/v1/orders?limit=0").by(&buyer),
        api.get("/v1/orders?x=0").by(&buyer),
        post().raw("application/json", "{"),
        post().raw("text/plain", "{}"),
        post().raw("application/json", " ".repeat(300_000)),
        post().json(&order_body([])),
        post().json(&order_body([(mug, 1)])),
    ] {
        let response = call.header("x-request-id", "req.42_A-b").await;

        let status = response.status;
        assert!((400..500).contains(&status), "{}", response.body);
        assert_eq!(response.header("content-type"), Some("application/problem+json"), "{status}");
        assert_eq!(response.header("x-request-id"), Some("req.42_A-b"), "{status}");
        assert_eq!(response.text("/request_id"), "req.42_A-b");
        assert_eq!(response.body["status"], status);
        let code = response.text("/code");
        assert_eq!(response.text("/type"), format!("/errors/{code}"));
        assert!(!code.is_empty() && !response.text("/title").is_empty());
        assert!(!response.text("/detail").is_empty());
    }
}

#[tokio::test]
async fn every_answer_is_for_the_caller_only_and_for_what_it_says_it_is() {
    let shop = Shop::open().await;
    let mug = shop.product(Product::any()).await;
    let buyer = shop.customer().await;
    let api = api(&shop);

    for call in [
        place(&api, &buyer, &order_body([(mug, 1)])),
        api.get("/v1/orders").by(&buyer),
        api.get("/v1/orders"),
        api.get("/v1/nowhere"),
    ] {
        let response = call.await;
        assert_eq!(response.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(response.header("cache-control"), Some("no-store"));
    }
}

#[tokio::test]
async fn a_request_id_that_could_break_a_log_is_replaced() {
    let shop = Shop::open().await;
    let api = api(&shop);

    for bad in ["", "a b", "a\tb", "id\"}", "ümlaut", &"x".repeat(101)] {
        let response = api.get("/v1/orders").header("x-request-id", bad).await;
        let id = response.header("x-request-id").unwrap();
        assert_ne!(id, bad);
        assert_eq!(response.text("/request_id"), id);
    }
}

#[tokio::test]
async fn a_wrong_address_or_method_is_told_apart() {
    let shop = Shop::open().await;
    let buyer = shop.customer().await;
    let api = api(&shop);

    for path in ["/", "/orders", "/v1/orders/", "/v2/orders", "/v1/orders/1/2/3"] {
        assert_eq!(api.get(path).by(&buyer).await.refusal(), (404, "no_such_route"), "{path}");
    }
    let response = api.delete("/v1/orders").by(&buyer).await;
    assert_eq!(response.refusal(), (405, "no_such_method"));
    let allowed = response.header("allow").unwrap_or_default();
    assert!(allowed.contains("GET") && allowed.contains("POST"), "{allowed}");
}

#[tokio::test]
async fn without_its_database_the_shop_asks_to_come_back() {
    let shop = Shop::open().await;
    let buyer = shop.customer().await;
    // Nothing listens on port 9 (discard).
    let db = Db::connect("postgres://app_rw@127.0.0.1:9/none", 1).unwrap();
    let app = App { db, ..shop.app() };
    let api =
        ApiClient::new(orders::routes(), Orders { app, dispatcher: OutboxDispatcher::deferred() });

    let response = api.get("/v1/orders").by(&buyer).await;

    assert_eq!(response.refusal(), (503, "unavailable"));
    assert!(response.header("retry-after").is_some());
    assert!(!response.body.to_string().contains("127.0.0.1"), "{}", response.body);
}
