//! What breaks around the shop while it works: the line to its database, the database itself, the queue.

mod awaits;
mod bytes;
mod full_disk;
mod panics;
mod queue;
mod restart;
mod secrets;
mod sqs;
mod strained;

use domain::db::Db;
use domain::id::ProductId;
use lambda::dispatch::Dispatch;
use lambda::http::App;
use orders::Orders;
use serde_json::{Value, json};
use stack::{Postgres, Proxy};
use testkit::{Call, Door, Person, Product, Shop};

/// A shop whose functions reach their database over a line that can be broken, each with one connection as in Lambda.
struct Scene {
    shop: Shop,
    line: Proxy,
    door: Door,
    buyer: Person,
    mug: ProductId,
}

impl Scene {
    async fn set() -> Self {
        Self::with(Shop::open().await, 1).await
    }

    async fn with(shop: Shop, connections: usize) -> Self {
        let line = Proxy::before_url(shop.url()).await.unwrap();
        let db = Db::connect(&line.url(shop.url()), connections).unwrap();
        let door = orders_on(&shop, db);
        let mug = shop.product(Product { price: 1999, stock: 1000, ..Product::any() }).await;
        let buyer = shop.customer().await;
        Self { shop, line, door, buyer, mug }
    }

    /// The database at the end of that line.
    fn db(&self) -> Db {
        Db::connect(&self.line.url(self.shop.url()), 1).unwrap()
    }

    /// The database went down and is back, at another address.
    async fn comes_back(&mut self, server: &Postgres) {
        let address = server.url("shop");
        self.line.lead_to(address.split(['@', '/']).nth(3).unwrap().parse().unwrap());
        let (admin, talk) = tokio_postgres::connect(&address, tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(talk);
        self.shop.admin = admin;
        self.shop.db = Db::connect(&server.url_as("app_rw", "shop"), 1).unwrap();
    }

    /// The buyer orders one mug.
    fn order(&self, key: &str) -> Call {
        self.door.post("/v1/orders", &wish(self.mug)).by(&self.buyer).key(key)
    }

    /// Whatever broke, the shop's books agree with each other and with what was answered.
    async fn hold(&self) {
        self.shop.books().with_answers(self.door.notes()).hold().await;
    }

    async fn orders(&self) -> i64 {
        self.shop.one("select count(*) from orders").await
    }
}

fn orders_on(shop: &Shop, db: Db) -> Door {
    let app = App { db, ..shop.app() };
    Door::new(orders::routes(), Orders { app, dispatch: Dispatch::later() })
}

fn wish(product: ProductId) -> Value {
    json!({"lines": [{"product": product, "quantity": 1}]})
}
