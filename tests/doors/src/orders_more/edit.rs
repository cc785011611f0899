use super::{ann, door, path, place, wish};
use axum::http::Method;
use domain::id::OrderId;
use serde_json::{Value, json};
use testkit::{Answer, Call, Door, Order, Person, Product, Shop};

fn edit(door: &Door, order: OrderId, person: &Person, tag: &str, body: &Value) -> Call {
    door.patch(&format!("/v1/orders/{order}"), body).by(person).header("if-match", tag)
}

async fn show(door: &Door, order: OrderId, person: &Person) -> Answer {
    door.get(&format!("/v1/orders/{order}")).by(person).await
}

#[tokio::test]
async fn an_order_is_placed_with_an_address_and_a_note() {
    let shop = Shop::open().await;
    let mug = shop.product(Product::any()).await;
    let buyer = shop.customer().await;
    let mut wish = wish(mug, 1);
    wish["shipping_address"] = ann();
    wish["note"] = json!("Please ring twice.");

    let answer = place(&door(&shop), &buyer, &wish).await;

    assert_eq!(answer.status, 201, "{}", answer.body);
    assert_eq!(answer.body["shipping_address"], ann());
    assert_eq!(answer.text("/note"), "Please ring twice.");
}

#[tokio::test]
async fn a_buyer_changes_address_and_note_while_the_order_is_pending() {
    let shop = Shop::open().await;
    let mug = shop.product(Product::any()).await;
    let buyer = shop.customer().await;
    let order = shop.order(&buyer, Order { product: mug, quantity: 1 }).await;
    let door = door(&shop);

    let whole =
        edit(&door, order, &buyer, "\"v1\"", &json!({"shipping_address": ann(), "note": "Hi"}))
            .await;
    let part = json!({"shipping_address": {"line2": "Yard"}});
    let part = edit(&door, order, &buyer, "\"v2\"", &part).await;
    let same = edit(&door, order, &buyer, "\"v3\"", &json!({"note": "Hi"})).await;
    let none = json!({"shipping_address": null, "note": null});
    let none = edit(&door, order, &buyer, "*", &none).await;

    assert_eq!((whole.status, whole.header("etag")), (200, Some("\"v2\"")), "{}", whole.body);
    assert_eq!(part.text("/shipping_address/line2"), "Yard");
    assert_eq!(part.text("/shipping_address/city"), "Berlin");
    assert_eq!((part.text("/note"), part.header("etag")), ("Hi", Some("\"v3\"")));
    assert_eq!((same.status, same.header("etag")), (200, Some("\"v3\"")));
    assert_eq!((&none.body["shipping_address"], &none.body["note"]), (&Value::Null, &Value::Null));
    assert_eq!(show(&door, order, &buyer).await.body, none.body);
}

#[tokio::test]
async fn who_does_not_say_what_they_saw_or_saw_something_old_changes_nothing() {
    let shop = Shop::open().await;
    let mug = shop.product(Product::any()).await;
    let (buyer, stranger) = (shop.customer().await, shop.customer().await);
    let order = shop.order(&buyer, Order { product: mug, quantity: 1 }).await;
    let door = door(&shop);
    let note = json!({"note": "mine"});

    let blind = door.patch(&format!("/v1/orders/{order}"), &note).by(&buyer).await;
    let stale = edit(&door, order, &buyer, "\"v9\"", &note).await;
    let foreign = edit(&door, order, &stranger, "*", &note).await;
    let nobody = door.patch(&format!("/v1/orders/{order}"), &note).await;

    assert_eq!(blind.refusal(), (428, "precondition_required"));
    assert_eq!(stale.refusal(), (412, "stale"));
    assert_eq!(foreign.refusal(), (404, "order_not_found"));
    assert_eq!(nobody.refusal(), (401, "sign_in"));
    assert_eq!(show(&door, order, &buyer).await.body["note"], Value::Null);
}

#[tokio::test]
async fn of_two_who_edit_what_both_saw_one_wins() {
    let shop = Shop::open().await;
    let mug = shop.product(Product::any()).await;
    let (buyer, staff) = (shop.customer().await, shop.staff().await);
    let order = shop.order(&buyer, Order { product: mug, quantity: 1 }).await;
    let door = door(&shop);
    let (one, other) = (json!({"note": "one"}), json!({"note": "other"}));

    let (a, b) = tokio::join!(
        edit(&door, order, &buyer, "\"v1\"", &one),
        edit(&door, order, &staff, "\"v1\"", &other),
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
    let door = door(&shop);
    door.call(Method::POST, &path(cancelled, "cancel")).by(&buyer).await;
    let note = json!({"note": "late"});

    let by_buyer = edit(&door, paid, &buyer, "*", &note).await;

    assert_eq!(by_buyer.refusal(), (409, "order_not_changeable"));
    assert_eq!(by_buyer.text("/order_status"), "confirmed");
    assert_eq!(edit(&door, paid, &staff, "*", &note).await.text("/note"), "late");
    for ended in [shipped, cancelled] {
        let answer = edit(&door, ended, &staff, "*", &note).await;
        assert_eq!(answer.refusal(), (409, "order_not_changeable"));
    }
}

#[tokio::test]
async fn an_address_or_note_that_cannot_be_is_refused_where_it_stands() {
    let shop = Shop::open().await;
    let mug = shop.product(Product::any()).await;
    let buyer = shop.customer().await;
    let order = shop.order(&buyer, Order { product: mug, quantity: 1 }).await;
    let door = door(&shop);
    let ann_but = |field: &str, value: &str| {
        let mut address = ann();
        address[field] = json!(value);
        json!({"shipping_address": address})
    };

    for (body, at, code) in [
        (ann_but("country", "DEU"), "/shipping_address/country", "unknown_country"),
        (ann_but("country", "XX"), "/shipping_address/country", "unknown_country"),
        (ann_but("city", ""), "/shipping_address/city", "empty"),
        (ann_but("name", "A\nB"), "/shipping_address/name", "bad_character"),
        (ann_but("line1", "4242 4242 4242 4242"), "/shipping_address/line1", "looks_like_a_card"),
        (json!({"shipping_address": {"city": "Berlin"}}), "/shipping_address/name", "required"),
        (json!({"note": "my card: 4242-4242-4242-4242"}), "/note", "looks_like_a_card"),
        (json!({"note": "x".repeat(1001)}), "/note", "too_long"),
        (json!({"note": "a\u{0}"}), "/note", "bad_character"),
    ] {
        let edited = edit(&door, order, &buyer, "*", &body).await;
        let mut wish = wish(mug, 1);
        wish.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
        let placed = place(&door, &buyer, &wish).await;

        assert_eq!(edited.refusal(), (422, "invalid_value"), "{body}");
        assert_eq!((edited.text("/errors/0/pointer"), edited.text("/errors/0/code")), (at, code));
        // A new order needs its address whole.
        let expected = if code == "required" { (400, "bad_body") } else { (422, "invalid_value") };
        assert_eq!(placed.refusal(), expected, "{body}");
    }
    for bad in [json!({"status": "shipped"}), json!({"shipping_address": {"street": "x"}})] {
        assert_eq!(edit(&door, order, &buyer, "*", &bad).await.refusal(), (400, "bad_body"));
    }
}
