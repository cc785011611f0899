mod checkout;
mod events;
mod late_money;
mod orders;
mod retention;
mod together;

use domain::id::OrderId;
use lambda::dead_letters::DeadLetters;
use lambda::dispatch::Dispatch;
use payments::Payments;
use serde_json::Value;
use stack::stripe::StandIn;
use sweep::{Report, Sweep};
use testkit::{Answer, Door, Order, Person, Product, Shop};

/// A shop at night: nobody is there but the sweep, and Stripe.
struct Night {
    shop: Shop,
    stripe: StandIn,
    sweep: Sweep,
    payments: Door,
    buyer: Person,
}

impl Night {
    async fn fall() -> Self {
        let shop = Shop::open().await;
        let (stand_in, stripe) = testkit::stripe().await;
        let (app, dispatch) = (shop.app(), Dispatch::later());
        let sweep = Sweep {
            db: shop.db.clone(),
            dispatch: dispatch.clone(),
            stripe: stripe.clone().into(),
            dead_letters: DeadLetters::none(),
        };
        let payments =
            Door::new(payments::routes(), Payments { app, dispatch, stripe: stripe.into() });
        let buyer = shop.customer().await;
        Self { shop, stripe: stand_in, sweep, payments, buyer }
    }

    /// A round in which nothing fails.
    async fn round(&self) -> Report {
        self.sweep.round().await.unwrap()
    }

    /// A pending order over 19.99 EUR, with one of five pieces.
    async fn order(&self) -> OrderId {
        let product = self.shop.product(Product { price: 1999, stock: 5, ..Product::any() }).await;
        self.shop.order(&self.buyer, Order { product, quantity: 1 }).await
    }

    /// The buyer asks for an intent.
    async fn ask_to_pay(&self, order: OrderId) -> Answer {
        let path = format!("/v1/orders/{order}/payment-intent");
        self.payments.call(axum::http::Method::POST, &path).by(&self.buyer).await
    }

    /// A pending order with an intent at Stripe that nobody has paid yet, and the intent's id.
    async fn opened(&self) -> (OrderId, String) {
        let order = self.order().await;
        let answer = self.ask_to_pay(order).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        (order, answer.text("/stripe_payment_intent").to_owned())
    }

    /// The time of every pending order is over.
    async fn expire(&self) {
        let sql = "update orders set expires_at = now() - interval '1 second', close_at = now()
                   where status = 'pending'";
        self.shop.run(sql).await;
    }

    /// The buyer wants every pending order cancelled.
    async fn ask_to_cancel(&self) {
        let sql = "update orders set cancel_requested_at = now(), cancel_reason = 'requested', close_at = now()
                   where status = 'pending'";
        self.shop.run(sql).await;
    }

    /// Time goes by: what waits for another try is due.
    async fn wait(&self) {
        self.shop.run("update orders set close_at = now()").await;
        self.shop.run("update refunds set next_try_at = now()").await;
        self.shop.run("update stripe_events set next_try_at = now()").await;
    }

    /// What became of an order, in one line: its status and money, its payment, refunds and mails.
    async fn state(&self, order: OrderId) -> String {
        let sql = "
            select concat_ws(' | ',
                (select concat_ws(' ', status, captured_minor, refunded_minor, cancel_reason) from orders where id = $1),
                (select string_agg(status, ' ' order by id) from payments where order_id = $1),
                (select string_agg(origin || ' ' || r.status || ' ' || r.amount_minor, ' ')
                 from refunds r join payments p on p.id = r.payment_id where p.order_id = $1),
                (select string_agg(split_part(dedupe_key, ':', 1), ' ' order by id)
                 from outbox where split_part(dedupe_key, ':', 2) = $2),
                (select on_hand || '-' || reserved from products p join order_lines l on l.product_id = p.id
                 where l.order_id = $1))";
        let row = self.shop.admin.query_one(sql, &[&order, &order.to_string()]).await.unwrap();
        row.get(0)
    }

    /// Leaves an event as a crash would between keeping it and acting on it.
    async fn leave(&self, event: &Value) {
        let sql = "insert into stripe_events (event_id, type, object_id, created, livemode, raw)
                   values ($1, $2, $3, to_timestamp(1800000000), false, $4)";
        let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str);
        let raw = event.to_string().into_bytes();
        let (id, kind, object) = (text("/id"), text("/type"), text("/data/object/id"));
        self.shop.admin.execute(sql, &[&id, &kind, &object, &raw]).await.unwrap();
    }

    /// How often Stripe was asked for what contains `call`.
    fn asked(&self, call: &str) -> usize {
        self.stripe.calls().iter().filter(|called| called.call.contains(call)).count()
    }
}
