//! The statements behind fraud warnings. They hold no rules.

use super::{FraudWarning, FraudWarningKind, FraudWarningUpdate};
use crate::db::{Db, DbError, Param, Tx, queries};
use crate::id::{FraudWarningId, OrderId, PaymentId, UserId};
use crate::money::{Currency, Money};
use tokio_postgres::Row;

queries! {
    FIND: "look up a fraud warning" = "
        select w.id, w.payment_id, p.order_id, p.amount_minor, p.currency, w.provider, w.kind, w.reason,
               w.opened_at, w.closed_at, w.closed_by
        from fraud_warnings w join payments p on p.id = w.payment_id
        where w.id = $1";

    /// Also before the payment has succeeded: the order waits then as soon as it is paid.
    PAYMENT_OF: "find the payment of a fraud warning" = "
        select id, order_id from payments where provider_pi = $1";

    LOCK: "lock a fraud warning" = "
        select id, closed_at is null as is_open from fraud_warnings
        where payment_id = $1 and provider = $2
        for update";

    INSERT: "insert a fraud warning" = "
        insert into fraud_warnings (id, payment_id, provider, kind, reason, closed_at)
        values ($1, $2, $3, $4, $5, case when not $6::bool then now() end)";

    CLOSE: "close a fraud warning" = "
        update fraud_warnings set closed_at = now() where id = $1 and closed_at is null";

    CLOSE_ALL: "close an order's fraud warnings" = "
        update fraud_warnings
        set closed_at = now(), closed_by = $2
        where closed_at is null and payment_id in (select id from payments where order_id = $1)";

    IS_ANY_OPEN: "check whether fraud warnings keep an order from being shipped" = "
        select 1 from fraud_warnings w join payments p on p.id = w.payment_id
        where p.order_id = $1 and w.closed_at is null
        limit 1";
}

pub(super) async fn find(db: &Db, id: FraudWarningId) -> Result<Option<FraudWarning>, DbError> {
    db.row(&FIND, &[&id]).await?.as_ref().map(warning).transpose()
}

/// The payment that may be fraud, and its order.
pub(crate) async fn payment_of(
    tx: &Tx<'_>,
    update: &FraudWarningUpdate,
) -> Result<Option<(PaymentId, OrderId)>, DbError> {
    let row = tx.row(&PAYMENT_OF, &[&update.intent]).await?;
    Ok(row.map(|row| (row.get("id"), row.get("order_id"))))
}

/// The id of a warning that is stored, and whether it is open.
pub(crate) async fn lock(
    tx: &Tx<'_>,
    payment: PaymentId,
    update: &FraudWarningUpdate,
) -> Result<Option<(FraudWarningId, bool)>, DbError> {
    let row = tx.row(&LOCK, &[&payment, &update.provider]).await?;
    Ok(row.map(|row| (row.get("id"), row.get("is_open"))))
}

pub(crate) async fn insert(
    tx: &Tx<'_>,
    payment: PaymentId,
    update: &FraudWarningUpdate,
) -> Result<FraudWarningId, DbError> {
    let id = FraudWarningId::generate();
    let FraudWarningUpdate { provider, kind, reason, is_open, .. } = update;
    let row: [Param<'_>; 6] = [&id, &payment, provider, &kind.name(), reason, is_open];
    tx.execute(&INSERT, &row).await?;
    Ok(id)
}

pub(crate) async fn close(tx: &Tx<'_>, id: FraudWarningId) -> Result<(), DbError> {
    tx.execute(&CLOSE, &[&id]).await.map(drop)
}

/// Closes all open warnings about the order's payments.
pub(crate) async fn close_all(tx: &Tx<'_>, order: OrderId, by: UserId) -> Result<(), DbError> {
    tx.execute(&CLOSE_ALL, &[&order, &by]).await.map(drop)
}

/// Whether the order must not be shipped because a payment of it may be fraud.
pub(crate) async fn is_any_open(tx: &Tx<'_>, order: OrderId) -> Result<bool, DbError> {
    Ok(tx.row(&IS_ANY_OPEN, &[&order]).await?.is_some())
}

fn warning(row: &Row) -> Result<FraudWarning, DbError> {
    let kind = FraudWarningKind::from_name(row.get("kind"));
    let currency = Currency::from_code(row.get("currency"));
    let currency = currency.ok_or(DbError::invalid_row(&FIND, "currency"))?;
    Ok(FraudWarning {
        id: row.get("id"),
        payment: row.get("payment_id"),
        order: row.get("order_id"),
        amount: Money { minor: row.get("amount_minor"), currency },
        provider: row.get("provider"),
        kind: kind.ok_or(DbError::invalid_row(&FIND, "kind"))?,
        reason: row.get("reason"),
        opened_at: row.get("opened_at"),
        closed_at: row.get("closed_at"),
        closed_by: row.get("closed_by"),
    })
}
