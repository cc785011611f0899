//! Batches to SQS: many messages in one call, and a batch of which SQS takes only a part.

use super::order_body;
use super::sqs::Queue;
use domain::db::Db;
use domain::outbox::{lease, mark_sent, send_own_messages};
use lambda::http::App;
use orders::Orders;
use serde_json::json;
use testkit::{ApiClient, Order, Product, Shop};

/// A client of the orders API, in a process that sends its own outbox messages.
fn orders_api(shop: &Shop, queue: &Queue) -> ApiClient {
    let mut db = Db::connect(shop.url(), 1).unwrap();
    send_own_messages(&mut db);
    let app = App { db, ..shop.app() };
    ApiClient::new(orders::routes(), Orders { app, dispatcher: queue.dispatcher() })
}

#[tokio::test]
async fn orders_of_one_moment_share_a_call_of_the_queue_and_none_is_forgotten() {
    let (shop, queue) = (Shop::open().await, Queue::start().await);
    let mug = shop.product(Product { stock: 100, ..Product::any() }).await;
    let api = orders_api(&shop, &queue);
    let mut buyers = Vec::new();
    for _ in 0..23 {
        buyers.push(shop.customer().await);
    }

    let mut last = String::new();
    for buyer in &buyers {
        let answer =
            api.post("/v1/orders", &order_body(mug)).by(buyer).key("the key of this order").await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        last = answer.text("/id").to_owned();
    }

    let calls: Vec<_> = queue.take_calls().iter().map(Vec::len).collect();
    assert_eq!(calls[0], 1, "the first message is sent at once: {calls:?}");
    assert!(calls.len() < 23, "{calls:?}");
    let waiting = "select count(*) from outbox where sent_at is null";
    let left = 23 - i64::try_from(calls.iter().sum::<usize>()).unwrap();
    assert_eq!(shop.one::<i64>(waiting).await, left);

    // A message that must not wait takes along those that wait.
    let cancel = format!("/v1/orders/{last}/cancel");
    let cancelled = api.post(&cancel, &json!({})).by(&buyers[22]).await;
    assert_eq!(cancelled.status, 200, "{}", cancelled.body);

    assert_eq!(queue.take().len(), usize::try_from(left).unwrap() + 1);
    assert_eq!(shop.one::<i64>(waiting).await, 0);
    shop.check_invariants().await;
}

#[tokio::test]
async fn of_a_batch_that_was_taken_in_part_the_rest_alone_is_sent_again() {
    let shop = Shop::open().await;
    let mug = shop.product(Product::any()).await;
    let buyer = shop.customer().await;
    for _ in 0..5 {
        let order = shop.order(&buyer, Order { product: mug, quantity: 1 }).await;
        let sql = "insert into outbox (topic, dedupe_key, payload) values ('mail', $1,
                   jsonb_build_object('v', 1, 'type', 'order_placed', 'order', $2::text))";
        let (key, order) = (format!("order_placed:{order}"), order.to_string());
        shop.admin.execute(sql, &[&key, &order]).await.unwrap();
    }
    let ids = async || -> Vec<i64> {
        let mut ids: Vec<_> = lease(&shop.db, 10).await.unwrap().iter().map(|it| it.id).collect();
        ids.sort_unstable();
        ids
    };

    let batch = ids().await;
    let (refused, taken) = (batch[2], [&batch[..2], &batch[3..]].concat());
    mark_sent(&shop.db, &taken).await.unwrap();

    assert_eq!(batch.len(), 5);
    assert!(ids().await.is_empty(), "leased: not sent again at once");
    shop.run("update outbox set available_at = now()").await;
    assert_eq!(ids().await, [refused]);
    shop.check_invariants().await;
}
