//! Our books against Stripe's. No webhook reaches this shop.

mod asking;
mod healing;
mod long;
mod same_second;

use domain::accounts::Role;
use domain::id::OrderId;
use lambda::dead_letters::DeadLetters;
use lambda::dispatch::Dispatch;
use operations::Operations;
use payments::Payments;
use reconcile::{Reconcile, Report};
use serde_json::Value;
use stack::stripe::{Card, StandIn};
use testkit::{Answer, Door, Order, Person, Product, Shop};

struct Books {
    shop: Shop,
    stripe: StandIn,
    reconcile: Reconcile,
    payments: Door,
    office: Door,
    buyer: Person,
    admin: Person,
}

impl Books {
    async fn open() -> Self {
        let shop = Shop::open().await;
        let (stand_in, stripe) = testkit::stripe().await;
        let dispatch = Dispatch::later();
        let (db, app) = (shop.db.clone(), shop.app());
        let office = Operations { app: shop.app(), dead_letters: DeadLetters::none() };
        Self {
            reconcile: Reconcile { db, dispatch: dispatch.clone(), stripe: stripe.clone().into() },
            payments: Door::new(
                payments::routes(),
                Payments { app, dispatch, stripe: stripe.into() },
            ),
            office: Door::new(operations::routes(), office),
            buyer: shop.customer().await,
            admin: shop.person(Role::Admin).await,
            stripe: stand_in,
            shop,
        }
    }

    /// A pending order over 19.99 EUR.
    async fn order(&self) -> OrderId {
        let product = self.shop.product(Product { price: 1999, ..Product::any() }).await;
        self.shop.order(&self.buyer, Order { product, quantity: 1 }).await
    }

    /// The buyer asks for an intent.
    async fn ask_to_pay(&self, order: OrderId) -> Answer {
        let path = format!("/v1/orders/{order}/payment-intent");
        self.payments.call(axum::http::Method::POST, &path).by(&self.buyer).await
    }

    /// An order that is paid at Stripe, of which we were not told, and Stripe's id of its payment.
    async fn paid_in_silence(&self) -> (OrderId, String) {
        let order = self.order().await;
        let intent = self.ask_to_pay(order).await.text("/stripe_payment_intent").to_owned();
        self.stripe.pay(&intent, Card::Visa).unwrap();
        (order, intent)
    }

    /// All books agree, ours and Stripe's and what was answered.
    async fn hold(&self) {
        let books = self.shop.books().with_stripe(&self.stripe);
        books.with_answers(self.payments.notes()).with_answers(self.office.notes()).hold().await;
    }

    /// An hour later.
    async fn next_run(&self) -> Report {
        self.an_hour_later().await;
        self.reconcile.tick().await.unwrap()
    }

    async fn an_hour_later(&self) {
        let sql = "update reconciliations set started_at = started_at - interval '1 hour 1 second',
                                              leased_until = leased_until - interval '1 hour'";
        self.shop.run(sql).await;
    }

    /// What the newest comparison found: what, about whom, and whether it is healed.
    async fn findings(&self) -> Vec<(String, String, bool)> {
        let list = self.office.get("/v1/ops/reconciliations?limit=1").by(&self.admin).await;
        let path = format!("/v1/ops/reconciliations/{}", list.text("/data/0/id"));
        let shown = self.office.get(&path).by(&self.admin).await;
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
