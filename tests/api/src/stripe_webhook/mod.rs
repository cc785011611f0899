//! The Stripe webhook: which events are accepted, and what each of them changes.

mod checkout_session;
mod disputed_money;
mod disputes;
mod effects;
mod event_types;
mod failed_payments;
mod foreign_events;
mod fraud_warnings;
mod permutations;
mod refunds;
mod signature;
mod unexpected_events;
mod unreadable_bodies;

use domain::db::Db;
use domain::id::OrderId;
use domain::{payments, workflows};
use lambda::dispatcher::OutboxDispatcher;
use serde_json::Value;
use stripe_gateway::webhook::SigningSecrets;
use stripe_webhook::Webhook;
use testkit::{ApiClient, Intent, Order, Product, Shop, WEBHOOK_SECRET};

pub(crate) fn api(shop: &Shop) -> ApiClient {
    api_with(shop.db.clone(), WEBHOOK_SECRET)
}

/// The webhook with these signing secrets, as `STRIPE_WEBHOOK_SECRETS` lists them.
fn api_with(db: Db, secrets: &str) -> ApiClient {
    let webhook = Webhook {
        db,
        clock: testkit::clock(),
        dispatcher: OutboxDispatcher::deferred(),
        secrets: SigningSecrets::parse(secrets).unwrap().into(),
        live: false,
    };
    ApiClient::new(stripe_webhook::routes(), webhook)
}

/// A pending order over 19.99 EUR with an unpaid PaymentIntent.
async fn ordered(shop: &Shop) -> (OrderId, Intent) {
    let product = shop.product(Product { price: 1999, stock: 5, ..Product::any() }).await;
    let order = shop.order(&shop.customer().await, Order { product, quantity: 1 }).await;
    (order, shop.payment(order).await)
}

/// Delivers an event, and expects the response 200.
async fn deliver(api: &ApiClient, event: &Value) {
    let response = api.stripe_event(event).await;
    assert_eq!(
        (response.status, &response.body["received"]),
        (200, &true.into()),
        "{}",
        response.body
    );
}

/// An order in one line: status and amounts; then its payments, ledger, refunds, emails and stock.
async fn state(shop: &Shop, order: OrderId) -> String {
    let sql = "
        select concat_ws(' | ',
            (select concat_ws(' ', status, captured_minor, refunded_minor, cancel_reason) from orders where id = $1),
            (select string_agg(status, ' ') from payments where order_id = $1),
            (select string_agg(kind || ' ' || amount_minor, ' ' order by entry_id) from ledger where order_id = $1),
            (select string_agg(origin || ' ' || r.status || ' ' || r.amount_minor, ' ')
             from refunds r join payments p on p.id = r.payment_id where p.order_id = $1),
            (select string_agg(split_part(dedupe_key, ':', 1), ' ' order by id)
             from outbox where split_part(dedupe_key, ':', 2) = $2),
            (select on_hand || '-' || reserved from products p join order_lines l on l.product_id = p.id where l.order_id = $1))";
    let row = shop.admin.query_one(sql, &[&order, &order.to_string()]).await.unwrap();
    row.get(0)
}

/// The disputes of an order in one line: whether it is on hold; then the disputes, their ledger entries and emails.
async fn dispute_state(shop: &Shop, order: OrderId) -> String {
    let sql = "
        with disputed as (
            select d.* from disputes d join payments p on p.id = d.payment_id where p.order_id = $1
        )
        select concat_ws(' | ',
            (select case when on_hold then 'on hold' else 'free' end from orders where id = $1),
            (select string_agg(concat_ws(' ', status, reason, amount_minor), ' ') from disputed),
            (select string_agg(replace(kind, 'dispute_', '') || ' ' || amount_minor, ' ' order by entry_id)
             from ledger where order_id = $1 and kind like 'dispute%'),
            (select nullif(count(*), 0) || ' mail' from outbox
             where dedupe_key in (select 'dispute_opened:dp_' || replace(id::text, '-', '') from disputed)))";
    shop.admin.query_one(sql, &[&order]).await.unwrap().get(0)
}

/// A shop, its webhook, and a paid order over 19.99 EUR.
struct Fixture {
    shop: Shop,
    api: ApiClient,
    order: OrderId,
    intent: Intent,
}

impl Fixture {
    async fn paid() -> Self {
        let shop = Shop::open().await;
        let (order, intent) = ordered(&shop).await;
        let api = api(&shop);
        deliver(&api, &intent.event("succeeded", 0)).await;
        Self { shop, api, order, intent }
    }

    async fn deliver(&self, event: &Value) {
        deliver(&self.api, event).await;
    }

    async fn dispute_state(&self) -> String {
        dispute_state(&self.shop, self.order).await
    }
}

/// Applies the stored events that are waiting, as the sweep does.
pub(crate) async fn retry_due_events(shop: &Shop) {
    shop.run("update stripe_events set next_try_at = now()").await;
    for event in payments::due_events(&shop.db, 100).await.unwrap() {
        workflows::apply_event(&shop.db, &event.id, &stripe_gateway::payload(&event.raw), false)
            .await
            .unwrap();
    }
}

/// `done`, `waits`, the reason why the event is parked, or `unknown` if it is not stored.
async fn event_outcome(shop: &Shop, event: &Value) -> String {
    let sql = "select case when processed_at is not null then 'done' else coalesce(parked_reason, 'waits') end
               from stripe_events where event_id = $1";
    let row = shop.admin.query_opt(sql, &[&event["id"].as_str()]).await.unwrap();
    row.map_or("unknown".to_owned(), |row| row.get(0))
}
