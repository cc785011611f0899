//! SQL statements of the erasure of accounts.

use crate::db::{Db, DbError, Tx, queries};
use crate::id::UserId;

queries! {
    /// Waits for whatever adds a session or an order to the account, and makes it wait.
    LOCK: "lock an account" = "
        select token_epoch, erased_at is not null as is_erased from users where id = $1 for update";

    /// Neither an address that could be registered nor a password.
    ERASE: "erase an account" = "
        update users
        set email = $2, email_norm = $2, password_hash = '$argon2id$', token_epoch = token_epoch + 1, erased_at = now()
        where id = $1 and erased_at is null";

    FORGET_SESSIONS: "delete the sessions of an erased account" = "select forget_sessions_of($1)";

    /// `$2` is the epoch of a token that was valid when the account was erased.
    WAS_ERASED_IN: "look for an erasure" = "
        select from users where id = $1 and erased_at is not null and token_epoch = $2 + 1";
}

/// The epoch of an account, and whether it is erased.
pub(in crate::accounts) async fn lock(
    tx: &Tx<'_>,
    user: UserId,
) -> Result<Option<(i32, bool)>, DbError> {
    let row = tx.row(&LOCK, &[&user]).await?;
    Ok(row.map(|row| (row.get("token_epoch"), row.get("is_erased"))))
}

pub(in crate::accounts) async fn erase(
    tx: &Tx<'_>,
    user: UserId,
    address: &str,
) -> Result<(), DbError> {
    tx.execute(&ERASE, &[&user, &address]).await.map(drop)
}

/// Deletes the sessions of an erased account and the places that it was logged in to from.
pub(in crate::accounts) async fn forget_sessions(tx: &Tx<'_>, user: UserId) -> Result<(), DbError> {
    tx.rows(&FORGET_SESSIONS, &[&user]).await.map(drop)
}

pub(in crate::accounts) async fn was_erased_in(
    db: &Db,
    user: UserId,
    epoch: i32,
) -> Result<bool, DbError> {
    Ok(db.row(&WAS_ERASED_IN, &[&user, &epoch]).await?.is_some())
}
