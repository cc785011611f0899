//! Faults around the functions while they work: broken connections, a slow, full or crashed database, a queue that
//! takes part of a batch, missing secrets, panics and killed processes.

mod broken_connections;
mod crash_points;
mod flights;
mod full_disk;
mod panics;
mod queue;
mod restart;
mod secrets;
mod sleeping_database;
mod slow_database;
pub(crate) mod sqs;

use domain::db::Db;
use domain::id::ProductId;
use lambda::dispatcher::OutboxDispatcher;
use lambda::http::App;
use orders::Orders;
use serde_json::{Value, json};
use stack::{Postgres, Proxy};
use testkit::{ApiClient, Call, Product, Shop, User};

/// A shop whose functions reach their database through a proxy that can break the connection.
struct Fixture {
    shop: Shop,
    proxy: Proxy,
    api: ApiClient,
    buyer: User,
    mug: ProductId,
}

impl Fixture {
    /// One connection per function, as in Lambda.
    async fn new() -> Self {
        Self::with_connections(Shop::open().await, 1).await
    }

    async fn with_connections(shop: Shop, connections: usize) -> Self {
        let proxy = Proxy::to_url(shop.url()).await.unwrap();
        let db = Db::connect(&proxy.url(shop.url()), connections).unwrap();
        let api = orders_on(&shop, db);
        let mug = shop.product(Product { price: 1999, stock: 1000, ..Product::any() }).await;
        let buyer = shop.customer().await;
        Self { shop, proxy, api, buyer, mug }
    }

    /// The database behind the proxy.
    fn db(&self) -> Db {
        Db::connect(&self.proxy.url(self.shop.url()), 1).unwrap()
    }

    /// Reconnects everything to a server that was restarted, and listens at another address.
    async fn reconnect(&mut self, server: &Postgres) {
        let address = server.url("shop");
        self.proxy.redirect_to(address.split(['@', '/']).nth(3).unwrap().parse().unwrap());
        let (admin, connection) =
            tokio_postgres::connect(&address, tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        self.shop.admin = admin;
        self.shop.db = Db::connect(&server.url_as("app_rw", "shop"), 1).unwrap();
    }

    /// The buyer orders one mug.
    fn order(&self, key: &str) -> Call {
        self.api.post("/v1/orders", &order_body(self.mug)).by(&self.buyer).key(key)
    }

    /// Audits the shop, and the answers that its orders API gave.
    async fn check_invariants(&self) {
        self.shop.audit().with_exchanges(self.api.exchanges()).assert_holds().await;
    }

    async fn order_count(&self) -> i64 {
        self.shop.one("select count(*) from orders").await
    }
}

/// A client of the orders API, on connections of its own.
fn orders_on(shop: &Shop, db: Db) -> ApiClient {
    let app = App { db, ..shop.app() };
    ApiClient::new(orders::routes(), Orders { app, dispatcher: OutboxDispatcher::deferred() })
}

/// The body of `POST /v1/orders` for one piece of a product.
fn order_body(product: ProductId) -> Value {
    json!({"lines": [{"product": product, "quantity": 1}]})
}
