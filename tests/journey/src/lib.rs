//! Whole stories over HTTP, against the binaries that get deployed.
#![cfg(test)]

mod breaches;
mod browsing;
mod closing;
mod collection;
mod deploying;
mod exploring;
mod failing;
mod killed;
mod logging;
mod mailing;
mod operating;
mod secrets;
mod selling;
mod settings;
mod soaking;

use local::{Customer, Options, Shop};
use serde_json::json;
use std::time::Duration;

/// How long a thing may take that goes through a queue.
const PATIENCE: Duration = Duration::from_mins(1);

async fn open() -> Shop {
    Shop::open(Options::default()).await.unwrap()
}

/// Somebody with an account, signed in.
async fn customer(shop: &Shop) -> Customer {
    let mut customer = Customer::stranger(shop.url());
    let (email, password) = ("grace@example.com", "a nice long passphrase");
    let wish = json!({"email": email, "password": password});
    assert_eq!(customer.post("/v1/auth/register", &wish).await.unwrap().status, 202);
    assert_eq!(customer.log_in(email, password).await.unwrap().status, 200);
    customer
}

async fn admin(shop: &Shop) -> Customer {
    let mut admin = Customer::stranger(shop.url());
    assert_eq!(admin.log_in(local::ADMIN, &shop.admin_password).await.unwrap().status, 200);
    admin
}

/// The id of one of the seeded products.
async fn product(shop: &Shop, sku: &str) -> String {
    let found = Customer::stranger(shop.url()).get("/v1/products?limit=100").await.unwrap();
    let goods = found.body["data"].as_array().unwrap();
    let product = goods.iter().find(|product| product["sku"] == sku).unwrap();
    product["id"].as_str().unwrap().to_owned()
}

/// Whatever happened to the shop, its books agree.
async fn hold(shop: &Shop) {
    let ledgers = shop.ledgers().await.unwrap();
    shop.books(&ledgers).unwrap().hold().await;
}

/// Waits until `look` sees it.
async fn until<T>(what: &str, look: impl AsyncFn() -> Option<T>) -> T {
    let seen = async {
        loop {
            if let Some(seen) = look().await {
                return seen;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(PATIENCE, seen).await.unwrap_or_else(|_| panic!("{what} did not happen"))
}
