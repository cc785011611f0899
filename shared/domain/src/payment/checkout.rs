//! The rows of Stripe's pages on which payments are made.

use super::start::{CHECKOUT_SECONDS, Checkout, ReturnUrls};
use crate::db::{DbError, Tx, queries};
use crate::id::PaymentId;
use tokio_postgres::Row;

queries! {
    /// In whole seconds, as Stripe counts, and not before the order's time is over: who did not pay is then told so.
    INSERT_CHECKOUT: "insert a checkout session" = "
        insert into checkout_sessions (payment_id, success_url, cancel_url, expires_at)
        values ($1, $2, $3, date_trunc('second', now()) + make_interval(secs => $4::int4 + 1))
        returning success_url, cancel_url, expires_at, provider_session";

    NAME_SESSION: "take down how Stripe calls a checkout session" = "
        update checkout_sessions set provider_session = $2 where payment_id = $1 and provider_session is null";
}

pub(super) async fn insert(
    tx: &Tx<'_>,
    payment: PaymentId,
    urls: &ReturnUrls,
) -> Result<Checkout, DbError> {
    let ReturnUrls { success, cancel } = urls;
    let row = tx.row(&INSERT_CHECKOUT, &[&payment, success, cancel, &CHECKOUT_SECONDS]).await?;
    Ok(read(&row.ok_or(DbError::nonsense(&INSERT_CHECKOUT, "no row"))?))
}

pub(super) fn read(row: &Row) -> Checkout {
    Checkout {
        success_url: row.get("success_url"),
        cancel_url: row.get("cancel_url"),
        expires_at: row.get("expires_at"),
        session: row.get("provider_session"),
    }
}

/// Once: a payment has one page.
pub(super) async fn name(tx: &Tx<'_>, payment: PaymentId, session: &str) -> Result<(), DbError> {
    tx.execute(&NAME_SESSION, &[&payment, &session]).await.map(drop)
}
