//! Placing, showing, listing and cancelling orders.

mod cancel;
mod currencies;
mod idempotency;
mod invalid_input;
mod list;
mod numbers;
mod place;
mod priced;
mod races;
mod refused;
mod responses;
mod show;
mod tax_rates;

use domain::id::ProductId;
use lambda::dispatcher::OutboxDispatcher;
use orders::Orders;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU32, Ordering};
use testkit::{ApiClient, Call, Shop, User};

fn api(shop: &Shop) -> ApiClient {
    ApiClient::new(
        orders::routes(),
        Orders { app: shop.app(), dispatcher: OutboxDispatcher::deferred() },
    )
}

/// An `Idempotency-Key` that no other request of this process has.
fn fresh_key() -> String {
    static KEYS: AtomicU32 = AtomicU32::new(0);
    format!("key-of-this-run-{}", KEYS.fetch_add(1, Ordering::Relaxed))
}

/// The body of `POST /v1/orders` for these products and quantities.
fn order_body(lines: impl IntoIterator<Item = (ProductId, i64)>) -> Value {
    let line = |(product, quantity)| json!({"product": product, "quantity": quantity});
    json!({"lines": lines.into_iter().map(line).collect::<Vec<_>>()})
}

/// Places an order as `buyer`, under a new key.
fn place(api: &ApiClient, buyer: &User, body: &Value) -> Call {
    api.post("/v1/orders", body).by(buyer).key(&fresh_key())
}

/// Places an order as `buyer`, and returns its id.
async fn placed(
    api: &ApiClient,
    buyer: &User,
    lines: impl IntoIterator<Item = (ProductId, i64)>,
) -> String {
    let response = place(api, buyer, &order_body(lines)).await;
    assert_eq!(response.status, 201, "{}", response.body);
    response.text("/id").to_owned()
}
