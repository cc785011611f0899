//! What is written into the audit log, and how it is read.

use super::Fixture;
use serde_json::{Value, json};
use testkit::Order;

#[tokio::test]
async fn a_change_says_who_made_it_with_the_values_before_and_after() {
    let fixture = Fixture::new().await;
    let sql = "select price_minor from products";
    let before: i64 = fixture.shop.one(sql).await;
    fixture.price(1500).await;

    let entry = fixture.list("").await.body["data"][0].clone();

    assert_eq!(entry["seq"], 1);
    assert_eq!(entry["actor"], fixture.staff.id.to_string());
    assert_eq!(entry["entity_type"], "product");
    assert_eq!(entry["entity"], fixture.product.to_string());
    assert_eq!(entry["action"], "changed");
    assert_eq!(entry["before"], json!({"price_minor": before}));
    assert_eq!(entry["after"], json!({"price_minor": 1500}));
    assert_eq!(entry["withheld"], json!([]));
}

#[tokio::test]
async fn what_is_created_has_no_values_before_and_what_is_deleted_none_after() {
    let fixture = Fixture::new().await;
    let made = fixture.catalog.post("/v1/categories", &json!({"name": "Mugs"}));
    let made = made.by(&fixture.staff).key("a category of mugs").await;
    let path = format!("/v1/categories/{}", made.text("/id"));
    fixture.catalog.delete(&path).by(&fixture.staff).header("if-match", "*").await;

    let entries = fixture.list("?entity_type=category").await.body["data"].clone();

    assert_eq!((&entries[1]["action"], &entries[1]["before"]), (&json!("created"), &Value::Null));
    assert_eq!(entries[1]["after"], json!({"name": "Mugs"}));
    assert_eq!((&entries[0]["action"], &entries[0]["after"]), (&json!("deleted"), &Value::Null));
    assert_eq!(entries[0]["before"]["name"], "Mugs");
}

#[tokio::test]
async fn what_is_of_a_person_is_named_without_its_value() {
    let fixture = Fixture::new().await;
    let buyer = fixture.shop.customer().await;
    let order = fixture.shop.order(&buyer, Order { product: fixture.product, quantity: 1 }).await;
    let path = format!("/v1/orders/{order}");
    let edit = fixture.orders.patch(&path, &json!({"note": "Ask for Quillon Zephyrdale"}));
    let edited = edit.by(&fixture.staff).header("if-match", "*").await;
    assert_eq!(edited.status, 200, "{}", edited.body);

    let entry = fixture.list("").await.body["data"][0].clone();

    assert_eq!(entry["entity"], order.to_string());
    assert_eq!(entry["withheld"], json!(["note"]));
    assert_eq!((&entry["before"], &entry["after"]), (&json!({}), &json!({})));
    let tables = fixture.shop.tables_with("Zephyrdale").await;
    assert!(!tables.contains(&"audit_log".to_owned()), "{tables:?}");
}

#[tokio::test]
async fn what_customers_do_themselves_leaves_no_entry() {
    let fixture = Fixture::new().await;
    let buyer = fixture.shop.customer().await;
    let order = fixture.shop.order(&buyer, Order { product: fixture.product, quantity: 1 }).await;
    let cancel = format!("/v1/orders/{order}/cancel");
    let cancelled = fixture.orders.post(&cancel, &Value::Null).by(&buyer).key("the buyer cancels");
    assert!(cancelled.await.status < 300);

    assert!(fixture.places("").await.is_empty());
}

#[tokio::test]
async fn a_change_that_is_refused_or_changes_nothing_leaves_no_entry_and_a_repeated_request_one() {
    let fixture = Fixture::new().await;
    let body = json!({"sku": "MUG-1", "name": "Mug", "price": {"amount": 990, "currency": "EUR"}, "stock": 1});
    let create = |key| fixture.catalog.post("/v1/products", &body).by(&fixture.staff).key(key);
    for (key, status) in
        [("the first of mugs", 201), ("the first of mugs", 201), ("another one of mugs", 409)]
    {
        assert_eq!(create(key).await.status, status);
    }
    fixture.price(1500).await;
    fixture.price(1500).await;

    assert_eq!(fixture.places("").await, [2, 1]);
}

#[tokio::test]
async fn entries_are_filtered_and_go_on_by_their_cursor() {
    let fixture = Fixture::new().await;
    fixture.prices(3).await;
    let path = format!("/v1/products/{}", fixture.product);
    fixture.catalog.patch(&path, &json!({"name": "Cup"})).by(&fixture.admin).await;
    let made = fixture.catalog.post("/v1/categories", &json!({"name": "Mugs"}));
    made.by(&fixture.admin).key("a category of mugs").await;
    let at = fixture.list("?limit=1&cursor=NA").await.body["data"][0]["at"].clone();
    let at = at.as_str().unwrap().to_owned();

    for (query, expected) in [
        (String::new(), &[5, 4, 3, 2, 1][..]),
        ("?entity_type=category".to_owned(), &[5]),
        (format!("?entity={}", fixture.product), &[4, 3, 2, 1]),
        (format!("?actor={}", fixture.admin.id), &[5, 4]),
        (format!("?actor={}&entity_type=product", fixture.staff.id), &[3, 2, 1]),
        (format!("?at[gte]={at}"), &[5, 4, 3]),
        (format!("?at[lt]={at}"), &[2, 1]),
        ("?at[gte]=2999-01-01T00:00:00Z".to_owned(), &[]),
        ("?entity=prod_of_nobody".to_owned(), &[]),
    ] {
        assert_eq!(fixture.places(&query).await, expected, "{query}");
    }
    let first = fixture.list("?limit=2").await;
    let next = format!("?limit=2&cursor={}", first.text("/next_cursor"));
    assert_eq!(fixture.places(&next).await, [3, 2]);
    let wrong = fixture.operations.get("/v1/audit-log?entity_type=mug").by(&fixture.admin).await;
    assert_eq!(wrong.refusal(), (400, "bad_query"));
}

#[tokio::test]
async fn the_release_before_changes_what_it_likes_and_leaves_no_entry() {
    let fixture = Fixture::new().await;
    let before = fixture.shop.connect_as_app_rw().await;
    let sql = "begin; select set_config('app.actor', gen_random_uuid()::text, true);
               update products set price_minor = 1; commit";

    before.batch_execute(sql).await.unwrap();

    assert_eq!(fixture.shop.one::<i64>("select price_minor from products").await, 1);
    assert!(fixture.places("").await.is_empty());
}
