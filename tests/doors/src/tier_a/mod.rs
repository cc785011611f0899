//! What anybody expects of a shop, where no test of a single function says it already. Which test shows which promise
//! stands in `tests/contract/src/promises.txt`.

mod keys;
mod selling;
mod throughput;

use domain::id::ProductId;
use lambda::dispatch::Dispatch;
use orders::Orders;
use serde_json::{Value, json};
use testkit::{Door, Shop};

fn counter(shop: &Shop) -> Door {
    Door::new(orders::routes(), Orders { app: shop.app(), dispatch: Dispatch::later() })
}

fn shelves(shop: &Shop) -> Door {
    Door::new(catalog::routes(), shop.app())
}

/// The wish to buy so many of each.
fn wish(lines: impl IntoIterator<Item = (ProductId, i64)>) -> Value {
    let line = |(product, quantity)| json!({"product": product, "quantity": quantity});
    json!({"lines": lines.into_iter().map(line).collect::<Vec<_>>()})
}
