//! Payments that Stripe does not know although it once named them: they belong to another account or mode, or are gone.

use crate::db::{DbError, Tx, queries};
use crate::id::{OrderId, PaymentId};

queries! {
    FAIL_MISSING: "mark a payment that Stripe does not have as failed" = "
        update payments set status = 'failed', updated_at = now()
        where id = $1 and status not in ('succeeded', 'canceled', 'failed')";

    CAPTURED_ELSEWHERE: "check whether an order is paid by another payment" = "
        select 1 from payments where order_id = $1 and id <> $2 and status = 'succeeded' limit 1";

    FAIL_OTHERS: "give up an order's other payments" = "
        update payments set status = 'failed', updated_at = now()
        where order_id = $1 and id <> $2 and status not in ('succeeded', 'canceled', 'failed')
        returning id";
}

/// Marks a payment as failed unless it is final; false if it is.
pub(crate) async fn fail_missing(tx: &Tx<'_>, payment: PaymentId) -> Result<bool, DbError> {
    Ok(tx.execute(&FAIL_MISSING, &[&payment]).await? == 1)
}

/// Whether another payment of the order has succeeded.
pub(crate) async fn is_captured_elsewhere(
    tx: &Tx<'_>,
    order: OrderId,
    payment: PaymentId,
) -> Result<bool, DbError> {
    Ok(tx.row(&CAPTURED_ELSEWHERE, &[&order, &payment]).await?.is_some())
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
