//! What every answer of the shop has in common.

use super::{door, fresh_key, place, wish};
use axum::http::Method;
use domain::db::Db;
use domain::id::OrderId;
use lambda::dispatch::Dispatch;
use lambda::http::App;
use orders::Orders;
use testkit::{Door, Product, Shop};

#[tokio::test]
async fn every_refusal_is_a_problem_that_names_the_request() {
    let shop = Shop::open().await;
    let mug = shop.product(Product { stock: 0, ..Product::any() }).await;
    let buyer = shop.customer().await;
    let door = door(&shop);
    let post = || door.call(Method::POST, "/v1/orders").by(&buyer).key(&fresh_key());

    for call in [
        door.get("/v1/orders"),
        door.get("/v1/nowhere"),
        door.delete("/v1/orders"),
        door.get(&format!("/v1/orders/{}", OrderId::generate())).by(&buyer),
        door.get("/v1/orders/1").by(&buyer),
        door.get("/v1/orders?limit=0").by(&buyer),
        door.get("/v1/orders?x=0").by(&buyer),
        post().raw("application/json", "{"),
        post().raw("text/plain", "{}"),
        post().raw("application/json", " ".repeat(300_000)),
        post().json(&wish([])),
        post().json(&wish([(mug, 1)])),
    ] {
        let answer = call.header("x-request-id", "req.42_A-b").await;

        let status = answer.status;
        assert!((400..500).contains(&status), "{}", answer.body);
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{status}");
        assert_eq!(answer.header("x-request-id"), Some("req.42_A-b"), "{status}");
        assert_eq!(answer.text("/request_id"), "req.42_A-b");
        assert_eq!(answer.body["status"], status);
        let code = answer.text("/code");
        assert_eq!(answer.text("/type"), format!("/errors/{code}"));
        assert!(!code.is_empty() && !answer.text("/title").is_empty());
        assert!(!answer.text("/detail").is_empty());
    }
}

#[tokio::test]
async fn every_answer_is_for_the_caller_only_and_for_what_it_says_it_is() {
    let shop = Shop::open().await;
    let mug = shop.product(Product::any()).await;
    let buyer = shop.customer().await;
    let door = door(&shop);

    for call in [
        place(&door, &buyer, &wish([(mug, 1)])),
        door.get("/v1/orders").by(&buyer),
        door.get("/v1/orders"),
        door.get("/v1/nowhere"),
    ] {
        let answer = call.await;
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
}

#[tokio::test]
async fn a_request_id_that_could_break_a_log_is_replaced() {
    let shop = Shop::open().await;
    let door = door(&shop);

    for bad in ["", "a b", "a\tb", "id\"}", "ümlaut", &"x".repeat(101)] {
        let answer = door.get("/v1/orders").header("x-request-id", bad).await;
        let id = answer.header("x-request-id").unwrap();
        assert_ne!(id, bad);
        assert_eq!(answer.text("/request_id"), id);
    }
}

#[tokio::test]
async fn a_wrong_address_or_method_is_told_apart() {
    let shop = Shop::open().await;
    let buyer = shop.customer().await;
    let door = door(&shop);

    for path in ["/", "/orders", "/v1/orders/", "/v2/orders", "/v1/orders/1/2/3"] {
        assert_eq!(door.get(path).by(&buyer).await.refusal(), (404, "no_such_route"), "{path}");
    }
    let answer = door.delete("/v1/orders").by(&buyer).await;
    assert_eq!(answer.refusal(), (405, "no_such_method"));
    let allowed = answer.header("allow").unwrap_or_default();
    assert!(allowed.contains("GET") && allowed.contains("POST"), "{allowed}");
}

#[tokio::test]
async fn without_its_database_the_shop_asks_to_come_back() {
    let shop = Shop::open().await;
    let buyer = shop.customer().await;
    // Nobody listens on the port of `discard`.
    let db = Db::connect("postgres://app_rw@127.0.0.1:9/none", 1).unwrap();
    let app = App { db, ..shop.app() };
    let door = Door::new(orders::routes(), Orders { app, dispatch: Dispatch::later() });

    let answer = door.get("/v1/orders").by(&buyer).await;

    assert_eq!(answer.refusal(), (503, "unavailable"));
    assert!(answer.header("retry-after").is_some());
    assert!(!answer.body.to_string().contains("127.0.0.1"), "{}", answer.body);
}
