//! `?expand=payments,refunds` on an order and on the list of orders.

use super::api;
use domain::id::{OrderId, RefundId};
use serde_json::{Value, json};
use testkit::{Order, Product, Shop, User};

/// A paid order of which 1.00 EUR was refunded.
async fn refunded(shop: &Shop, buyer: &User) -> (OrderId, RefundId) {
    let product = shop.product(Product::any()).await;
    let order = shop.confirmed_order(buyer, Order { product, quantity: 1 }).await;
    let refund = RefundId::generate();
    let sql = "with refund as (
                   insert into refunds (id, payment_id, provider_refund, amount_minor, status, origin, reason)
                   select $1, id, 're_' || gen_random_uuid(), 100, 'succeeded', 'api', 'He is a friend' from payments where order_id = $2
                   returning amount_minor, provider_refund
               ), entered as (
                   insert into ledger (order_id, kind, amount_minor, source, source_id)
                   select $2, 'refunded', amount_minor, 'stripe', provider_refund from refund
               )
               update orders set refunded_minor = 100 where id = $2";
    shop.admin.execute(sql, &[&refund, &order]).await.unwrap();
    (order, refund)
}

#[tokio::test]
async fn payments_and_refunds_are_shown_if_asked_for() {
    let shop = Shop::open().await;
    let (buyer, staff) = (shop.customer().await, shop.staff().await);
    let (order, refund) = refunded(&shop, &buyer).await;
    let api = api(&shop);
    let fetch = async |expand: &str, by: &User| {
        api.get(&format!("/v1/orders/{order}{expand}")).by(by).await
    };

    let plain = fetch("", &buyer).await;
    let payments = fetch("?expand=payments", &buyer).await;
    let both = fetch("?expand=payments,refunds", &buyer).await;
    let staff_view = fetch("?expand=refunds", &staff).await;

    assert_eq!((plain.body.get("payments"), plain.body.get("refunds")), (None, None));
    let paid = &payments.body["payments"][0];
    assert_eq!((&paid["status"], &paid["refunded"]["amount"]), (&json!("succeeded"), &json!(100)));
    assert_eq!(payments.body.get("refunds"), None);
    let given = &both.body["refunds"][0];
    assert_eq!((&given["id"], &given["payment"]), (&json!(refund), &paid["id"]));
    assert_eq!(given["reason"], Value::Null);
    assert_eq!(staff_view.body["refunds"][0]["reason"], "He is a friend");
    shop.check_invariants().await;
}

#[tokio::test]
async fn each_order_of_a_list_has_its_own() {
    let shop = Shop::open().await;
    let (buyer, stranger) = (shop.customer().await, shop.customer().await);
    let (one, of_one) = refunded(&shop, &buyer).await;
    let (other, of_other) = refunded(&shop, &buyer).await;
    refunded(&shop, &stranger).await;
    let product = shop.product(Product::any()).await;
    let unpaid = shop.order(&buyer, Order { product, quantity: 1 }).await;

    let page = api(&shop).get("/v1/orders?expand=refunds,payments&limit=3").by(&buyer).await;

    let rows: Vec<_> = page.body["data"].as_array().unwrap().iter().collect();
    let shown = |row: &Value| {
        let payments = row["payments"].as_array().unwrap().len();
        (row["id"].clone(), payments, row["refunds"][0]["id"].clone())
    };
    assert_eq!(
        rows.into_iter().map(shown).collect::<Vec<_>>(),
        [
            (json!(unpaid), 0, Value::Null),
            (json!(other), 1, json!(of_other)),
            (json!(one), 1, json!(of_one)),
        ]
    );
}

#[tokio::test]
async fn what_belongs_to_no_order_is_a_mistake() {
    let shop = Shop::open().await;
    let buyer = shop.customer().await;
    let (order, _) = refunded(&shop, &buyer).await;
    let api = api(&shop);

    for expand in ["buyer", "payments,", "", "payments,password_hash", "Payments"] {
        for path in [format!("/v1/orders/{order}"), "/v1/orders".to_owned()] {
            let response = api.get(&format!("{path}?expand={expand}")).by(&buyer).await;
            assert_eq!(response.refusal(), (400, "bad_query"), "{path} {expand:?}");
        }
    }
}

#[tokio::test]
async fn a_change_of_a_refund_changes_the_etag_of_its_order() {
    let shop = Shop::open().await;
    let buyer = shop.customer().await;
    let (order, _) = refunded(&shop, &buyer).await;
    let api = api(&shop);
    let path = format!("/v1/orders/{order}?expand=refunds");
    let first = api.get(&path).by(&buyer).await;
    let held = first.header("etag").unwrap();
    let again = async || api.get(&path).by(&buyer).header("if-none-match", held).await.status;

    let same = again().await;
    shop.run("update refunds set updated_at = now() + interval '1 second'").await;

    assert_eq!((same, again().await), (304, 200));
}
