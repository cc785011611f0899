//! Reconciliation of our payments, refunds and disputes with Stripe's. No webhook is delivered here.

mod disputes;
mod findings;
mod gone_refunds;
mod records;
mod resume;
mod same_second;
mod scheduling;
mod single_failures;

use domain::accounts::Role;
use domain::id::OrderId;
use lambda::dead_letters::DeadLetters;
use lambda::dispatcher::OutboxDispatcher;
use operations::Operations;
use payments::Payments;
use reconcile::{Reconcile, Report};
use serde_json::Value;
use stack::stripe::{Card, StandIn};
use testkit::{ApiClient, Order, Product, Response, Shop, User};

struct Fixture {
    shop: Shop,
    stripe: StandIn,
    reconcile: Reconcile,
    payments: ApiClient,
    operations: ApiClient,
    buyer: User,
    admin: User,
}

impl Fixture {
    async fn open() -> Self {
        let shop = Shop::open().await;
        let (stand_in, stripe) = testkit::stripe().await;
        let dispatcher = OutboxDispatcher::deferred();
        let (db, app) = (shop.db.clone(), shop.app());
        let operations = Operations { app: shop.app(), dead_letters: DeadLetters::none() };
        Self {
            reconcile: Reconcile {
                db,
                dispatcher: dispatcher.clone(),
                stripe: stripe.clone().into(),
            },
            payments: ApiClient::new(
                payments::routes(),
                Payments { app, dispatcher, stripe: stripe.into() },
            ),
            operations: ApiClient::new(operations::routes(), operations),
            buyer: shop.customer().await,
            admin: shop.user(Role::Admin).await,
            stripe: stand_in,
            shop,
        }
    }

    /// A pending order over 19.99 EUR.
    async fn order(&self) -> OrderId {
        let product = self.shop.product(Product { price: 1999, ..Product::any() }).await;
        self.shop.order(&self.buyer, Order { product, quantity: 1 }).await
    }

    /// The buyer asks for a PaymentIntent.
    async fn start_payment(&self, order: OrderId) -> Response {
        let path = format!("/v1/orders/{order}/payment-intent");
        self.payments.call(axum::http::Method::POST, &path).by(&self.buyer).await
    }

    /// An order that is paid at Stripe without our knowing, and the id of its PaymentIntent.
    async fn paid_without_webhook(&self) -> (OrderId, String) {
        let order = self.order().await;
        let intent = self.start_payment(order).await.text("/stripe_payment_intent").to_owned();
        self.stripe.pay(&intent, Card::Visa).unwrap();
        (order, intent)
    }

    /// Fails unless our records agree with each other, with Stripe's and with the responses.
    async fn audit(&self) {
        let audit = self.shop.audit().with_stripe(&self.stripe);
        audit
            .with_exchanges(self.payments.exchanges())
            .with_exchanges(self.operations.exchanges())
            .assert_holds()
            .await;
    }

    /// The next hourly run, in which nothing fails.
    async fn next_run(&self) -> Report {
        self.an_hour_later().await;
        self.reconcile.tick().await.unwrap()
    }

    /// Moves the last run an hour into the past.
    async fn an_hour_later(&self) {
        let sql = "update reconciliations set started_at = started_at - interval '1 hour 1 second',
                                              leased_until = leased_until - interval '1 hour'";
        self.shop.run(sql).await;
    }

    /// The findings of the newest run: kind, subject, and whether it is healed.
    async fn findings(&self) -> Vec<(String, String, bool)> {
        let list = self.operations.get("/v1/ops/reconciliations?limit=1").by(&self.admin).await;
        let path = format!("/v1/ops/reconciliations/{}", list.text("/data/0/id"));
        let shown = self.operations.get(&path).by(&self.admin).await;
        assert_eq!(shown.status, 200, "{}", shown.body);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let finding = |one: &Value| {
            (text(&one["kind"]), text(&one["subject"]), one["healed"].as_bool().unwrap())
        };
        shown.body["findings"].as_array().unwrap().iter().map(finding).collect()
    }

    async fn status(&self, order: OrderId) -> String {
        let sql = "select status from orders where id = $1";
        self.shop.admin.query_one(sql, &[&order]).await.unwrap().get(0)
    }
}
