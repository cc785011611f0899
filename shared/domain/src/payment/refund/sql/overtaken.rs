//! Refunds that a refund of Stripe's dashboard was faster than.

use crate::db::{DbError, Tx, queries};
use crate::id::{PaymentId, RefundId};

queries! {
    /// The older ones first, as far as the payment reaches. One that Stripe was asked for is Stripe's to refuse.
    OVERTAKEN: "give up refunds that are no longer covered" = "
        with wanted as (
            select id, amount_minor, status = 'requested' and provider_refund is null and attempts = 0 as unsent
            from refunds
            where payment_id = $1 and status not in ('failed', 'canceled')
        ), running as (
            select id, sum(amount_minor) over (order by id)
                       + (select coalesce(sum(amount_minor), 0) from wanted where not unsent) as total
            from wanted
            where unsent
        )
        update refunds set status = 'failed', updated_at = now()
        from running, payments p
        where refunds.id = running.id and p.id = $1 and running.total > p.amount_minor
        returning refunds.id";
}

pub(in crate::payment::refund) async fn give_up_overtaken(
    tx: &Tx<'_>,
    payment: PaymentId,
) -> Result<Vec<RefundId>, DbError> {
    let rows = tx.rows(&OVERTAKEN, &[&payment]).await?;
    Ok(rows.iter().map(|row| row.get("id")).collect())
}
