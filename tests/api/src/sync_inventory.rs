//! Supplier counts from the inventory queue: applied once, in order of their sequence.

use domain::id::ProductId;
use lambda::queue::process_batch;
use serde_json::{Value, json};
use testkit::{Count, Order, Product, Shop};

/// A shop with ten mugs, three of them reserved by an order.
async fn shop_with_mugs() -> (Shop, ProductId) {
    let shop = Shop::open().await;
    let mug = shop.product(Product { sku: "MUG-1".to_owned(), ..Product::any() }).await;
    let buyer = shop.customer().await;
    shop.order(&buyer, Order { product: mug, quantity: 3 }).await;
    (shop, mug)
}

/// A count as a message of the queue.
fn count(source: &'static str, sequence: i64, sku: &str, on_hand: i64) -> Value {
    Count { source, sequence, on_hand, ..Count::of(sku) }.message()
}

/// Processes a batch, and returns the positions of the messages that will be retried.
async fn process(shop: &Shop, batch: &[Value]) -> Vec<String> {
    let records = batch.iter().enumerate().map(|(place, body)| {
        let body = body.as_str().map_or_else(|| body.to_string(), str::to_owned);
        json!({"messageId": place.to_string(), "body": body})
    });
    let batch = json!({"Records": records.collect::<Vec<_>>()});
    let batch = serde_json::from_value(batch).unwrap();
    let again =
        process_batch(batch, async |count| sync_inventory::handle(&shop.db, count).await).await;
    assert_eq!(wrong_counts(shop).await, 0, "the stock moves add up to the stock");
    again.batch_item_failures.into_iter().map(|failure| failure.item_identifier).collect()
}

async fn wrong_counts(shop: &Shop) -> i64 {
    shop.one(
        "select count(*)
         from products p join (
             select product_id, sum(on_hand_delta) as on_hand, sum(reserved_delta) as reserved
             from stock_moves group by product_id
         ) moved on moved.product_id = p.id
         where (p.on_hand, p.reserved) is distinct from (moved.on_hand, moved.reserved)",
    )
    .await
}

const NONE: [String; 0] = [];

#[tokio::test]
async fn a_count_replaces_what_is_on_hand_and_keeps_what_is_promised() {
    let (shop, mug) = shop_with_mugs().await;

    assert_eq!(process(&shop, &[count("acme", 12, "MUG-1", 40)]).await, NONE);

    assert_eq!(shop.stock(mug).await, (40, 3));
}

#[tokio::test]
async fn the_same_message_twice_counts_once() {
    let (shop, mug) = shop_with_mugs().await;
    let message = count("acme", 12, "MUG-1", 40);

    assert_eq!(process(&shop, &[message.clone(), message.clone()]).await, NONE);
    // A redelivered old count must not overwrite a newer one.
    process(&shop, &[count("acme", 13, "MUG-1", 50)]).await;
    assert_eq!(process(&shop, &[message]).await, NONE);

    assert_eq!(shop.stock(mug).await, (50, 3));
    assert_eq!(
        shop.one::<i64>("select count(*) from stock_moves where source = 'feed:acme'").await,
        2
    );
}

#[tokio::test]
async fn twins_at_once_count_once() {
    let (shop, mug) = shop_with_mugs().await;
    let twins = [count("acme", 12, "MUG-1", 40)];

    let (one, other) = tokio::join!(process(&shop, &twins), process(&shop, &twins));

    assert_eq!((one, other), (NONE.to_vec(), NONE.to_vec()));
    assert_eq!(shop.stock(mug).await, (40, 3));
}

#[tokio::test]
async fn a_count_that_comes_late_changes_nothing() {
    let (shop, mug) = shop_with_mugs().await;

    let batch = [count("acme", 12, "MUG-1", 40), count("acme", 11, "MUG-1", 99)];
    assert_eq!(process(&shop, &batch).await, NONE);

    assert_eq!(shop.stock(mug).await, (40, 3));
}

#[tokio::test]
async fn each_source_has_its_own_sequence() {
    let (shop, mug) = shop_with_mugs().await;

    let batch = [count("acme", 12, "MUG-1", 40), count("warehouse", 1, "MUG-1", 25)];
    assert_eq!(process(&shop, &batch).await, NONE);

    assert_eq!(shop.stock(mug).await, (25, 3));
}

#[tokio::test]
async fn each_product_has_its_own_sequence() {
    let (shop, mug) = shop_with_mugs().await;
    let pot = shop.product(Product { sku: "POT-1".to_owned(), ..Product::any() }).await;

    let batch = [count("acme", 12, "MUG-1", 40), count("acme", 11, "POT-1", 7)];
    assert_eq!(process(&shop, &batch).await, NONE);

    assert_eq!((shop.stock(mug).await, shop.stock(pot).await), ((40, 3), (7, 0)));
}

#[tokio::test]
async fn a_count_below_what_is_promised_keeps_the_promise_and_calls_for_a_person() {
    let (shop, mug) = shop_with_mugs().await;

    assert_eq!(process(&shop, &[count("acme", 12, "MUG-1", 1)]).await, NONE);

    assert_eq!(shop.stock(mug).await, (3, 3));
    let found = "select counted || ' of ' || reserved from stock_discrepancies where sequence = 12";
    assert_eq!(shop.one::<String>(found).await, "1 of 3");
}

#[tokio::test]
async fn an_unknown_sku_leaves_the_queue_and_may_come_again_later() {
    let (shop, _) = shop_with_mugs().await;
    let message = count("acme", 1, "HAT-1", 5);
    assert_eq!(process(&shop, std::slice::from_ref(&message)).await, NONE);

    let hat = shop.product(Product { sku: "HAT-1".to_owned(), ..Product::any() }).await;
    process(&shop, &[message]).await;

    assert_eq!(shop.stock(hat).await, (5, 0));
}

#[tokio::test]
async fn one_poisoned_message_of_ten_is_the_only_one_that_comes_again() {
    for poison in [
        json!("{"),
        json!({"v": 2, "source": "acme", "sequence": 5, "sku": "MUG-1", "on_hand": 1}),
        json!({"v": 1, "source": "acme", "sequence": 5, "sku": "MUG-1", "on_hand": 1, "extra": 1}),
        json!({"v": 1, "source": "acme", "sequence": 5, "sku": "MUG-1", "on_hand": 1.5}),
        json!({"v": 1, "source": "acme", "sequence": 5, "sku": "MUG-1", "on_hand": 1, "counted_at": "today"}),
        count("acme", 5, "MUG-1", -1),
        count("acme", -5, "MUG-1", 1),
        count("acme", 5, "", 1),
    ] {
        let (shop, mug) = shop_with_mugs().await;
        let mut batch: Vec<_> =
            (1..=10).map(|sequence| count("acme", sequence, "MUG-1", 100 + sequence)).collect();
        batch[4] = poison;

        assert_eq!(process(&shop, &batch).await, ["4"]);

        assert_eq!(shop.stock(mug).await, (110, 3));
        assert_eq!(shop.one::<i64>("select count(*) from inbox").await, 9);
    }
}
