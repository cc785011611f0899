//! Complete flows over HTTP, against the binaries that are deployed.
#![cfg(test)]

mod browser;
mod crash_points;
mod environment_variables;
mod flooded_accounts;
mod front_door;
mod front_end;
mod large_lists;
mod logs;
mod mailbox;
mod memory;
mod operations;
mod order_flows;
mod pager;
mod postman;
mod queue_audit;
mod recovery;
mod rollback;
mod sam_deploy;
mod schemathesis;
mod secrets_manager;
mod shutdown;
mod soak;
mod swagger_ui;

use local::{Customer, Options, Shop};
use serde_json::json;
use stack::{Progress, tools};
use std::time::Duration;

/// The longest wait for an effect that goes through a queue.
const TIMEOUT: Duration = Duration::from_mins(1);

/// A tool that the test is going to start, installed if need be.
async fn tool<T: Send + 'static>(find: fn(&Progress) -> Result<T, tools::Error>) -> T {
    let found = tokio::task::spawn_blocking(move || find(&Progress::silent()));
    found.await.unwrap().unwrap_or_else(|error| panic!("{error}"))
}

async fn open() -> Shop {
    Shop::open(Options::default()).await.unwrap()
}

/// A registered customer whose address is verified, signed in.
async fn customer(shop: &Shop) -> Customer {
    let mut customer = Customer::anonymous(shop.url());
    let (email, password) = ("grace@example.com", "a nice long passphrase");
    let body = json!({"email": email, "password": password});
    assert_eq!(customer.post("/v1/auth/register", &body).await.unwrap().status, 202);
    shop.verify_address(email).await.unwrap();
    assert_eq!(customer.log_in(email, password).await.unwrap().status, 200);
    customer
}

async fn admin(shop: &Shop) -> Customer {
    let mut admin = Customer::anonymous(shop.url());
    assert_eq!(admin.log_in(local::ADMIN, &shop.admin_password).await.unwrap().status, 200);
    admin
}

/// The id of one of the seeded products.
async fn product(shop: &Shop, sku: &str) -> String {
    let found = Customer::anonymous(shop.url()).get("/v1/products?limit=100").await.unwrap();
    let products = found.body["data"].as_array().unwrap();
    let product = products.iter().find(|product| product["sku"] == sku).unwrap();
    product["id"].as_str().unwrap().to_owned()
}

/// Fails unless all records of the shop agree.
async fn audit(shop: &Shop) {
    let connections = shop.audit_connections().await.unwrap();
    shop.audit(&connections).unwrap().assert_holds().await;
}

/// Polls until `look` returns something, for [`TIMEOUT`] at most.
async fn until<T>(what: &str, look: impl AsyncFn() -> Option<T>) -> T {
    let seen = async {
        loop {
            if let Some(seen) = look().await {
                return seen;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(TIMEOUT, seen).await.unwrap_or_else(|_| panic!("{what} did not happen"))
}
