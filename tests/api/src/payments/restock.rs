use super::refund::{Sale, euros};
use domain::money::{Currency, Money};
use domain::payments::refund::{self, RefundUpdate};
use domain::workflows;
use serde_json::{Value, json};
use stack::stripe::RefundStatus;
use testkit::send_all;

impl Sale {
    /// A sale whose three mugs were shipped.
    async fn shipped() -> Self {
        let sale = Self::paid().await;
        sale.fixture.shop.ship(sale.order).await;
        sale
    }

    /// The body of a refund of `quantity` mugs, `restock` of which go back to the stock.
    async fn refund_body(&self, quantity: i32, restock: i32) -> Value {
        let mug = "select 'prod_' || replace(id::text, '-', '') from products";
        let mug = self.fixture.shop.one::<String>(mug).await;
        json!({"lines": [{"product": mug, "quantity": quantity, "restock": restock}]})
    }

    async fn on_hand(&self) -> i32 {
        self.fixture.shop.one("select on_hand from products").await
    }

    async fn count(&self, rows: &str) -> i64 {
        self.fixture.shop.one(&format!("select count(*) from {rows}")).await
    }

    /// The newest refund fails at the bank after it had succeeded.
    async fn fail_refund(&self) {
        let provider = "select provider_refund from refunds order by id desc limit 1";
        let provider = self.fixture.shop.one::<String>(provider).await;
        self.fixture.stripe.update_refund(&provider, RefundStatus::Failed).unwrap();
        let minor = "select amount_minor from refunds order by id desc limit 1";
        let update = RefundUpdate {
            provider,
            intent: self.intent.clone(),
            refund: None,
            status: refund::RefundStatus::Failed,
            amount: Money { minor: self.fixture.shop.one(minor).await, currency: Currency::EUR },
            failure_reason: None,
            pending_reason: None,
            at: testkit::clock().now(),
        };
        workflows::apply_refund_update(&self.fixture.shop.db, &update).await.unwrap();
    }
}

#[tokio::test]
async fn what_comes_back_is_restocked_once_and_the_buyer_is_told() {
    let sale = Sale::shipped().await;
    assert_eq!(sale.on_hand().await, 7);
    let body = sale.refund_body(2, 1).await;

    let created = sale.refund("two mugs, one is whole", &body).await;
    let again = sale.refund("two mugs, one is whole", &body).await;

    assert_eq!((created.status, &created.body["amount"]), (201, &euros(2500)), "{}", created.body);
    assert_eq!(created.body["lines"][0]["restocked"], 1);
    assert_eq!(again.body, created.body);
    assert_eq!(sale.on_hand().await, 8);
    let returns = "stock_moves where source = 'return' and on_hand_delta = 1 and actor is not null";
    assert_eq!(sale.count(returns).await, 1);
    assert_eq!(sale.count("outbox where payload ->> 'type' = 'goods_returned'").await, 1);
    sale.fixture.shop.check_invariants().await;
    assert_eq!(domain::operations::check(&sale.fixture.shop.db).await.unwrap(), []);
}

