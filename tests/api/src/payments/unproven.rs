//! How buyers who have not verified their address pay.

use super::Fixture;
use axum::http::Method;
use domain::id::OrderId;

impl Fixture {
    async fn open_for_unproven(offers_vouchers: bool) -> Self {
        let fixture = Self::open_with_vouchers(offers_vouchers).await;
        fixture.shop.run("update users set email_verified_at = null").await;
        fixture
    }

    /// As if the order had been placed, and its stock were held, that much earlier.
    async fn pass(&self, minutes: i32) {
        let sql = format!(
            "alter table orders disable trigger user;
             update orders set created_at = created_at - interval '{minutes} minutes',
                               expires_at = expires_at - interval '{minutes} minutes';
             alter table orders enable trigger user;"
        );
        self.shop.admin.batch_execute(&sql).await.unwrap();
    }

    /// For how many minutes the stock is held from the order on.
    async fn held_minutes(&self) -> i64 {
        let sql =
            "select round(extract(epoch from expires_at - created_at) / 60)::int8 from orders";
        self.shop.one(sql).await
    }

    /// The payment that was started last fails for good.
    async fn give_up(&self, order: OrderId) {
        let sql = "update payments set status = 'failed' where order_id = $1";
        self.shop.admin.execute(sql, &[&order]).await.unwrap();
    }
}

#[tokio::test]
async fn paying_holds_the_stock_for_as_long_as_stripe_needs_and_for_an_hour_at_most() {
    let fixture = Fixture::open_for_unproven(false).await;
    let order = fixture.order(1999).await;
    fixture.shop.run("update orders set expires_at = created_at + interval '15 minutes'").await;

    assert_eq!(fixture.check_out(order).await.status, 200);
    assert_eq!(fixture.held_minutes().await, 35);
    fixture.pass(20).await;
    fixture.give_up(order).await;
    assert_eq!(fixture.check_out(order).await.status, 200);
    assert_eq!(fixture.held_minutes().await, 55);
    fixture.pass(30).await;
    fixture.give_up(order).await;
    assert_eq!(fixture.pay(order).await.status, 200);

    assert_eq!(fixture.held_minutes().await, 60);
}

#[tokio::test]
async fn an_order_is_paid_at_the_third_try_or_not_at_all() {
    let fixture = Fixture::open_for_unproven(false).await;
    let order = fixture.order(1999).await;
    for _ in 0..3 {
        assert_eq!(fixture.pay(order).await.status, 200);
        fixture.give_up(order).await;
    }

    let fourth = fixture.pay(order).await;

    assert_eq!(fourth.refusal(), (409, "too_many_payments"), "{}", fourth.body);
    assert_eq!(fourth.body["most"], 3);
    fixture.shop.run("update users set email_verified_at = now()").await;
    let path = format!("/v1/orders/{order}/payment-intent");
    assert_eq!(fixture.api.call(Method::POST, &path).by(&fixture.buyer).await.status, 200);
}

#[tokio::test]
async fn no_voucher_holds_the_stock_for_days_also_if_the_request_is_repeated_after_the_proof() {
    let fixture = Fixture::open_for_unproven(true).await;
    let order = fixture.order(1999).await;
    fixture.pay(order).await;
    // Stripe's answer was lost.
    fixture.shop.run("update payments set status = 'creating', provider_pi = null").await;
    fixture.shop.run("update users set email_verified_at = now()").await;

    let again = fixture.pay(order).await;
    fixture.check_out(fixture.order(1999).await).await;

    assert_eq!(again.status, 200, "{}", again.body);
    let excluded = fixture.stripe.calls().into_iter().map(|call| {
        call.parameters.iter().filter(|(name, _)| name.starts_with("excluded_")).count()
    });
    assert_eq!(excluded.collect::<Vec<_>>(), [6, 6, 1]);
    fixture.audit().await;
}
