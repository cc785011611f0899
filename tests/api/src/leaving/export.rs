//! How an export is divided.

use super::Fixture;
use serde_json::json;
use std::collections::BTreeSet;
use testkit::{Order, Product, Response};

fn ids(response: &Response) -> Vec<String> {
    let orders = response.body["orders"].as_array().unwrap().iter();
    orders.map(|one| one["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn an_export_in_parts_has_each_order_once() {
    let fixture = Fixture::open().await;
    let ann = fixture.shop.customer().await;
    let product = fixture.shop.product(Product { stock: 100, ..Product::any() }).await;
    let mut placed = BTreeSet::new();
    for _ in 0..25 {
        let order = fixture.shop.cancelled_order(&ann, Order { product, quantity: 1 }).await;
        placed.insert(order.to_string());
    }

    let first = fixture.export(&ann, "").await;
    let cursor = first.text("/next_cursor");
    let second = fixture.export(&ann, &format!("?cursor={cursor}")).await;

    assert_eq!((ids(&first).len(), ids(&second).len()), (20, 5));
    let seen: BTreeSet<_> = ids(&first).into_iter().chain(ids(&second)).collect();
    assert_eq!(seen, placed);
    assert_eq!(second.body["account"], first.body["account"]);
    assert_eq!(second.body["next_cursor"], json!(null));
    assert_eq!(fixture.export(&ann, "?cursor=x").await.refusal(), (400, "bad_cursor"));
}

#[tokio::test]
async fn a_part_that_would_be_too_large_for_lambda_has_fewer_orders() {
    let fixture = Fixture::open().await;
    let ann = fixture.shop.customer().await;
    let product = fixture.shop.product(Product { stock: 100, ..Product::any() }).await;
    for _ in 0..20 {
        fixture.shop.cancelled_order(&ann, Order { product, quantity: 1 }).await;
    }
    let refunds = "with payment as (
                       insert into payments (id, order_id, currency, amount_minor, status, provider_pi)
                       select gen_random_uuid(), id, 'EUR', 1250, 'canceled', 'pi_' || id from orders returning id
                   )
                   insert into refunds (id, payment_id, amount_minor, status, origin, reason)
                   select gen_random_uuid(), id, 1, 'failed', 'api', repeat('\"', 500) from payment, generate_series(1, 400)";
    fixture.shop.run(refunds).await;
    // As each edit writes them.
    let edits = "insert into order_changes (order_id, version, what, actor)
                 select id, 1000 + n, 'edited', user_id from orders, generate_series(1, 1500) n";
    fixture.shop.run(edits).await;

    let (mut seen, mut query) = (Vec::new(), String::new());
    loop {
        let part = fixture.export(&ann, &query).await;
        let in_lambda = serde_json::to_string(str::from_utf8(&part.bytes).unwrap()).unwrap().len();
        assert!(in_lambda < 6_200_000, "{in_lambda} bytes");
        assert_eq!(part.body["orders"][0]["events"].as_array().unwrap().len(), 1000);
        seen.extend(ids(&part));
        let Some(next) = part.body["next_cursor"].as_str() else { break };
        query = format!("?cursor={next}");
    }
    let once: BTreeSet<_> = seen.iter().cloned().collect();
    assert_eq!((seen.len(), once.len()), (20, 20));
}
