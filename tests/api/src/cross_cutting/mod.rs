//! Guarantees that concern several functions at once. `tests/contract/src/promises.txt` lists which test shows which
//! promise.

mod flash_sale;
mod idempotency_keys;
mod order_totals;
mod quoted_orders;
mod throughput;

use domain::id::ProductId;
use lambda::dispatcher::OutboxDispatcher;
use orders::Orders;
use serde_json::{Value, json};
use testkit::{ApiClient, Shop};

fn orders_api(shop: &Shop) -> ApiClient {
    ApiClient::new(
        orders::routes(),
        Orders { app: shop.app(), dispatcher: OutboxDispatcher::deferred() },
    )
}

fn catalog_api(shop: &Shop) -> ApiClient {
    ApiClient::new(catalog::routes(), shop.app())
}

/// The body of `POST /v1/orders` for these products and quantities.
fn order_body(lines: impl IntoIterator<Item = (ProductId, i64)>) -> Value {
    let line = |(product, quantity)| json!({"product": product, "quantity": quantity});
    json!({"lines": lines.into_iter().map(line).collect::<Vec<_>>()})
}
