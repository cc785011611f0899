mod checkout;
mod disputes;
mod effects;
mod every_type;
mod failed_tries;
mod gate;
mod oddities;
mod permutations;
mod refunds;

use domain::db::Db;
use domain::id::OrderId;
use domain::payment;
use lambda::dispatch::Dispatch;
use serde_json::Value;
use stripe_gateway::webhook::Secrets;
use stripe_webhook::Webhook;
use testkit::{Door, Intent, Order, Product, Shop, WEBHOOK_SECRET};

fn door(shop: &Shop) -> Door {
    door_of(shop.db.clone(), WEBHOOK_SECRET)
}

fn door_of(db: Db, secrets: &str) -> Door {
    let webhook = Webhook {
        db,
        clock: testkit::clock(),
        dispatch: Dispatch::later(),
        secrets: Secrets::parse(secrets).unwrap().into(),
        live: false,
    };
    Door::new(stripe_webhook::routes(), webhook)
}

/// A pending order over 19.99 EUR with a payment that Stripe knows.
async fn ordered(shop: &Shop) -> (OrderId, Intent) {
    let product = shop.product(Product { price: 1999, stock: 5, ..Product::any() }).await;
    let order = shop.order(&shop.customer().await, Order { product, quantity: 1 }).await;
    (order, shop.payment(order).await)
}

/// Delivers an event, which Stripe expects to be taken.
async fn tell(door: &Door, event: &Value) {
    let answer = door.stripe_event(event).await;
    assert_eq!((answer.status, &answer.body["received"]), (200, &true.into()), "{}", answer.body);
}

/// What became of an order, in one line: its status and money, its payment, ledger, refunds, mails and stock.
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

/// What disputes made of an order, in one line: its hold, the disputes, their money, the mails.
async fn told_of_disputes(shop: &Shop, order: OrderId) -> String {
    let sql = "
        with told as (
            select d.* from disputes d join payments p on p.id = d.payment_id where p.order_id = $1
        )
        select concat_ws(' | ',
            (select case when on_hold then 'on hold' else 'free' end from orders where id = $1),
            (select string_agg(concat_ws(' ', status, reason, amount_minor), ' ') from told),
            (select string_agg(replace(kind, 'dispute_', '') || ' ' || amount_minor, ' ' order by entry_id)
             from ledger where order_id = $1 and kind like 'dispute%'),
            (select nullif(count(*), 0) || ' mail' from outbox
             where dedupe_key in (select 'dispute_opened:dp_' || replace(id::text, '-', '') from told)))";
    shop.admin.query_one(sql, &[&order]).await.unwrap().get(0)
}

/// A paid order over 19.99 EUR.
struct Case {
    shop: Shop,
    door: Door,
    order: OrderId,
    intent: Intent,
}

impl Case {
    async fn paid() -> Self {
        let shop = Shop::open().await;
        let (order, intent) = ordered(&shop).await;
        let door = door(&shop);
        tell(&door, &intent.event("succeeded", 0)).await;
        Self { shop, door, order, intent }
    }

    async fn tell(&self, event: &Value) {
        tell(&self.door, event).await;
    }

    async fn told(&self) -> String {
        told_of_disputes(&self.shop, self.order).await
    }
}

/// What the sweep does with events that came too early.
pub(crate) async fn later(shop: &Shop) {
    shop.run("update stripe_events set next_try_at = now()").await;
    for event in payment::due_events(&shop.db, 100).await.unwrap() {
        payment::apply(&shop.db, &event.id, &stripe_gateway::notice(&event.raw)).await.unwrap();
    }
}

/// What became of an event: nothing yet, done, or the reason why it is parked.
async fn fate(shop: &Shop, event: &Value) -> String {
    let sql = "select case when processed_at is not null then 'done' else coalesce(parked_reason, 'waits') end
               from stripe_events where event_id = $1";
    let row = shop.admin.query_opt(sql, &[&event["id"].as_str()]).await.unwrap();
    row.map_or("unknown".to_owned(), |row| row.get(0))
}