#[tokio::test]
async fn a_refund_that_fails_later_leaves_its_goods_where_they_lie() {
    let sale = Sale::shipped().await;
    let body = sale.refund_body(3, 3).await;
    sale.refund("all of the three mugs", &body).await;

    sale.fail_refund().await;
    let twice = sale.refund("the mugs a second time", &body).await;
    let money_only = sale.refund("only the money again", &sale.refund_body(3, 0).await).await;

    assert_eq!(twice.refusal(), (422, "too_many_restocked"));
    assert_eq!(twice.body["left"], 0);
    assert_eq!(money_only.status, 201, "{}", money_only.body);
    assert_eq!((sale.on_hand().await, sale.refunded_amount().await), (10, 3750));
    sale.fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn goods_come_back_after_all_of_their_money_was_given_back() {
    let sale = Sale::shipped().await;
    let before = sale.refund("the mugs, before", &sale.refund_body(1, 0).await).await;
    let goodwill = sale.refund("the rest, by amount", &json!({"amount": euros(2000)})).await;
    let cut = sale.refund("a refund of the second mug", &sale.refund_body(1, 1).await).await;
    let body = sale.refund_body(1, 1).await;

    let nothing = sale.refund("a refund of the third mug", &body).await;
    let again = sale.refund("a refund of the third mug", &body).await;

    assert_eq!((before.status, goodwill.status), (201, 201));
    assert_eq!((cut.status, &cut.body["amount"]), (201, &euros(500)), "{}", cut.body);
    assert_eq!((nothing.status, &nothing.body["amount"]), (201, &euros(0)), "{}", nothing.body);
    assert_eq!(nothing.body["status"], "succeeded");
    assert_eq!(again.body, nothing.body);
    assert_eq!((sale.on_hand().await, sale.refunded_by_stripe()), (9, 3750));
    let empty = sale.refund("nothing of shipping", &json!({"shipping": true})).await;
    assert_eq!(empty.refusal(), (409, "nothing_left"));
    sale.fixture.shop.check_invariants().await;
    assert_eq!(domain::operations::check(&sale.fixture.shop.db).await.unwrap(), []);
}

#[tokio::test]
async fn pieces_whose_money_went_back_before_are_not_shipped_and_cost_nothing() {
    let sale = Sale::paid().await;
    sale.refund("everything, by amount", &json!({"amount": euros(3750)})).await;

    let nothing = sale.refund("a refund of one mug of it", &sale.refund_body(1, 0).await).await;

    assert_eq!((nothing.status, nothing.text("/status")), (201, "succeeded"), "{}", nothing.body);
    assert_eq!((nothing.body["amount"].clone(), sale.refunded_by_stripe()), (euros(0), 3750));
    assert_eq!(sale.fixture.shop.one::<i32>("select removed from order_lines").await, 1);
    sale.fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn ten_returns_at_once_bring_back_no_more_than_was_sold() {
    let sale = Sale::shipped().await;
    let body = sale.refund_body(1, 1).await;
    let keys: Vec<_> = (0..10).map(|n| format!("return number {n} of ten")).collect();

    let responses = send_all(keys.iter().map(|key| sale.refund(key, &body))).await;

    let taken = responses.iter().filter(|response| response.status == 201).count();
    assert_eq!((taken, sale.on_hand().await), (3, 10), "{responses:?}");
    sale.fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn only_goods_that_left_the_shop_come_back() {
    let sale = Sale::paid().await;
    let before = sale.fixture.shop.snapshot().await;

    let not_shipped = sale.refund("before it was shipped", &sale.refund_body(1, 1).await).await;
    let more_than_refunded =
        sale.refund("more than is refunded", &sale.refund_body(1, 2).await).await;

    assert_eq!(not_shipped.refusal(), (409, "not_shipped"));
    assert_eq!(not_shipped.body["order_status"], "confirmed");
    assert_eq!(more_than_refunded.refusal(), (422, "invalid_value"));
    assert_eq!(sale.fixture.shop.snapshot().await, before);
}

#[tokio::test]
async fn an_order_whose_goods_are_all_back_is_returned() {
    let sale = Sale::shipped().await;
    let orders = sale.fixture.orders_api();
    let path = format!("/v1/orders/{}", sale.order);
    let show = async || orders.get(&path).by(&sale.fixture.buyer).await;

    let shipped = show().await;
    sale.refund("the first two of them", &sale.refund_body(2, 2).await).await;
    let in_part = show().await;
    sale.refund("and the last of them", &sale.refund_body(1, 1).await).await;
    let back = show().await;

    assert_eq!(shipped.text("/fulfillment_status"), "fulfilled");
    assert_eq!(in_part.text("/fulfillment_status"), "fulfilled");
    assert_eq!(in_part.body["lines"][0]["returned"], 2);
    assert_ne!(shipped.header("etag"), in_part.header("etag"));
    assert_eq!(back.text("/fulfillment_status"), "returned");
    assert_eq!(back.text("/status"), "shipped");
}
