//! What is shown with an order if somebody asks for it.

use super::door;
use domain::id::{OrderId, RefundId};
use serde_json::{Value, json};
use testkit::{Order, Person, Product, Shop};

/// A paid order, of which 1.00 EUR went back.
async fn refunded(shop: &Shop, buyer: &Person) -> (OrderId, RefundId) {
    let product = shop.product(Product::any()).await;
    let order = shop.confirmed_order(buyer, Order { product, quantity: 1 }).await;
    let refund = RefundId::generate();
    let sql = "with given as (
                   insert into refunds (id, payment_id, provider_refund, amount_minor, status, origin, reason)
                   select $1, id, 're_' || gen_random_uuid(), 100, 'succeeded', 'api', 'He is a friend' from payments where order_id = $2
                   returning amount_minor, provider_refund
               ), entered as (
                   insert into ledger (order_id, kind, amount_minor, source, source_id)
                   select $2, 'refunded', amount_minor, 'stripe', provider_refund from given
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
    let door = door(&shop);
    let look = async |expand: &str, by: &Person| {
        door.get(&format!("/v1/orders/{order}{expand}")).by(by).await
    };

    let plain = look("", &buyer).await;
    let payments = look("?expand=payments", &buyer).await;
    let both = look("?expand=payments,refunds", &buyer).await;
    let for_staff = look("?expand=refunds", &staff).await;

    assert_eq!((plain.body.get("payments"), plain.body.get("refunds")), (None, None));
    let paid = &payments.body["payments"][0];
    assert_eq!((&paid["status"], &paid["refunded"]["amount"]), (&json!("succeeded"), &json!(100)));
    assert_eq!(payments.body.get("refunds"), None);
    let given = &both.body["refunds"][0];
    assert_eq!((&given["id"], &given["payment"]), (&json!(refund), &paid["id"]));
    assert_eq!(given["reason"], Value::Null);
    assert_eq!(for_staff.body["refunds"][0]["reason"], "He is a friend");
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

    let page = door(&shop).get("/v1/orders?expand=refunds,payments&limit=3").by(&buyer).await;

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
    let door = door(&shop);

    for expand in ["buyer", "payments,", "", "payments,password_hash", "Payments"] {
        for path in [format!("/v1/orders/{order}"), "/v1/orders".to_owned()] {
            let answer = door.get(&format!("{path}?expand={expand}")).by(&buyer).await;
            assert_eq!(answer.refusal(), (400, "bad_query"), "{path} {expand:?}");
        }
    }
}

#[tokio::test]
async fn news_of_a_refund_make_another_view() {
    let shop = Shop::open().await;
    let buyer = shop.customer().await;
    let (order, _) = refunded(&shop, &buyer).await;
    let door = door(&shop);
    let path = format!("/v1/orders/{order}?expand=refunds");
    let first = door.get(&path).by(&buyer).await;
    let held = first.header("etag").unwrap();
    let again = async || door.get(&path).by(&buyer).header("if-none-match", held).await.status;

    let same = again().await;
    shop.run("update refunds set updated_at = now() + interval '1 second'").await;

    assert_eq!((same, again().await), (304, 200));
}
