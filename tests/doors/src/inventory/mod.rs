//! What staff see of the shelves, and do to them.

mod adjusting;
mod looking;
mod low_stock;
mod syncing;

use domain::id::ProductId;
use inventory::Inventory;
use lambda::dispatch::Dispatch;
use serde_json::Value;
use testkit::{Answer, Call, Door, Order, Person, Product, Shop};

/// A shop whose stock is looked at.
struct Store {
    shop: Shop,
    door: Door,
    staff: Person,
}

impl Store {
    async fn open() -> Self {
        let shop = Shop::open().await;
        let state = Inventory { app: shop.app(), dispatch: Dispatch::later() };
        let staff = shop.staff().await;
        Self { door: Door::new(inventory::routes(), state), shop, staff }
    }

    async fn product(&self, sku: &str, stock: i32) -> ProductId {
        self.shop.product(Product { sku: sku.to_owned(), stock, ..Product::any() }).await
    }

    /// Promises some pieces to a customer.
    async fn promise(&self, product: ProductId, quantity: i32) {
        let buyer = self.shop.customer().await;
        self.shop.order(&buyer, Order { product, quantity }).await;
    }

    fn get(&self, path: &str) -> Call {
        self.door.get(path).by(&self.staff)
    }

    fn adjust(&self, sku: &str, key: &str, wish: &Value) -> Call {
        let path = format!("/v1/inventory/{sku}/adjustments");
        self.door.post(&path, wish).by(&self.staff).key(key)
    }

    fn set_threshold(&self, sku: &str, wish: &Value) -> Call {
        let path = format!("/v1/inventory/{sku}/threshold");
        self.door.call("PUT".parse().unwrap(), &path).json(wish).by(&self.staff)
    }

    /// Whether movements, orders and counts tell the same story.
    async fn books_are_in_order(&self) {
        assert_eq!(domain::operations::check(&self.shop.db).await.unwrap(), []);
    }
}

/// One field of every listed item.
fn each(answer: &Answer, field: &str) -> Vec<Value> {
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body["data"].as_array().unwrap().iter().map(|item| item[field].clone()).collect()
}
