//! What becomes of orders: confirmed by hand, shipped, cancelled, edited, found again.

mod cancel;
mod confirm;
mod edit;
mod events;
mod expand;
mod limits;
mod list;
mod list_by_money;
mod ship;

use domain::id::{OrderId, ProductId};
use domain::payment::refund::{self, DueRefund, RefundStatus, RefundTold};
use lambda::dispatch::Dispatch;
use orders::Orders;
use serde_json::{Value, json};
use std::future::IntoFuture as _;
use std::sync::atomic::{AtomicU32, Ordering};
use testkit::{Answer, Call, Door, Person, Shop};

/// Rows that contradict one another: counts, moves and open orders; payments, refunds, ledger and orders.
const CONTRADICTIONS: &str = "
    select (select count(*) from products p where p.reserved <> (
               select coalesce(sum(l.quantity), 0) from order_lines l join orders o on o.id = l.order_id
               where l.product_id = p.id and o.status in ('pending', 'confirmed')))
         + (select count(*) from products p where p.on_hand <> (
               select coalesce(sum(m.on_hand_delta), 0) from stock_moves m where m.product_id = p.id))
         + (select count(*) from products p where p.reserved <> (
               select coalesce(sum(m.reserved_delta), 0) from stock_moves m where m.product_id = p.id))
         + (select count(*) from orders o where o.captured_minor <> (
               select coalesce(sum(l.amount_minor), 0) from ledger l where l.order_id = o.id and l.kind = 'captured'))
         + (select count(*) from orders o where o.captured_minor <> (
               select coalesce(sum(p.amount_minor), 0) from payments p where p.order_id = o.id and p.status = 'succeeded'))
         + (select count(*) from orders o where o.refunded_minor <> (
               select coalesce(sum(l.amount_minor), 0) from ledger l where l.order_id = o.id and l.kind = 'refunded'))
         + (select count(*) from orders o where o.captured_minor < (
               select coalesce(sum(r.amount_minor), 0) from refunds r join payments p on p.id = r.payment_id
               where p.order_id = o.id and r.status not in ('failed', 'canceled')))";

/// Stripe confirms that a refund is given.
async fn stripe_gave(shop: &Shop, due: &DueRefund) {
    let told = RefundTold {
        provider: "re_1".to_owned(),
        intent: due.provider.clone(),
        refund: Some(due.id),
        status: RefundStatus::Succeeded,
        amount: due.amount,
        at: testkit::clock().now(),
    };
    refund::hear(&shop.db, &told).await.unwrap();
}

/// The books contradict one another nowhere.
async fn check_books(shop: &Shop) {
    assert_eq!(shop.one::<i64>(CONTRADICTIONS).await, 0);
}

fn door(shop: &Shop) -> Door {
    Door::new(orders::routes(), Orders { app: shop.app(), dispatch: Dispatch::later() })
}

/// The wish to buy so many of one product.
fn wish(product: ProductId, quantity: i64) -> Value {
    json!({"lines": [{"product": product, "quantity": quantity}]})
}

/// `buyer` places an order under a key that nobody else has.
fn place(door: &Door, buyer: &Person, wish: &Value) -> Call {
    static KEYS: AtomicU32 = AtomicU32::new(0);
    let key = format!("more-keys-of-this-run-{}", KEYS.fetch_add(1, Ordering::Relaxed));
    door.post("/v1/orders", wish).by(buyer).key(&key)
}

fn ann() -> Value {
    json!({"name": "Ann", "line1": "Hauptstr. 1", "line2": null, "postal_code": "10115", "city": "Berlin", "country": "DE"})
}

/// Sends requests at once, and waits for every answer.
async fn all(calls: impl IntoIterator<Item = Call>) -> Vec<Answer> {
    futures_util::future::join_all(calls.into_iter().map(Call::into_future)).await
}

/// What an order's action is called by, such as `ship`.
fn path(order: OrderId, action: &str) -> String {
    format!("/v1/orders/{order}/{action}")
}

/// The keys of the events that wait to be told.
async fn told(shop: &Shop) -> String {
    shop.one("select coalesce(string_agg(dedupe_key, ' ' order by id), '') from outbox").await
}
