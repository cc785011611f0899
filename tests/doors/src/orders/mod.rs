mod answers;
mod bad_input;
mod cancel;
mod keys;
mod list;
mod place;
mod races;
mod refused;
mod show;

use domain::id::ProductId;
use lambda::dispatch::Dispatch;
use orders::Orders;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU32, Ordering};
use testkit::{Call, Door, Person, Shop};

fn door(shop: &Shop) -> Door {
    Door::new(orders::routes(), Orders { app: shop.app(), dispatch: Dispatch::later() })
}

/// A key that nobody else has.
fn fresh_key() -> String {
    static KEYS: AtomicU32 = AtomicU32::new(0);
    format!("key-of-this-run-{}", KEYS.fetch_add(1, Ordering::Relaxed))
}

/// The wish to buy so many of each.
fn wish(lines: impl IntoIterator<Item = (ProductId, i64)>) -> Value {
    let line = |(product, quantity)| json!({"product": product, "quantity": quantity});
    json!({"lines": lines.into_iter().map(line).collect::<Vec<_>>()})
}

/// `buyer` places an order, whatever the wish.
fn place(door: &Door, buyer: &Person, wish: &Value) -> Call {
    door.post("/v1/orders", wish).by(buyer).key(&fresh_key())
}

/// The id of an order that `buyer` has just placed.
async fn placed(
    door: &Door,
    buyer: &Person,
    lines: impl IntoIterator<Item = (ProductId, i64)>,
) -> String {
    let answer = place(door, buyer, &wish(lines)).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.text("/id").to_owned()
}
