//! Payments that were captured after another one had paid their order. What they bring goes back, and counts neither as
//! captured nor as refunded for the order.

use super::state::PaymentUpdate;
use crate::db::{DbError, Param, Tx, queries};
use crate::id::{OrderId, PaymentId};

queries! {
    CAPTURED_ELSEWHERE: "check whether an order is paid by another payment" = "
        select 1 from payments where order_id = $1 and id <> $2 and status = 'succeeded' limit 1";

    CAPTURE: "record the capture of a surplus payment" = "
        with entered as (
            insert into ledger (order_id, kind, amount_minor, source, source_id)
            values ($4, 'surplus_captured', $5, 'stripe', $2)
            on conflict on constraint ledger_once do nothing
        )
        update payments
        set provider_pi = coalesce($2, provider_pi), status = 'succeeded', amount_minor = $5, told_at = $3,
            surplus_at = now(), updated_at = now()
        where id = $1";
}

/// Whether another payment of the order has succeeded.
pub(crate) async fn is_captured_elsewhere(
    tx: &Tx<'_>,
    order: OrderId,
    payment: PaymentId,
) -> Result<bool, DbError> {
    Ok(tx.row(&CAPTURED_ELSEWHERE, &[&order, &payment]).await?.is_some())
}

/// Marks the payment as succeeded, with what was received as its amount, and records the money in the ledger, once and
/// apart from that of the order.
pub(crate) async fn record_surplus(
    tx: &Tx<'_>,
    payment: PaymentId,
    order: OrderId,
    update: &PaymentUpdate,
) -> Result<(), DbError> {
    let row: [Param<'_>; 5] =
        [&payment, &update.provider, &update.at, &order, &update.amount.minor];
    tx.execute(&CAPTURE, &row).await.map(drop)
}
