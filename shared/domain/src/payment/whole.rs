//! Giving back all that is left of an order's money, whichever way it came.

use crate::db::{DbError, Tx, queries};
use crate::id::{OrderId, PaymentId, RefundId};
use crate::ordering;
use crate::outbox::{self, Event};

queries! {
    /// Disputed money is not ours to give.
    LEFT: "add up what is left of an order's payments" = "
        select p.id, p.provider, p.amount_minor - coalesce(sum(r.amount_minor), 0)::int8 as left_minor
        from payments p
        left join refunds r on r.payment_id = p.id and r.status not in ('failed', 'canceled')
        where p.order_id = $1 and p.status = 'succeeded'
          and not exists (
              select from disputes d
              where d.payment_id = p.id and d.status in ('needs_response', 'under_review', 'lost'))
        group by p.id
        having p.amount_minor > coalesce(sum(r.amount_minor), 0)
        order by p.id";

    GIVES_BACK: "see whether an order's money goes back" = "
        select 1 from refunds r join payments p on p.id = r.payment_id
        where p.order_id = $1 and r.status not in ('failed', 'canceled')
        limit 1";

    ASK_REFUND: "ask for the refund of the rest" = "
        insert into refunds (id, payment_id, amount_minor, status, origin)
        values ($1, $2, $3, 'requested', 'api')";

    /// Nobody but us knows it, so that its own id stands for the provider's.
    INSERT_OFFLINE_REFUND: "insert an offline refund" = "
        insert into refunds (id, payment_id, amount_minor, status, origin, provider_refund)
        values ($1, $2, $3, 'succeeded', 'api', $4)";

    ENTER_OFFLINE_REFUND: "enter an offline refund into the ledger" = "
        insert into ledger (order_id, kind, amount_minor, source, source_id)
        values ($1, 'refunded', $2, 'offline', $3)";
}

/// Whether any of an order's money went back, or is on its way.
pub(crate) async fn gives_back(tx: &Tx<'_>, order: OrderId) -> Result<bool, DbError> {
    Ok(tx.row(&GIVES_BACK, &[&order]).await?.is_some())
}

/// Asks Stripe, by way of the sweep, for what is left of an order's payments, but of none that the bank took back. What came past Stripe is handed back by
/// the person who cancels, and counts as refunded at once. The order's row is locked.
pub(crate) async fn refund_all(tx: &Tx<'_>, order: OrderId) -> Result<(), DbError> {
    for row in tx.rows(&LEFT, &[&order]).await? {
        let (refund, payment, minor) =
            (RefundId::generate(), row.get::<_, PaymentId>("id"), row.get::<_, i64>("left_minor"));
        if row.get::<_, &str>("provider") == "offline" {
            let name = refund.to_string();
            tx.execute(&INSERT_OFFLINE_REFUND, &[&refund, &payment, &minor, &name]).await?;
            tx.execute(&ENTER_OFFLINE_REFUND, &[&order, &minor, &name]).await?;
            ordering::add_up(tx, order).await?;
            outbox::enqueue(tx, Event::RefundIssued { refund }).await?;
        } else {
            tx.execute(&ASK_REFUND, &[&refund, &payment, &minor]).await?;
        }
    }
    Ok(())
}
