use super::{address, api, order_body, path, place};
use axum::http::Method;
use domain::id::OrderId;
use serde_json::{Value, json};
use testkit::{ApiClient, Call, Order, Product, Response, Shop, User};

fn edit(api: &ApiClient, order: OrderId, person: &User, tag: &str, body: &Value) -> Call {
    api.patch(&format!("/v1/orders/{order}"), body).by(person).header("if-match", tag)
}

async fn show(api: &ApiClient, order: OrderId, person: &User) -> Response {
    api.get(&format!("/v1/orders/{order}")).by(person).await
}

#[tokio::test]
async fn an_order_is_placed_with_an_address_and_a_note() {
    let shop = Shop::open().await;
    let mug = shop.product(Product::any()).await;
    let buyer = shop.customer().await;
    let mut body = order_body(mug, 1);
    body["shipping_address"] = address();
    body["note"] = json!("Please ring twice.");

    let response = place(&api(&shop), &buyer, &body).await;

    assert_eq!(response.status, 201, "{}", response.body);
    assert_eq!(response.body["shipping_address"], address());
    assert_eq!(response.text("/note"), "Please ring twice.");
}

#[tokio::test]
async fn a_buyer_changes_address_and_note_while_the_order_is_pending() {
    let shop = Shop::open().await;
    let mug = shop.product(Product::any()).await;
    let buyer = shop.customer().await;
    let order = shop.order(&buyer, Order { product: mug, quantity: 1 }).await;
    let api = api(&shop);

    let whole =
        edit(&api, order, &buyer, "\"v1\"", &json!({"shipping_address": address(), "note": "Hi"}))
            .await;
    let part = json!({"shipping_address": {"line2": "Yard"}});
    let part = edit(&api, order, &buyer, "\"v2\"", &part).await;
    let same = edit(&api, order, &buyer, "\"v3\"", &json!({"note": "Hi"})).await;
    let none = json!({"shipping_address": null, "note": null});
    let none = edit(&api, order, &buyer, "*", &none).await;

    assert_eq!((whole.status, whole.header("etag")), (200, Some("\"v2\"")), "{}", whole.body);
    assert_eq!(part.text("/shipping_address/line2"), "Yard");
    assert_eq!(part.text("/shipping_address/city"), "Berlin");
    assert_eq!((part.text("/note"), part.header("etag")), ("Hi", Some("\"v3\"")));
    assert_eq!((same.status, same.header("etag")), (200, Some("\"v3\"")));
    assert_eq!((&none.body["shipping_address"], &none.body["note"]), (&Value::Null, &Value::Null));
    assert_eq!(show(&api, order, &buyer).await.body, none.body);
}

#[tokio::test]
async fn who_does_not_say_what_they_saw_or_saw_something_old_changes_nothing() {
    let shop = Shop::open().await;
    let mug = shop.product(Product::any()).await;
    let (buyer, stranger) = (shop.customer().await, shop.customer().await);
    let order = shop.order(&buyer, Order { product: mug, quantity: 1 }).await;
    let api = api(&shop);
    let note = json!({"note": "mine"});

    let blind = api.patch(&format!("/v1/orders/{order}"), &note).by(&buyer).await;
    let stale = edit(&api, order, &buyer, "\"v9\"", &note).await;
    let foreign = edit(&api, order, &stranger, "*", &note).await;
    let nobody = api.patch(&format!("/v1/orders/{order}"), &note).await;

    assert_eq!(blind.refusal(), (428, "precondition_required"));
    assert_eq!(stale.refusal(), (412, "stale"));
    assert_eq!(foreign.refusal(), (404, "order_not_found"));
    assert_eq!(nobody.refusal(), (401, "sign_in"));
    assert_eq!(show(&api, order, &buyer).await.body["note"], Value::Null);
}

