//! Orders found by how they stand with their money: the list agrees with what each of them shows.

use super::{all, door};
use domain::db::every_query;
use domain::id::OrderId;
use serde_json::Value;
use std::collections::BTreeMap;
use testkit::{Answer, Order, Person, Product, Shop};

const STATUSES: [&str; 8] = [
    "unpaid",
    "processing",
    "authorized",
    "paid",
    "partially_refunded",
    "refunded",
    "failed",
    "disputed",
];

/// Orders in every state, two of each, and some that ended unpaid.
async fn one_of_each(shop: &Shop, buyer: &Person) {
    let mug = shop.product(Product { price: 1000, stock: 100, ..Product::any() }).await;
    let one = || Order { product: mug, quantity: 1 };
    for _ in 0..2 {
        shop.order(buyer, one()).await;
        for step in [
            "status = 'requires_action'",
            "status = 'processing'",
            "status = 'requires_capture'",
            "failed_at = now()",
        ] {
            let intent = shop.payment(shop.order(buyer, one()).await).await;
            let sql = format!("update payments set {step} where provider_pi = '{}'", intent.id);
            shop.run(&sql).await;
        }
        let abandoned = shop.payment(shop.order(buyer, one()).await).await;
        let sql = format!(
            "update payments set status = 'canceled' where id = '{}'",
            uuid(&abandoned.payment)
        );
        shop.run(&sql).await;
        let ended = shop.order(buyer, one()).await;
        end(shop, ended, "status = 'cancelled', cancelled_at = now(), cancel_reason = 'expired', expires_at = null").await;
        shop.confirmed_order(buyer, one()).await;
        for change in ["refunded_minor = 400", "refunded_minor = 1000", "on_hold = true"] {
            let order = shop.confirmed_order(buyer, one()).await;
            end(shop, order, change).await;
        }
    }
}

async fn end(shop: &Shop, order: OrderId, change: &str) {
    let sql = format!("update orders set {change} where id = $1");
    shop.admin.execute(&sql, &[&order]).await.unwrap();
}

/// The bare id, as SQL text takes it.
fn uuid(id: &impl ToString) -> String {
    id.to_string().split_once('_').unwrap().1.to_owned()
}

fn ids(answer: &Answer) -> Vec<String> {
    let rows = answer.body["data"].as_array().unwrap_or_else(|| panic!("{}", answer.body));
    rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn each_order_is_found_under_what_it_shows_and_nowhere_else() {
    let shop = Shop::open().await;
    let (buyer, staff) = (shop.customer().await, shop.staff().await);
    one_of_each(&shop, &buyer).await;
    let door = door(&shop);
    let whole = door.get("/v1/orders?limit=100").by(&staff).await;
    let mut shown = BTreeMap::<String, Vec<String>>::new();
    for row in whole.body["data"].as_array().unwrap() {
        let text = |name: &str| row[name].as_str().map(str::to_owned).unwrap();
        shown.entry(text("payment_status")).or_default().push(text("id"));
    }
    assert_eq!(shown.len(), STATUSES.len(), "{shown:?}");

    for status in STATUSES {
        let path = format!("/v1/orders?payment_status={status}&limit=100");
        let mine = door.get(&path).by(&buyer).await;
        let all = door.get(&path).by(&staff).await;
        let oldest = door.get(&format!("{path}&sort=created_at")).by(&staff).await;

        assert_eq!(ids(&all), shown[status], "{status}");
        assert_eq!(ids(&mine), shown[status], "{status}");
        let mut backwards = ids(&oldest);
        backwards.reverse();
        assert_eq!(backwards, shown[status], "{status}");
    }
    let cancelled = door.get("/v1/orders?payment_status=unpaid&status=cancelled").by(&staff).await;
    assert_eq!(ids(&cancelled).len(), 2);
    assert_eq!(
        door.get("/v1/orders?payment_status=rich").by(&staff).await.refusal(),
        (400, "bad_query")
    );
}

#[tokio::test]
async fn a_list_by_money_is_walked_without_gap_and_shows_nobody_else_s() {
    let shop = Shop::open().await;
    let (buyer, staff, stranger) =
        (shop.customer().await, shop.staff().await, shop.customer().await);
    one_of_each(&shop, &buyer).await;
    let door = door(&shop);
    let whole = ids(&door.get("/v1/orders?payment_status=unpaid&limit=100").by(&staff).await);

    let mut walked = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = format!("/v1/orders?payment_status=unpaid&limit=3{cursor}");
        let page = door.get(&path).by(&staff).await;
        walked.extend(ids(&page));
        let Value::String(next) = &page.body["next_cursor"] else { break };
        cursor = format!("&cursor={next}");
    }

    assert_eq!(walked, whole);
    let calls = STATUSES
        .map(|status| door.get(&format!("/v1/orders?payment_status={status}")).by(&stranger));
    for answer in all(calls).await {
        assert_eq!(ids(&answer), [""; 0]);
    }
}

/// What is rare must be found without walking what is not.
#[tokio::test]
async fn rare_orders_are_found_by_their_index() {
    let shop = Shop::open().await;
    let list = every_query().find(|query| query.doing == "list orders by their money").unwrap();
    let prepare = format!("prepare list as {}", list.sql);
    for sql in ["set enable_seqscan = off", "set enable_bitmapscan = off", &prepare] {
        shop.run(sql).await;
    }

    let plan = "explain execute list (null, null, null, null, 21, null, 'disputed', null)";
    let plan = shop.admin.query(plan, &[]).await.unwrap();

    let plan: Vec<String> = plan.iter().map(|row| row.get(0)).collect();
    let plan = plan.join("\n");
    assert!(plan.contains("Index Scan Backward using orders_by_money"), "{plan}");
}
