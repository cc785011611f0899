//! Lists whose items are too large for one response of Lambda.

use crate::{customer, open};
use std::collections::BTreeSet;
use tokio_postgres::NoTls;

/// A hundred orders of the only customer, of a hundred lines each, with long names.
const LARGE_ORDERS: &str = "
    set session_replication_role = replica;
    insert into orders (id, user_id, currency, subtotal_minor, total_minor, expires_at)
    select overlay(gen_random_uuid()::text placing lpad(n::text, 8, '0') from 1 for 8)::uuid, users.id, 'EUR', 10000, 10000,
           now() + interval '1 day'
    from users, generate_series(1, 100) n where role = 'customer';
    insert into order_lines (order_id, product_id, sku, name, currency, quantity, unit_minor)
    select id, gen_random_uuid(), 'TEA-' || line, repeat('茶', 193), 'EUR', 1, 100
    from orders, generate_series(1, 100) line";

#[tokio::test]
async fn a_page_that_lambda_could_not_return_is_shorter_and_leads_on() {
    let shop = open().await;
    let customer = customer(&shop).await;
    let (owner, connection) = tokio_postgres::connect(shop.database_url(), NoTls).await.unwrap();
    tokio::spawn(connection);
    owner.batch_execute(LARGE_ORDERS).await.unwrap();

    let (mut pages, mut met) = (0, BTreeSet::new());
    let mut path = "/v1/orders?limit=100".to_owned();
    loop {
        let page = customer.get(&path).await.unwrap();
        assert_eq!(page.status, 200, "{}", page.body);
        for order in page.body["data"].as_array().unwrap() {
            assert!(met.insert(order["id"].as_str().unwrap().to_owned()), "an order came twice");
        }
        pages += 1;
        let Some(cursor) = page.body["next_cursor"].as_str() else { break };
        path = format!("/v1/orders?limit=100&cursor={cursor}");
    }

    assert_eq!((pages, met.len()), (2, 100));
}