#[tokio::test]
async fn of_two_who_edit_what_both_saw_one_wins() {
    let shop = Shop::open().await;
    let mug = shop.product(Product::any()).await;
    let (buyer, staff) = (shop.customer().await, shop.staff().await);
    let order = shop.order(&buyer, Order { product: mug, quantity: 1 }).await;
    let api = api(&shop);
    let (one, other) = (json!({"note": "one"}), json!({"note": "other"}));

    let (a, b) = tokio::join!(
        edit(&api, order, &buyer, "\"v1\"", &one),
        edit(&api, order, &staff, "\"v1\"", &other),
    );

    let mut refusals = [a.refusal(), b.refusal()];
    refusals.sort_unstable();
    assert_eq!(refusals, [(200, ""), (412, "stale")]);
}

#[tokio::test]
async fn once_paid_only_staff_edit_an_order_and_once_shipped_nobody() {
    let shop = Shop::open().await;
    let mug = shop.product(Product::any()).await;
    let (buyer, staff) = (shop.customer().await, shop.staff().await);
    let paid = shop.confirmed_order(&buyer, Order { product: mug, quantity: 1 }).await;
    let shipped = shop.shipped_order(&buyer, Order { product: mug, quantity: 1 }).await;
    let cancelled = shop.order(&buyer, Order { product: mug, quantity: 1 }).await;
    let api = api(&shop);
    api.call(Method::POST, &path(cancelled, "cancel")).by(&buyer).await;
    let note = json!({"note": "late"});

    let by_buyer = edit(&api, paid, &buyer, "*", &note).await;

    assert_eq!(by_buyer.refusal(), (409, "order_not_changeable"));
    assert_eq!(by_buyer.text("/order_status"), "confirmed");
    assert_eq!(edit(&api, paid, &staff, "*", &note).await.text("/note"), "late");
    for ended in [shipped, cancelled] {
        let response = edit(&api, ended, &staff, "*", &note).await;
        assert_eq!(response.refusal(), (409, "order_not_changeable"));
    }
}

#[tokio::test]
async fn an_address_or_note_that_cannot_be_is_refused_where_it_stands() {
    let shop = Shop::open().await;
    let mug = shop.product(Product::any()).await;
    let buyer = shop.customer().await;
    let order = shop.order(&buyer, Order { product: mug, quantity: 1 }).await;
    let api = api(&shop);
    let address_with = |field: &str, value: &str| {
        let mut changed = address();
        changed[field] = json!(value);
        json!({"shipping_address": changed})
    };

    for (body, at, code) in [
        (address_with("country", "DEU"), "/shipping_address/country", "unknown_country"),
        (address_with("country", "XX"), "/shipping_address/country", "unknown_country"),
        (address_with("city", ""), "/shipping_address/city", "empty"),
        (address_with("name", "A\nB"), "/shipping_address/name", "bad_character"),
        (
            address_with("line1", "4242 4242 4242 4242"),
            "/shipping_address/line1",
            "looks_like_a_card",
        ),
        (address_with("phone", "at night"), "/shipping_address/phone", "bad_phone"),
        (json!({"shipping_address": {"city": "Berlin"}}), "/shipping_address/name", "required"),
        (json!({"note": "my card: 4242-4242-4242-4242"}), "/note", "looks_like_a_card"),
        (json!({"note": "x".repeat(1001)}), "/note", "too_long"),
        (json!({"note": "a\u{0}"}), "/note", "bad_character"),
    ] {
        let edited = edit(&api, order, &buyer, "*", &body).await;
        let mut new_order = order_body(mug, 1);
        new_order.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
        let placed = place(&api, &buyer, &new_order).await;

        assert_eq!(edited.refusal(), (422, "invalid_value"), "{body}");
        assert_eq!((edited.text("/errors/0/pointer"), edited.text("/errors/0/code")), (at, code));
        // The schema of a new order requires a complete address; an edit is checked after it is merged.
        let expected = if code == "required" { (400, "bad_body") } else { (422, "invalid_value") };
        assert_eq!(placed.refusal(), expected, "{body}");
    }
    for bad in [json!({"status": "shipped"}), json!({"shipping_address": {"street": "x"}})] {
        assert_eq!(edit(&api, order, &buyer, "*", &bad).await.refusal(), (400, "bad_body"));
    }
}
