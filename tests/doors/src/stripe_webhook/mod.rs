mod checkout;
mod effects;
mod gate;
mod oddities;
mod permutations;
mod refunds;

use domain::db::Db;
use domain::id::OrderId;
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
        secrets: Secrets::parse(secrets).unwrap(),
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

/// What became of an event: nothing yet, done, or the reason why it is parked.
async fn fate(shop: &Shop, event: &Value) -> String {
    let sql = "select case when processed_at is not null then 'done' else coalesce(parked_reason, 'waits') end
               from stripe_events where event_id = $1";
    let row = shop.admin.query_opt(sql, &[&event["id"].as_str()]).await.unwrap();
    row.map_or("unknown".to_owned(), |row| row.get(0))
}
