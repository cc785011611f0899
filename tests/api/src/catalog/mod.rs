//! The catalog API: products, categories, search and pagination.

mod archive;
mod best_match;
mod categories;
mod change;
mod create;
mod currencies;
mod fuzzy_search;
mod list;
mod pagination;
mod search;
mod show;
mod taxed_and_shipped;

use serde_json::{Value, json};
use testkit::{ApiClient, Response, Shop, User};

fn api(shop: &Shop) -> ApiClient {
    ApiClient::new(catalog::routes(), shop.app())
}

/// A valid body for `POST /v1/products`.
fn mug(sku: &str) -> Value {
    json!({"sku": sku, "name": "Large mug", "price": {"amount": 1250, "currency": "EUR"}, "stock": 10})
}

/// `body` with the members of `difference` replaced or added.
fn with(mut body: Value, difference: &Value) -> Value {
    for (field, value) in difference.as_object().unwrap() {
        body[field] = value.clone();
    }
    body
}

/// Creates a product; the path of its resource.
async fn created(api: &ApiClient, staff: &User, body: &Value) -> String {
    let answer = api.post("/v1/products", body).by(staff).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.header("location").unwrap().to_owned()
}

/// Creates a category; its id.
async fn category(api: &ApiClient, staff: &User, name: &str, parent: Option<&str>) -> String {
    let body = json!({"name": name, "parent": parent});
    let answer = api.post("/v1/categories", &body).by(staff).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.text("/id").to_owned()
}

/// The value of one field in every item of a list.
fn each<'a>(answer: &'a Response, field: &str) -> Vec<&'a str> {
    let items = answer.body["data"].as_array().unwrap();
    items.iter().map(|item| item[field].as_str().unwrap()).collect()
}
