//! Payments that Stripe does not know although it once named them: they belong to another account or mode, or are gone.

use crate::db::{DbError, Tx, queries};
use crate::id::{OrderId, PaymentId};

queries! {
    FAIL_MISSING: "mark a payment that Stripe does not have as failed" = "
        update payments set status = 'failed', updated_at = now()
        where id = $1 and status not in ('succeeded', 'canceled', 'failed')";

    FAIL_OTHERS: "give up an order's other payments" = "
        update payments set status = 'failed', updated_at = now()
        where order_id = $1 and id <> $2 and status not in ('succeeded', 'canceled', 'failed')
        returning id";
}

/// Marks a payment as failed unless it is final; false if it is.
pub(crate) async fn fail_missing(tx: &Tx<'_>, payment: PaymentId) -> Result<bool, DbError> {
    Ok(tx.execute(&FAIL_MISSING, &[&payment]).await? == 1)
}

/// Marks the order's other payments as failed unless they are final, and returns them.
pub(crate) async fn fail_others(
    tx: &Tx<'_>,
    order: OrderId,
    payment: PaymentId,
) -> Result<Vec<PaymentId>, DbError> {
    let rows = tx.rows(&FAIL_OTHERS, &[&order, &payment]).await?;
    Ok(rows.iter().map(|row| row.get("id")).collect())
}
