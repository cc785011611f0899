use super::Fixture;
use domain::id::OrderId;
use serde_json::{Value, json};
use stack::stripe::{Card, DisputeOptions};
use testkit::{Order, Product, Response};

impl Fixture {
    /// A confirmed order over 1.990 KWD, a currency of which Stripe moves steps of 10, and the answer that started its
    /// payment.
    async fn sell_for_dinars(&self) -> (OrderId, Response) {
        let product = Product { price: 1990, currency: "KWD", ..Product::any() };
        let product = self.shop.product(product).await;
        let order = self.shop.order(&self.buyer, Order { product, quantity: 1 }).await;
        let paying = self.pay(order).await;
        assert_eq!(paying.status, 200, "{}", paying.body);
        self.stripe.pay(paying.text("/stripe_payment_intent"), Card::Visa).unwrap();
        // Reads the payment from Stripe, as the webhook would report it.
        self.pay(order).await;
        (order, paying)
    }
}

fn dinars(minor: i64) -> Value {
    json!({"amount": minor, "currency": "KWD"})
}

#[tokio::test]
async fn money_goes_back_by_whole_steps_of_its_currency() {
    let fixture = Fixture::open().await;
    let staff = fixture.shop.staff().await;
    let (_, paying) = fixture.sell_for_dinars().await;
    let path = format!("/v1/payments/{}/refunds", paying.text("/payment"));
    let refund = |key, minor| {
        let body = json!({"amount": dinars(minor)});
        fixture.api.post(&path, &body).by(&staff).key(key)
    };
    let before = fixture.shop.snapshot().await;

    let between = refund("a key of nineteen..", 995).await;

    assert_eq!(between.refusal(), (422, "amount_off_step"));
    assert_eq!(between.body["step"], dinars(10));
    assert_eq!(fixture.shop.snapshot().await, before);
    let whole = refund("a key of nineteen..", 990).await;
    assert_eq!((whole.status, &whole.body["amount"]), (201, &dinars(990)), "{}", whole.body);
    let refunded: Vec<_> = fixture.stripe.ledger().iter().map(|line| line.refunded).collect();
    assert_eq!(refunded, [990]);
    fixture.audit().await;
}

#[tokio::test]
async fn a_cancelled_order_gives_back_whole_steps_of_what_a_bank_left() {
    let fixture = Fixture::open().await;
    let staff = fixture.shop.staff().await;
    let (order, paying) = fixture.sell_for_dinars().await;
    let part = DisputeOptions { amount: Some(5), ..Default::default() };
    fixture.stripe.open_dispute_with(paying.text("/stripe_payment_intent"), part).unwrap();
    fixture.receive_dispute_events().await;

    let path = format!("/v1/orders/{order}/cancel");
    let cancelled = fixture.orders_api().post(&path, &json!({})).by(&staff).await;

    assert_eq!(cancelled.status, 200, "{}", cancelled.body);
    let refunds = "select string_agg(status || ' ' || amount_minor, ', ') from refunds";
    assert_eq!(fixture.shop.one::<String>(refunds).await, "requested 1980");
    fixture.shop.check_invariants().await;
}
