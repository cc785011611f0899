//! The statements for refunding all that is left of an order's payments, with Stripe or offline.

use crate::db::{Ask, DbError, Tx, params, queries};
use crate::id::{OrderId, PaymentId, RefundId};
use crate::money::{Currency, Money};
use crate::payments::refund::select_left;

queries! {
    UNREFUNDED: "sum up what is left of an order's payments" =
        select_left!("where p.order_id = $1 and p.status = 'succeeded' order by p.id");

    /// Those of surplus payments take nothing from the order, and those of nothing gave nothing back.
    HAS_REFUNDS: "check whether an order has refunds" = "
        select 1 from refunds r join payments p on p.id = r.payment_id
        where p.order_id = $1 and p.surplus_at is null and r.status not in ('failed', 'canceled') and r.amount_minor > 0
        limit 1";

    IS_REFUNDED: "check whether all of an order's money is on its way back" = "
        select 1 from orders o
        where o.id = $1 and o.captured_minor > 0 and o.captured_minor <= (
            select sum(r.amount_minor) from refunds r join payments p on p.id = r.payment_id
            where p.order_id = o.id and p.surplus_at is null and r.status not in ('failed', 'canceled'))";

    REQUEST_REFUND: "request the refund of the rest" = "
        insert into refunds (id, payment_id, amount_minor, status, origin, requested_by)
        values ($1, $2, $3, 'requested', 'api', acting_user())";

    /// Stripe does not know it, so its own id stands for the provider's.
    INSERT_OFFLINE_REFUND: "insert an offline refund" = "
        insert into refunds (id, payment_id, amount_minor, status, origin, provider_refund, requested_by)
        values ($1, $2, $3, 'succeeded', 'api', $4, acting_user())";

    RECORD_OFFLINE_REFUND: "record an offline refund in the ledger" = "
        insert into ledger (order_id, kind, amount_minor, source, source_id)
        values ($1, 'refunded', $2, 'offline', $3)";
}

/// What is left of a captured payment.
pub(crate) struct Unrefunded {
    pub(crate) payment: PaymentId,
    pub(crate) is_offline: bool,
    pub(crate) minor: i64,
}

/// Whether any of an order's money was refunded, or is being refunded.
pub(crate) async fn has_refunds(tx: &Tx<'_>, order: OrderId) -> Result<bool, DbError> {
    Ok(tx.row(&HAS_REFUNDS, &[&order]).await?.is_some())
}

/// Whether all of an order's money was refunded, or is being refunded.
pub(crate) fn is_refunded_in_full(order: OrderId) -> Ask<bool> {
    Ask::new(&IS_REFUNDED, params![order], |rows| Ok(!rows.is_empty()))
}

/// The order's payments of which something is left to refund, by whole steps of the currency. Its row is locked.
pub(crate) async fn unrefunded(tx: &Tx<'_>, order: OrderId) -> Result<Vec<Unrefunded>, DbError> {
    let mut all = Vec::new();
    for row in tx.rows(&UNREFUNDED, &[&order]).await? {
        let currency = Currency::from_code(row.get("currency"))
            .ok_or(DbError::invalid_row(&UNREFUNDED, "currency"))?;
        // A bank may take back a part that is no whole step.
        let left = Money { minor: row.get("left_minor"), currency }.down_to_step();
        if left.minor > 0 {
            let is_offline = row.get::<_, &str>("provider") == "offline";
            all.push(Unrefunded { payment: row.get("id"), is_offline, minor: left.minor });
        }
    }
    Ok(all)
}

/// A refund that the sweep will request from Stripe.
pub(crate) async fn request_refund(tx: &Tx<'_>, left: &Unrefunded) -> Result<(), DbError> {
    let Unrefunded { payment, minor, .. } = left;
    tx.execute(&REQUEST_REFUND, &[&RefundId::generate(), payment, minor]).await.map(drop)
}

/// A refund of the rest that staff pay out themselves.
pub(crate) async fn insert_offline_refund(
    tx: &Tx<'_>,
    left: &Unrefunded,
) -> Result<RefundId, DbError> {
    let (refund, Unrefunded { payment, minor, .. }) = (RefundId::generate(), left);
    tx.execute(&INSERT_OFFLINE_REFUND, &[&refund, payment, minor, &refund.to_string()]).await?;
    Ok(refund)
}

/// What staff pay out themselves counts as given at once.
pub(crate) async fn record_offline_refund(
    tx: &Tx<'_>,
    order: OrderId,
    refund: RefundId,
    minor: i64,
) -> Result<(), DbError> {
    tx.execute(&RECORD_OFFLINE_REFUND, &[&order, &minor, &refund.to_string()]).await.map(drop)
}
