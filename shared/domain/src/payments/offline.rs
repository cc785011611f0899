//! Payments that do not go through Stripe, such as cash and bank transfers; staff record them.

use crate::db::{DbError, Tx, queries};
use crate::id::{OrderId, PaymentId};
use crate::money::Money;

queries! {
    INSERT_OFFLINE: "insert an offline payment" = "
        insert into payments (id, order_id, currency, provider, amount_minor, status)
        values ($1, $2, $3, 'offline', $4, 'succeeded')";

    RECORD_OFFLINE_CAPTURE: "record an offline capture in the ledger" = "
        insert into ledger (order_id, kind, amount_minor, source, source_id)
        values ($1, 'captured', $2, 'offline', $3)";
}

/// Records that an order was paid in full without Stripe. Its row is locked, and it has no open payment.
pub(crate) async fn record_offline(
    tx: &Tx<'_>,
    order: OrderId,
    amount: Money,
) -> Result<(), DbError> {
    let payment = PaymentId::generate();
    let Money { minor, currency } = amount;
    tx.execute(&INSERT_OFFLINE, &[&payment, &order, &currency.code(), &minor]).await?;
    tx.execute(&RECORD_OFFLINE_CAPTURE, &[&order, &minor, &payment.to_string()]).await.map(drop)
}
