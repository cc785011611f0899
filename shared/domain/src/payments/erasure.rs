//! The statements that take a person out of their payments, and say what of their orders is not settled.

use crate::db::{DbError, Query, Tx, queries};
use crate::id::{OrderId, PaymentId, UserId};
use tokio_postgres::Row;

/// What of an order, besides its status, is not settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unsettled {
    /// A payment that Stripe may still capture.
    Payment,
    Refund,
    Dispute,
    /// Goods that may come back.
    Return,
}

queries! {
    /// A pending order is unsettled itself.
    UNSETTLED: "look for what of a buyer's orders is not settled" = "
        with bought as (
            select p.id, p.order_id, o.status = 'pending' or p.status in ('succeeded', 'canceled', 'failed') as is_settled
            from orders o join payments p on p.order_id = o.id
            where o.user_id = $1
        )
        select order_id, 'payment' as what from bought where not is_settled
        union
        select b.order_id, 'refund' from bought b join refunds r on r.payment_id = b.id
        where r.status in ('requested', 'pending', 'requires_action')
        union
        select b.order_id, 'dispute' from bought b join disputes d on d.payment_id = b.id
        where d.closed_at is null
        union
        select o.id, 'return' from orders o join returns t on t.order_id = o.id
        where o.user_id = $1 and t.status in ('requested', 'approved')
        order by order_id, what";

    OF_BUYER: "list a buyer's payments" = "
        select p.id from orders o join payments p on p.order_id = o.id where o.user_id = $1";

    ERASE_REASONS: "delete the reasons of a buyer's refunds" = "
        update refunds set reason = null where payment_id = any($1) and reason is not null";

    /// Nobody comes back from these pages any more, and what the client wrote into their addresses may be of a person.
    ERASE_PAGES: "delete the addresses that a buyer would come back to" = "
        update checkout_sessions set success_url = 'https://erased.invalid/', cancel_url = 'https://erased.invalid/'
        where payment_id = any($1)";
}

pub(crate) async fn unsettled(
    tx: &Tx<'_>,
    buyer: UserId,
) -> Result<Vec<(OrderId, Unsettled)>, DbError> {
    let rows = tx.rows(&UNSETTLED, &[&buyer]).await?;
    rows.iter().map(|row| Ok((row.get("order_id"), what(&UNSETTLED, row)?))).collect()
}

fn what(query: &Query, row: &Row) -> Result<Unsettled, DbError> {
    match row.get("what") {
        "payment" => Ok(Unsettled::Payment),
        "refund" => Ok(Unsettled::Refund),
        "dispute" => Ok(Unsettled::Dispute),
        "return" => Ok(Unsettled::Return),
        _ => Err(DbError::invalid_row(query, "what")),
    }
}

pub(crate) async fn of_buyer(tx: &Tx<'_>, buyer: UserId) -> Result<Vec<PaymentId>, DbError> {
    Ok(tx.rows(&OF_BUYER, &[&buyer]).await?.iter().map(|row| row.get("id")).collect())
}

/// Deletes what people wrote about the refunds of a buyer's payments, and where they would come back to from Stripe's pages.
pub(crate) async fn erase_buyer(tx: &Tx<'_>, payments: &[PaymentId]) -> Result<(), DbError> {
    tx.execute(&ERASE_REASONS, &[&payments]).await?;
    tx.execute(&ERASE_PAGES, &[&payments]).await.map(drop)
}
