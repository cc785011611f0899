//! A queue that takes only some of a batch.

use domain::outbox::{lease, mark_sent};
use testkit::{Order, Product, Shop};

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
    assert!(ids().await.is_empty(), "nobody sends it again at once");
    shop.run("update outbox set available_at = now()").await;
    assert_eq!(ids().await, [refused]);
    shop.check_invariants().await;
}
