//! The rows of Stripe's hosted payment pages (Checkout Sessions).

use super::start::{HOSTED_PAGE_SECONDS, HostedPage, ReturnUrls};
use crate::db::{DbError, Tx, queries};
use crate::id::PaymentId;
use tokio_postgres::Row;

queries! {
    /// In whole seconds, as Stripe counts, and not before the order expires, so that the page ends no earlier than the order.
    INSERT: "insert a checkout session" = "
        insert into checkout_sessions (payment_id, success_url, cancel_url, expires_at)
        values ($1, $2, $3, date_trunc('second', now()) + make_interval(secs => $4::int4 + 1))
        returning success_url, cancel_url, expires_at, provider_session";

    SET_SESSION: "set Stripe's id of a checkout session" = "
        update checkout_sessions set provider_session = $2 where payment_id = $1 and provider_session is null";
}

pub(super) async fn insert(
    tx: &Tx<'_>,
    payment: PaymentId,
    urls: &ReturnUrls,
) -> Result<HostedPage, DbError> {
    let ReturnUrls { success, cancel } = urls;
    let row = tx.row(&INSERT, &[&payment, success, cancel, &HOSTED_PAGE_SECONDS]).await?;
    Ok(read(&row.ok_or(DbError::invalid_row(&INSERT, "no row"))?))
}

pub(super) fn read(row: &Row) -> HostedPage {
    HostedPage {
        success_url: row.get("success_url"),
        cancel_url: row.get("cancel_url"),
        expires_at: row.get("expires_at"),
        session: row.get("provider_session"),
    }
}

/// Only the first time: a payment has one page.
pub(crate) async fn set_session(
    tx: &Tx<'_>,
    payment: PaymentId,
    session: &str,
) -> Result<(), DbError> {
    tx.execute(&SET_SESSION, &[&payment, &session]).await.map(drop)
}
