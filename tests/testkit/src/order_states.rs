//! Orders in a given status, written directly into the database.

use crate::{Order, Shop, User};
use domain::id::{OrderId, RefundId};
use uuid::Uuid;

impl Shop {
    /// An order in `status`: `pending`, `confirmed`, `shipped` or `cancelled`.
    pub async fn order_in(&self, status: &str, buyer: &User, order: Order) -> OrderId {
        match status {
            "pending" => self.order(buyer, order).await,
            "confirmed" => self.confirmed_order(buyer, order).await,
            "shipped" => self.shipped_order(buyer, order).await,
            "cancelled" => self.cancelled_order(buyer, order).await,
            _ => panic!("there is no status {status}"),
        }
    }

    /// An order that was paid at Stripe.
    pub async fn confirmed_order(&self, buyer: &User, order: Order) -> OrderId {
        let id = self.order(buyer, order).await;
        self.pay(id).await;
        id
    }

    /// An order that was paid at Stripe and handed to a carrier.
    pub async fn shipped_order(&self, buyer: &User, order: Order) -> OrderId {
        let id = self.confirmed_order(buyer, order).await;
        self.ship(id).await;
        id
    }

    /// An order that its buyer cancelled before it was paid.
    pub async fn cancelled_order(&self, buyer: &User, order: Order) -> OrderId {
        let id = self.order(buyer, order).await;
        let sql = "with ended as (
                       update orders set status = 'cancelled', cancelled_at = now(), cancel_reason = 'requested', expires_at = null
                       where id = $1
                   ), line as (
                       select product_id, quantity from order_lines where order_id = $1
                   ), moved as (
                       insert into stock_moves (product_id, source, source_id, on_hand_delta, reserved_delta)
                       select product_id, 'order_cancelled', $2, 0, -quantity from line
                   )
                   update products set reserved = reserved - quantity from line where id = product_id";
        self.admin.execute(sql, &[&id, &id.to_string()]).await.unwrap();
        id
    }

    /// A succeeded refund of an amount in minor units.
    pub async fn refund(&self, order: OrderId, minor: i64) -> RefundId {
        let id = RefundId::generate();
        let sql = "with refund as (
                       insert into refunds (id, payment_id, provider_refund, amount_minor, status, origin)
                       select $1, id, $4, $3, 'succeeded', 'api' from payments where order_id = $2 and status = 'succeeded'
                       returning amount_minor
                   ), entered as (
                       insert into ledger (order_id, kind, amount_minor, source, source_id)
                       select $2, 'refunded', amount_minor, 'stripe', $4 from refund
                   )
                   update orders set refunded_minor = refunded_minor + amount_minor from refund where id = $2";
        let provider = format!("re_{}", Uuid::now_v7().simple());
        self.admin.execute(sql, &[&id, &order, &minor, &provider]).await.unwrap();
        id
    }
}
