//! `?payment_status=`: the filter agrees with the status that each order shows.

use super::{all, api};
use domain::id::OrderId;
use domain::statements;
use serde_json::Value;
use std::collections::BTreeMap;
use testkit::{Order, Product, Response, Shop, User};

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

/// Two orders in every payment status, and two that expired unpaid.
async fn two_of_each(shop: &Shop, buyer: &User) {
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
        update_order(shop, ended, "status = 'cancelled', cancelled_at = now(), cancel_reason = 'expired', expires_at = null").await;
        shop.confirmed_order(buyer, one()).await;
        // The last one is held because of a fraud warning, and stays paid.
        for change in ["refunded_minor = 400", "refunded_minor = 1000", "on_hold = true"] {
            let order = shop.confirmed_order(buyer, one()).await;
            update_order(shop, order, change).await;
        }
        let disputed = shop.confirmed_order(buyer, one()).await;
        update_order(shop, disputed, "on_hold = true").await;
        let sql = "insert into disputes (id, payment_id, provider_dispute, amount_minor, currency, reason, status, told_at)
                   select id, id, 'dp_' || id, amount_minor, currency, 'fraudulent', 'needs_response', now()
                   from payments where order_id = $1";
        shop.admin.execute(sql, &[&disputed]).await.unwrap();
    }
}

async fn update_order(shop: &Shop, order: OrderId, change: &str) {
    let sql = format!("update orders set {change} where id = $1");
    shop.admin.execute(&sql, &[&order]).await.unwrap();
}

/// The id without its prefix, as SQL takes it.
fn uuid(id: &impl ToString) -> String {
    id.to_string().split_once('_').unwrap().1.to_owned()
}

fn ids(response: &Response) -> Vec<String> {
    let rows = response.body["data"].as_array().unwrap_or_else(|| panic!("{}", response.body));
    rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn each_order_is_found_under_what_it_shows_and_nowhere_else() {
    let shop = Shop::open().await;
    let (buyer, staff) = (shop.customer().await, shop.staff().await);
    two_of_each(&shop, &buyer).await;
    let api = api(&shop);
    let whole = api.get("/v1/orders?limit=100").by(&staff).await;
    let mut shown = BTreeMap::<String, Vec<String>>::new();
    for row in whole.body["data"].as_array().unwrap() {
        let text = |name: &str| row[name].as_str().map(str::to_owned).unwrap();
        shown.entry(text("payment_status")).or_default().push(text("id"));
    }
    assert_eq!(shown.len(), STATUSES.len(), "{shown:?}");

    for status in STATUSES {
        let path = format!("/v1/orders?payment_status={status}&limit=100");
        let mine = api.get(&path).by(&buyer).await;
        let all = api.get(&path).by(&staff).await;
        let oldest = api.get(&format!("{path}&sort=created_at")).by(&staff).await;

        assert_eq!(ids(&all), shown[status], "{status}");
        assert_eq!(ids(&mine), shown[status], "{status}");
        let mut backwards = ids(&oldest);
        backwards.reverse();
        assert_eq!(backwards, shown[status], "{status}");
    }
    let cancelled = api.get("/v1/orders?payment_status=unpaid&status=cancelled").by(&staff).await;
    assert_eq!(ids(&cancelled).len(), 2);
    assert_eq!(
        api.get("/v1/orders?payment_status=rich").by(&staff).await.refusal(),
        (400, "bad_query")
    );
}

#[tokio::test]
async fn a_list_by_money_is_walked_without_gap_and_shows_nobody_else_s() {
    let shop = Shop::open().await;
    let (buyer, staff, stranger) =
        (shop.customer().await, shop.staff().await, shop.customer().await);
    two_of_each(&shop, &buyer).await;
    let api = api(&shop);
    let whole = ids(&api.get("/v1/orders?payment_status=unpaid&limit=100").by(&staff).await);

    let mut walked = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = format!("/v1/orders?payment_status=unpaid&limit=3{cursor}");
        let page = api.get(&path).by(&staff).await;
        walked.extend(ids(&page));
        let Value::String(next) = &page.body["next_cursor"] else { break };
        cursor = format!("&cursor={next}");
    }

    assert_eq!(walked, whole);
    let calls = STATUSES
        .map(|status| api.get(&format!("/v1/orders?payment_status={status}")).by(&stranger));
    for response in all(calls).await {
        assert_eq!(ids(&response), [""; 0]);
    }
}

/// Rare statuses must be found through the index, without reading the common ones.
#[tokio::test]
async fn rare_orders_are_found_by_their_index() {
    let shop = Shop::open().await;
    let list = statements::all()
        .find(|query| query.doing == "list orders by their payment status")
        .unwrap();
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
