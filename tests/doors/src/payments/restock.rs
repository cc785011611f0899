use super::refund::{Sale, euros};
use domain::money::{Currency, Money};
use domain::payment::refund::{self, RefundTold};
use serde_json::{Value, json};
use stack::stripe::RefundStatus;
use testkit::all;

impl Sale {
    /// The three mugs left the shop.
    async fn sent() -> Self {
        let sale = Self::made().await;
        sale.till.shop.ship(sale.order).await;
        sale
    }

    /// A refund of so many mugs, of which so many are back.
    async fn mugs(&self, quantity: i32, restock: i32) -> Value {
        let mug = "select 'prod_' || replace(id::text, '-', '') from products";
        let mug = self.till.shop.one::<String>(mug).await;
        json!({"lines": [{"product": mug, "quantity": quantity, "restock": restock}]})
    }

    async fn on_hand(&self) -> i32 {
        self.till.shop.one("select on_hand from products").await
    }

    async fn count(&self, rows: &str) -> i64 {
        self.till.shop.one(&format!("select count(*) from {rows}")).await
    }

    /// The bank sends the newest refund back.
    async fn fails_later(&self) {
        let provider = "select provider_refund from refunds order by id desc limit 1";
        let provider = self.till.shop.one::<String>(provider).await;
        self.till.stripe.update_refund(&provider, RefundStatus::Failed).unwrap();
        let minor = "select amount_minor from refunds order by id desc limit 1";
        let told = RefundTold {
            provider,
            intent: self.intent.clone(),
            refund: None,
            status: refund::RefundStatus::Failed,
            amount: Money { minor: self.till.shop.one(minor).await, currency: Currency::EUR },
            at: testkit::clock().now(),
        };
        refund::hear(&self.till.shop.db, &told).await.unwrap();
    }
}

#[tokio::test]
async fn what_comes_back_lies_on_the_shelf_once_and_the_buyer_is_told() {
    let sale = Sale::sent().await;
    assert_eq!(sale.on_hand().await, 7);
    let wish = sale.mugs(2, 1).await;

    let created = sale.refund("two mugs, one is whole", &wish).await;
    let again = sale.refund("two mugs, one is whole", &wish).await;

    assert_eq!((created.status, &created.body["amount"]), (201, &euros(2500)), "{}", created.body);
    assert_eq!(created.body["lines"][0]["restocked"], 1);
    assert_eq!(again.body, created.body);
    assert_eq!(sale.on_hand().await, 8);
    let moved = "stock_moves where source = 'return' and on_hand_delta = 1 and actor is not null";
    assert_eq!(sale.count(moved).await, 1);
    assert_eq!(sale.count("outbox where payload ->> 'type' = 'goods_returned'").await, 1);
    sale.till.shop.check_invariants().await;
    assert_eq!(domain::operations::check(&sale.till.shop.db).await.unwrap(), []);
}

#[tokio::test]
async fn a_refund_that_fails_later_leaves_its_goods_where_they_lie() {
    let sale = Sale::sent().await;
    let wish = sale.mugs(3, 3).await;
    sale.refund("all of the three mugs", &wish).await;

    sale.fails_later().await;
    let twice = sale.refund("the mugs a second time", &wish).await;
    let money_only = sale.refund("only the money again", &sale.mugs(3, 0).await).await;

    assert_eq!(twice.refusal(), (422, "too_many_restocked"));
    assert_eq!(twice.body["left"], 0);
    assert_eq!(money_only.status, 201, "{}", money_only.body);
    assert_eq!((sale.on_hand().await, sale.given_back().await), (10, 3750));
    sale.till.shop.check_invariants().await;
}

#[tokio::test]
async fn ten_returns_at_once_bring_back_no_more_than_was_sold() {
    let sale = Sale::sent().await;
    let wish = sale.mugs(1, 1).await;
    let keys: Vec<_> = (0..10).map(|n| format!("return number {n} of ten")).collect();

    let answers = all(keys.iter().map(|key| sale.refund(key, &wish))).await;

    let taken = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!((taken, sale.on_hand().await), (3, 10), "{answers:?}");
    sale.till.shop.check_invariants().await;
}

#[tokio::test]
async fn only_goods_that_left_the_shop_come_back() {
    let sale = Sale::made().await;
    let before = sale.till.shop.snapshot().await;

    let not_sent = sale.refund("before it was shipped", &sale.mugs(1, 1).await).await;
    let more_than_refunded = sale.refund("more than is refunded", &sale.mugs(1, 2).await).await;

    assert_eq!(not_sent.refusal(), (409, "not_shipped"));
    assert_eq!(not_sent.body["order_status"], "confirmed");
    assert_eq!(more_than_refunded.refusal(), (422, "invalid_value"));
    assert_eq!(sale.till.shop.snapshot().await, before);
}

#[tokio::test]
async fn an_order_whose_goods_are_all_back_is_returned() {
    let sale = Sale::sent().await;
    let orders = sale.till.orders();
    let path = format!("/v1/orders/{}", sale.order);
    let show = async || orders.get(&path).by(&sale.till.buyer).await;

    let sent = show().await;
    sale.refund("the first two of them", &sale.mugs(2, 2).await).await;
    let in_part = show().await;
    sale.refund("and the last of them", &sale.mugs(1, 1).await).await;
    let back = show().await;

    assert_eq!(sent.text("/fulfillment_status"), "fulfilled");
    assert_eq!(in_part.text("/fulfillment_status"), "fulfilled");
    assert_eq!(in_part.body["lines"][0]["returned"], 2);
    assert_ne!(sent.header("etag"), in_part.header("etag"));
    assert_eq!(back.text("/fulfillment_status"), "returned");
    assert_eq!(back.text("/status"), "shipped");
}
