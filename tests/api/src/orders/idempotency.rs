use super::{api, fresh_key, order_body};
use testkit::{Product, Shop, send_all};

#[tokio::test]
async fn the_same_request_under_the_same_key_gets_the_same_answer() {
    let shop = Shop::open().await;
    let mug = shop.product(Product { stock: 10, ..Product::any() }).await;
    let buyer = shop.customer().await;
    let (api, key) = (api(&shop), fresh_key());
    let body = order_body([(mug, 2)]);

    let first = api.post("/v1/orders", &body).by(&buyer).key(&key).await;
    shop.run("update products set price_minor = 1, name = 'Other'").await;
    let again = api.post("/v1/orders", &body).by(&buyer).key(&key).await;

    assert_eq!((first.status, again.status), (201, 201));
    assert_eq!(first.bytes, again.bytes);
    assert_eq!(first.header("idempotent-replayed"), None);
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(first.header("location"), again.header("location"));
    assert_eq!(shop.stock(mug).await, (10, 2));
    assert_eq!(shop.one::<i64>("select count(*) from outbox").await, 1);
}

#[tokio::test]
async fn a_key_in_quotation_marks_is_the_key_between_them() {
    let shop = Shop::open().await;
    let mug = shop.product(Product::any()).await;
    let buyer = shop.customer().await;
    let (api, key) = (api(&shop), fresh_key());
    let send = |key: &str| api.post("/v1/orders", &order_body([(mug, 1)])).by(&buyer).key(key);

    let first = send(&key).await;
    let again = send(&format!("\"{key}\"")).await;
    let cut = send(&format!("\"{key}")).await;

    assert_eq!((first.status, &first.bytes), (201, &again.bytes));
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(cut.refusal(), (400, "bad_idempotency_key"));
}

#[tokio::test]
async fn a_key_in_quotation_marks_is_recognized_across_a_deploy_and_a_rollback() {
    let shop = Shop::open().await;
    let mug = shop.product(Product::any()).await;
    let buyer = shop.customer().await;
    let (api, key) = (api(&shop), fresh_key());
    let quoted = format!("\"{key}\"");
    let send = |key: &str| api.post("/v1/orders", &order_body([(mug, 1)])).by(&buyer).key(key);

    let first = send(&quoted).await;
    // The release before stores and looks for a key as it was sent.
    assert_eq!(shop.one::<String>("select key from idempotency_keys").await, quoted);
    for spelling in [&quoted, &key] {
        let again = send(spelling).await;
        assert_eq!((again.status, &again.bytes), (201, &first.bytes), "{spelling}");
        assert_eq!(again.header("idempotent-replayed"), Some("true"), "{spelling}");
    }
    assert_eq!(shop.stock(mug).await, (10, 1));
}

