//! A deploy meets a schema, a server or a pooler that is not as it left it.

mod poolers;
mod schema_history;
mod two_shops;

use crate::migrate::{AT_ONCE, NO_APP};
use domain::db::Db;
use domain::id::ProductId;
use lambda::dispatcher::OutboxDispatcher;
use orders::Orders;
use serde_json::{Value, json};
use testkit::{ApiClient, Product, Response, Shop, User};
use tokio_postgres::{Client, NoTls};

/// What the function `migrate` answers to a deploy.
async fn migrate(db: &Db) -> Result<Value, String> {
    let outcome = migrate::handle(db, NO_APP, json!({}), AT_ONCE).await;
    outcome.map(|outcome| serde_json::to_value(outcome).unwrap()).map_err(|error| error.to_string())
}

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// Somebody who orders mugs.
struct Customer {
    api: ApiClient,
    user: User,
    mug: ProductId,
    orders: u32,
}

impl Customer {
    async fn of(shop: &Shop, db: Db) -> Self {
        let mut app = shop.app();
        app.db = db;
        let orders = Orders { app, dispatcher: OutboxDispatcher::deferred() };
        let api = ApiClient::new(orders::routes(), orders);
        let mug = shop.product(Product { stock: 1000, ..Product::any() }).await;
        Self { api, user: shop.customer().await, mug, orders: 0 }
    }

    async fn order(&mut self) -> Response {
        self.orders += 1;
        let body = json!({"lines": [{"product": self.mug, "quantity": 1}]});
        let key = format!("order of a deploy, {}", self.orders);
        self.api.post("/v1/orders", &body).by(&self.user).key(&key).await
    }
}
