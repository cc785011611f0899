//! The inventory API: stock levels, adjustments, thresholds, movements and counts of suppliers.

mod addresses;
mod adjusting;
mod late_counts;
mod low_stock;
mod reading;
mod rejected_counts;
mod syncing;

use domain::id::ProductId;
use inventory::Inventory;
use lambda::dispatcher::OutboxDispatcher;
use serde_json::Value;
use testkit::{ApiClient, Call, Order, Product, Response, Shop, User};

/// A shop and a client of its inventory API.
struct Fixture {
    shop: Shop,
    api: ApiClient,
    staff: User,
}

impl Fixture {
    async fn new() -> Self {
        let shop = Shop::open().await;
        let state = Inventory { app: shop.app(), dispatcher: OutboxDispatcher::deferred() };
        let staff = shop.staff().await;
        Self { api: ApiClient::new(inventory::routes(), state), shop, staff }
    }

    async fn product(&self, sku: &str, stock: i32) -> ProductId {
        self.shop.product(Product { sku: sku.to_owned(), stock, ..Product::any() }).await
    }

    /// Reserves stock, by an order of a new customer.
    async fn reserve(&self, product: ProductId, quantity: i32) {
        let buyer = self.shop.customer().await;
        self.shop.order(&buyer, Order { product, quantity }).await;
    }

    fn get(&self, path: &str) -> Call {
        self.api.get(path).by(&self.staff)
    }

    fn adjust(&self, sku: &str, key: &str, body: &Value) -> Call {
        let path = format!("/v1/inventory/{sku}/adjustments");
        self.api.post(&path, body).by(&self.staff).key(key)
    }

    fn set_threshold(&self, sku: &str, body: &Value) -> Call {
        let path = format!("/v1/inventory/{sku}/threshold");
        self.api.call("PUT".parse().unwrap(), &path).json(body).by(&self.staff)
    }

    /// Asserts that stock, movements and orders agree.
    async fn check_invariants(&self) {
        assert_eq!(domain::operations::check(&self.shop.db).await.unwrap(), []);
    }
}

/// The value of one field in every item of a list.
fn each(answer: &Response, field: &str) -> Vec<Value> {
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body["data"].as_array().unwrap().iter().map(|item| item[field].clone()).collect()
}
