//! Requested refunds that a refund in Stripe's dashboard leaves no money for.

use crate::db::{DbError, Tx, queries};
use crate::id::{PaymentId, RefundId};

queries! {
    /// The oldest ones are kept as far as the payment covers them. Those already requested from Stripe are left to Stripe.
    FAIL_UNCOVERED: "fail refunds that their payment no longer covers" = "
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

pub(crate) async fn fail_uncovered(
    tx: &Tx<'_>,
    payment: PaymentId,
) -> Result<Vec<RefundId>, DbError> {
    let rows = tx.rows(&FAIL_UNCOVERED, &[&payment]).await?;
    Ok(rows.iter().map(|row| row.get("id")).collect())
}
