//! The sweep: expired orders, stored Stripe events, due refunds, unsent messages, and retention.

mod checkout_session;
mod expired_orders;
mod late_payments;
mod missing_payments;
mod paid_sessions;
mod races;
mod retention;
mod slow_stripe;
mod stripe_events;
mod surplus_payments;
mod thin_events;
mod vouchers;

use domain::id::OrderId;
use lambda::dead_letters::DeadLetters;
use lambda::dispatcher::OutboxDispatcher;
use payments::Payments;
use serde_json::Value;
use stack::stripe::StandIn;
use sweep::{Report, Sweep};
use testkit::{ApiClient, Order, Product, Response, Shop, User};

/// A shop with one customer, the sweep and a Stripe stand-in.
struct Fixture {
    shop: Shop,
    stripe: StandIn,
    sweep: Sweep,
    payments: ApiClient,
    buyer: User,
}

impl Fixture {
    async fn open() -> Self {
        Self::open_with_vouchers(false).await
    }

    /// As [`Self::open`]; buyers may pay by voucher if the shop offers it.
    async fn open_with_vouchers(offers_vouchers: bool) -> Self {
        let shop = Shop::open().await;
        let (stand_in, stripe) = testkit::stripe().await;
        let stripe = stripe.with_vouchers(offers_vouchers);
        let (app, dispatcher) = (shop.app(), OutboxDispatcher::deferred());
        let sweep = Sweep {
            time: sweep::ROUND,
            live: false,
            db: shop.db.clone(),
            dispatcher: dispatcher.clone(),
            stripe: stripe.clone().into(),
            dead_letters: DeadLetters::none(),
        };
        let payments =
            ApiClient::new(payments::routes(), Payments { app, dispatcher, stripe: stripe.into() });
        let buyer = shop.customer().await;
        Self { shop, stripe: stand_in, sweep, payments, buyer }
    }

    /// A round in which nothing fails.
    async fn round(&self) -> Report {
        self.sweep.round().await.unwrap()
    }

    /// A pending order over 19.99 EUR, for one of five pieces.
    async fn order(&self) -> OrderId {
        let product = self.shop.product(Product { price: 1999, stock: 5, ..Product::any() }).await;
        self.shop.order(&self.buyer, Order { product, quantity: 1 }).await
    }

    /// The buyer asks for a PaymentIntent.
    async fn start_payment(&self, order: OrderId) -> Response {
        let path = format!("/v1/orders/{order}/payment-intent");
        self.payments.call(axum::http::Method::POST, &path).by(&self.buyer).await
    }

    /// A pending order with an unpaid PaymentIntent, and the id of that.
    async fn open_payment(&self) -> (OrderId, String) {
        let order = self.order().await;
        let response = self.start_payment(order).await;
        assert_eq!(response.status, 200, "{}", response.body);
        (order, response.text("/stripe_payment_intent").to_owned())
    }

    /// Every pending order has expired.
    async fn expire_orders(&self) {
        let sql = "update orders set expires_at = now() - interval '1 second', close_at = now()
                   where status = 'pending'";
        self.shop.run(sql).await;
    }

    /// The buyer has asked to cancel every pending order.
    async fn request_cancellations(&self) {
        let sql = "update orders set cancel_requested_at = now(), cancel_reason = 'requested', close_at = now()
                   where status = 'pending'";
        self.shop.run(sql).await;
    }

    /// Whatever waits for another try is due now.
    async fn make_retries_due(&self) {
        self.shop.run("update orders set close_at = now()").await;
        self.shop.run("update refunds set next_try_at = now()").await;
        self.shop.run("update stripe_events set next_try_at = now()").await;
    }

    /// An order in one line: status and amounts; then its payments, refunds, emails and stock.
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

    /// An event that was stored but not applied, as after a crash.
    async fn store_event(&self, event: &Value) {
        let sql = "insert into stripe_events (event_id, type, object_id, created, livemode, raw)
                   values ($1, $2, $3, to_timestamp(1800000000), false, $4)";
        let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str);
        let raw = event.to_string().into_bytes();
        let (id, kind, object) = (text("/id"), text("/type"), text("/data/object/id"));
        self.shop.admin.execute(sql, &[&id, &kind, &object, &raw]).await.unwrap();
    }

    /// How many calls of Stripe contain `call`.
    fn count_calls(&self, call: &str) -> usize {
        self.stripe.calls().iter().filter(|called| called.call.contains(call)).count()
    }
}
