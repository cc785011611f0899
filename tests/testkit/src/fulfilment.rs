//! Orders that have come some way, past the shop's doors.

use crate::{Order, Person, Shop};
use domain::id::{OrderId, PaymentId};

impl Shop {
    /// An order that was paid at Stripe.
    pub async fn confirmed_order(&self, buyer: &Person, order: Order) -> OrderId {
        let id = self.order(buyer, order).await;
        let sql = "with paid as (
                       insert into payments (id, order_id, currency, provider_pi, amount_minor, status)
                       select $2, id, currency, $3, total_minor, 'succeeded' from orders where id = $1
                       returning order_id, amount_minor, provider_pi
                   ), entered as (
                       insert into ledger (order_id, kind, amount_minor, source, source_id)
                       select order_id, 'captured', amount_minor, 'stripe', provider_pi from paid
                   )
                   update orders set status = 'confirmed', captured_minor = total_minor, expires_at = null
                   from paid where id = paid.order_id";
        let payment = PaymentId::generate();
        self.admin.execute(sql, &[&id, &payment, &format!("pi_{payment}")]).await.unwrap();
        id
    }

    /// An order that was paid at Stripe and handed to a carrier.
    pub async fn shipped_order(&self, buyer: &Person, order: Order) -> OrderId {
        let id = self.confirmed_order(buyer, order).await;
        let sql = "with shipped as (
                       update orders set status = 'shipped', shipped_at = now(), carrier = 'DHL' where id = $1
                   ), line as (
                       select product_id, quantity from order_lines where order_id = $1
                   ), moved as (
                       insert into stock_moves (product_id, source, source_id, on_hand_delta, reserved_delta)
                       select product_id, 'order_shipped', $2, -quantity, -quantity from line
                   )
                   update products set on_hand = on_hand - quantity, reserved = reserved - quantity
                   from line where id = product_id";
        self.admin.execute(sql, &[&id, &id.to_string()]).await.unwrap();
        id
    }
}
