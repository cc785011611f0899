//! A cancelled order gives back the discounts that it used.

use domain::id::{DiscountId, OrderId};
use serde_json::Value;
use testkit::{Order, Product, Shop, User};

const BUYER: &str = "decode(repeat('ab', 32), 'hex')";

/// A pending order that has used a discount.
async fn discounted(shop: &Shop, buyer: &User, discount: DiscountId) -> OrderId {
    let product = shop.product(Product::any()).await;
    let order = shop.order(buyer, Order { product, quantity: 1 }).await;
    shop.admin
        .batch_execute(
            "begin; set local session_replication_role = replica;
             update orders set discount_minor = 100, total_minor = total_minor - 100;
             update order_lines set discount_minor = 100; commit",
        )
        .await
        .unwrap();
    let sql = format!(
        "with counted as (update discounts set used = used + 1 where id = $1 and max_uses is not null)
         insert into discount_uses (discount_id, order_id, title, target, amount_minor, buyer, nth)
         values ($1, $2, 'Sale', 'order', 100, {BUYER}, 1)"
    );
    shop.admin.execute(&sql, &[&discount, &order]).await.unwrap();
    order
}

const CANCEL: &str = "update orders set status = 'cancelled', expires_at = null, cancelled_at = now(), \
                      cancel_reason = 'requested'";
const STATE: &str = "select used || ' ' || (select count(*) from discount_uses where released_at is null) from discounts";

#[tokio::test]
async fn a_use_is_given_back_once_whoever_cancels_the_order() {
    let shop = Shop::open().await;
    let buyer = shop.customer().await;
    let discount = DiscountId::generate();
    let limited =
        "insert into discounts (id, title, code, target, kind, percent_bp, max_uses, max_per_buyer)
                   values ($1, 'Sale', 'SALE', 'order', 'percent', 1000, 5, 1)";
    shop.admin.execute(limited, &[&discount]).await.unwrap();
    discounted(&shop, &buyer, discount).await;
    assert_eq!(shop.one::<String>(STATE).await, "1 1");
    let used = format!(
        "select (pricing_rules('DE', '', '{{\"\"}}', '{{SALE}}', 'EUR', {BUYER}) #> '{{discounts,0}}')::text"
    );
    let rule: Value = serde_json::from_str(&shop.one::<String>(&used).await).unwrap();
    assert_eq!((rule["used"].as_i64(), rule["used_by_buyer"].as_i64()), (Some(1), Some(1)));

    let functions = shop.connect_as_app_rw().await;
    functions.batch_execute(CANCEL).await.unwrap();
    functions.batch_execute("update orders set note = 'again'").await.unwrap();

    assert_eq!(shop.one::<String>(STATE).await, "0 0");
    let rule: Value = serde_json::from_str(&shop.one::<String>(&used).await).unwrap();
    assert_eq!((rule["used"].as_i64(), rule["used_by_buyer"].as_i64()), (Some(0), Some(0)));
}

#[tokio::test]
async fn an_unlimited_discount_is_not_counted() {
    let shop = Shop::open().await;
    let buyer = shop.customer().await;
    let discount = shop.percent_off(Some("SALE"), 1000).await;
    discounted(&shop, &buyer, discount).await;

    shop.run(CANCEL).await;

    assert_eq!(shop.one::<String>(STATE).await, "0 0");
}
