mod archive;
mod categories;
mod change;
mod create;
mod list;
mod nearly;
mod show;
mod walk;

use serde_json::{Value, json};
use testkit::{Answer, Door, Person, Shop};

fn door(shop: &Shop) -> Door {
    Door::new(catalog::routes(), shop.app())
}

/// A wish that the shop grants.
fn mug(sku: &str) -> Value {
    json!({"sku": sku, "name": "Large mug", "price": {"amount": 1250, "currency": "EUR"}, "stock": 10})
}

/// `wish` with what `difference` says differently.
fn with(mut wish: Value, difference: &Value) -> Value {
    for (field, value) in difference.as_object().unwrap() {
        wish[field] = value.clone();
    }
    wish
}

/// The address of a product that `staff` has just created.
async fn created(door: &Door, staff: &Person, wish: &Value) -> String {
    let answer = door.post("/v1/products", wish).by(staff).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.header("location").unwrap().to_owned()
}

/// The id of a category that `staff` has just created.
async fn category(door: &Door, staff: &Person, name: &str, parent: Option<&str>) -> String {
    let wish = json!({"name": name, "parent": parent});
    let answer = door.post("/v1/categories", &wish).by(staff).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.text("/id").to_owned()
}

/// The one field of every listed item.
fn each<'a>(answer: &'a Answer, field: &str) -> Vec<&'a str> {
    let items = answer.body["data"].as_array().unwrap();
    items.iter().map(|item| item[field].as_str().unwrap()).collect()
}