#[tokio::test]
async fn the_same_json_in_another_notation_is_the_same_request() {
    let shop = Shop::open().await;
    let mug = shop.product(Product::any()).await;
    let buyer = shop.customer().await;
    let (api, key) = (api(&shop), fresh_key());
    let send = |body: String| {
        let call = api.call(axum::http::Method::POST, "/v1/orders").by(&buyer).key(&key);
        call.raw("application/json", body)
    };

    let first = send(format!(r#"{{"lines":[{{"product":"{mug}","quantity":1}}]}}"#)).await;
    let again = send(format!(r#"{{ "lines": [{{ "quantity": 1, "product": "{mug}" }}] }}"#)).await;
    let spelled = send(format!(r#"{{"lines":[{{"product":"{mug}","quantity":1.0}}]}}"#)).await;

    assert_eq!((&first.bytes, &first.bytes), (&again.bytes, &spelled.bytes));
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
}

#[tokio::test]
async fn another_request_under_the_same_key_is_refused() {
    let shop = Shop::open().await;
    let mug = shop.product(Product::any()).await;
    let buyer = shop.customer().await;
    let (api, key) = (api(&shop), fresh_key());
    api.post("/v1/orders", &order_body([(mug, 1)])).by(&buyer).key(&key).await;
    let before = shop.snapshot().await;

    let response = api.post("/v1/orders", &order_body([(mug, 2)])).by(&buyer).key(&key).await;

    assert_eq!(response.refusal(), (422, "idempotency_key_reused"));
    assert_eq!(shop.snapshot().await, before);
}

#[tokio::test]
async fn two_people_may_choose_the_same_key() {
    let shop = Shop::open().await;
    let mug = shop.product(Product { stock: 10, ..Product::any() }).await;
    let (one, other) = (shop.customer().await, shop.customer().await);
    let (api, key) = (api(&shop), fresh_key());
    let body = order_body([(mug, 1)]);

    let first = api.post("/v1/orders", &body).by(&one).key(&key).await;
    let second = api.post("/v1/orders", &body).by(&other).key(&key).await;

    assert_eq!((first.status, second.status), (201, 201));
    assert_eq!(second.header("idempotent-replayed"), None);
    assert_ne!(first.text("/id"), second.text("/id"));
    assert_eq!(shop.stock(mug).await, (10, 2));
}

#[tokio::test]
async fn an_order_needs_a_key_of_16_to_255_printable_characters() {
    let shop = Shop::open().await;
    let mug = shop.product(Product { stock: 100, ..Product::any() }).await;
    let buyer = shop.customer().await;
    let api = api(&shop);
    let call = || api.post("/v1/orders", &order_body([(mug, 1)])).by(&buyer);

    assert_eq!(call().await.refusal(), (400, "idempotency_key_required"));
    let umlauts = "schlüssel-aus-köln";
    for bad in ["", "fifteen-letters", &"k".repeat(256), umlauts, "tab\tin the middle"] {
        assert_eq!(call().key(bad).await.refusal(), (400, "bad_idempotency_key"), "{bad}");
    }
    for good in ["sixteen-letters!", &"k".repeat(255)] {
        assert_eq!(call().key(good).await.status, 201, "{good}");
    }
}

#[tokio::test]
async fn fifty_at_once_under_one_key_place_one_order() {
    let shop = Shop::open().await;
    let mug = shop.product(Product { stock: 100, ..Product::any() }).await;
    let buyer = shop.customer().await;
    let (api, key) = (api(&shop), fresh_key());
    let body = order_body([(mug, 1)]);

    let responses =
        send_all((0..50).map(|_| api.post("/v1/orders", &body).by(&buyer).key(&key))).await;

    let first: Vec<_> = responses
        .iter()
        .filter(|a| a.status == 201 && a.header("idempotent-replayed").is_none())
        .collect();
    assert_eq!(first.len(), 1);
    for response in &responses {
        match response.status {
            201 => assert_eq!(response.bytes, first[0].bytes),
            _ => assert!(matches!(response.refusal(), (409, "busy") | (503, "unavailable"))),
        }
    }
    assert_eq!(shop.stock(mug).await, (100, 1));
    assert_eq!(shop.one::<i64>("select count(*) from orders").await, 1);
    assert_eq!(shop.one::<i64>("select count(*) from outbox").await, 1);
    shop.check_invariants().await;
}

#[tokio::test]
async fn a_key_is_forgotten_after_72_hours() {
    let shop = Shop::open().await;
    let mug = shop.product(Product { stock: 10, ..Product::any() }).await;
    let buyer = shop.customer().await;
    let (api, key) = (api(&shop), fresh_key());
    let send = |pieces| api.post("/v1/orders", &order_body([(mug, pieces)])).by(&buyer).key(&key);
    let first = send(1).await;

    shop.run("update idempotency_keys set created_at = now() - interval '71 hours 59 minutes'")
        .await;
    let same_day = send(1).await;
    shop.run("update idempotency_keys set created_at = now() - interval '72 hours 1 second'").await;
    let days_later = send(2).await;
    let again = send(2).await;

    assert_eq!(same_day.bytes, first.bytes);
    assert_eq!((days_later.status, days_later.header("idempotent-replayed")), (201, None));
    assert_ne!(days_later.text("/id"), first.text("/id"));
    assert_eq!(again.bytes, days_later.bytes);
    assert_eq!(shop.stock(mug).await, (10, 3));
}

/// An earlier release wrote the key before its work and the response after it.
#[tokio::test]
async fn a_key_that_somebody_writes_without_waiting_for_a_turn_is_met_by_its_row() {
    let shop = Shop::open().await;
    let mug = shop.product(Product { stock: 10, ..Product::any() }).await;
    let buyer = shop.customer().await;
    let (api, key) = (api(&shop), fresh_key());
    shop.run("begin").await;
    let claim = "insert into idempotency_keys
                 values ($1, $2, 'POST', '/v1/orders', sha256('another'), 201, 'kept', now())";
    shop.admin.execute(claim, &[&buyer.id, &key]).await.unwrap();

    let place = api.post("/v1/orders", &order_body([(mug, 1)])).by(&buyer).key(&key);
    let (response, ()) = tokio::join!(place, shop.commit_once_awaited());

    assert_eq!(response.refusal(), (422, "idempotency_key_reused"));
    assert_eq!(shop.one::<i64>("select count(*) from orders").await, 0);
    assert_eq!(shop.stock(mug).await, (10, 0));
}
