//! Orders after they were placed: confirm, ship, cancel, edit, timeline, expansions, filters of the list; and the limits
//! of unpaid orders.

mod addresses;
mod cancel;
mod comments;
mod confirm;
mod edit;
mod expand;
mod extend;
mod fulfillments;
mod limits;
mod list_by_payment_status;
mod list_filters;
mod returns;
mod returns_at_once;
mod ship;
mod timeline;
mod unproven;

use domain::id::{OrderId, ProductId};
use domain::payments::refund::{DueRefund, RefundStatus, RefundUpdate};
use domain::workflows;
use lambda::dispatcher::OutboxDispatcher;
use orders::Orders;
use serde_json::{Value, json};
use std::future::IntoFuture as _;
use std::sync::atomic::{AtomicU32, Ordering};
use testkit::{ApiClient, Call, Response, Shop, User};

/// Counts rows that contradict each other: products, stock moves and open orders; orders, payments, refunds and ledger.
const CONTRADICTIONS: &str = "
    select (select count(*) from products p where p.reserved <> (
               select coalesce(sum(l.quantity - l.shipped - l.removed), 0) from order_lines l join orders o on o.id = l.order_id
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

/// Applies Stripe's report that a refund succeeded.
async fn confirm_refund(shop: &Shop, due: &DueRefund) {
    let update = RefundUpdate {
        provider: "re_1".to_owned(),
        intent: due.provider.clone(),
        refund: Some(due.id),
        status: RefundStatus::Succeeded,
        amount: due.amount,
        failure_reason: None,
        pending_reason: None,
        at: testkit::clock().now(),
    };
    workflows::apply_refund_update(&shop.db, &update).await.unwrap();
}

/// Fails if rows contradict each other.
async fn assert_consistent(shop: &Shop) {
    assert_eq!(shop.one::<i64>(CONTRADICTIONS).await, 0);
}

pub(crate) fn api(shop: &Shop) -> ApiClient {
    ApiClient::new(
        orders::routes(),
        Orders { app: shop.app(), dispatcher: OutboxDispatcher::deferred() },
    )
}

/// The body of `POST /v1/orders` for one product.
fn order_body(product: ProductId, quantity: i64) -> Value {
    json!({"lines": [{"product": product, "quantity": quantity}]})
}

/// Places an order as `buyer`, under a new key.
fn place(api: &ApiClient, buyer: &User, body: &Value) -> Call {
    static KEYS: AtomicU32 = AtomicU32::new(0);
    let key = format!("more-keys-of-this-run-{}", KEYS.fetch_add(1, Ordering::Relaxed));
    api.post("/v1/orders", body).by(buyer).key(&key)
}

/// A complete shipping address, as it is shown.
fn address() -> Value {
    json!({
        "name": "Ann", "company": null, "line1": "Hauptstr. 1", "line2": null, "postal_code": "10115", "city": "Berlin",
        "region": null, "country": "DE", "phone": null,
    })
}

/// Sends all requests at once, and waits for the responses.
async fn all(calls: impl IntoIterator<Item = Call>) -> Vec<Response> {
    futures_util::future::join_all(calls.into_iter().map(Call::into_future)).await
}

/// The path of an action on an order, such as `ship`.
fn path(order: OrderId, action: &str) -> String {
    format!("/v1/orders/{order}/{action}")
}

/// The dedupe keys of all messages in the outbox.
async fn queued_messages(shop: &Shop) -> String {
    shop.one("select coalesce(string_agg(dedupe_key, ' ' order by id), '') from outbox").await
}
