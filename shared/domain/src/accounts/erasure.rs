//! The account's part in the erasure of a person: see [`crate::workflows::erase_own_account`].

use super::users::last_admin;
use super::{Account, Hasher, PasswordAttempt, Refusal, Visitor, rate_limit, recovery, sql};
use crate::db::{Db, DbError, Tx};
use crate::failure::Failure;
use crate::id::UserId;

/// What stands in place of the address of an erased account: different for each, and no address that can be registered.
pub(crate) fn erased_address(user: UserId) -> String {
    format!("erased {user}")
}

/// Checks the current password of a user, and returns the epoch of the account in which it is valid. `None` if the account
/// was erased meanwhile.
pub async fn check_password(
    db: &Db,
    hasher: &Hasher,
    user: UserId,
    current: &PasswordAttempt,
    visitor: &Visitor,
) -> Result<Option<i32>, Failure<Refusal>> {
    rate_limit::consume(db, rate_limit::CHANGE_PASSWORD, visitor, &user.to_string()).await?;
    match recovery::verify_current(db, hasher, user, current).await {
        Ok(credentials) => Ok(Some(credentials.epoch)),
        Err(refused) => match sql::profile(db, user).await? {
            Some(account) if account.erased_at.is_some() => Ok(None),
            _ => Err(refused),
        },
    }
}

/// Whether the account was erased while an access token of this epoch was valid.
pub async fn was_erased_in(db: &Db, user: UserId, epoch: i32) -> Result<bool, DbError> {
    sql::erasure::was_erased_in(db, user, epoch).await
}

/// Locks an account. False if it is erased already. With an epoch, only an account that is still in it.
pub(crate) async fn lock_to_erase(
    tx: &Tx<'_>,
    user: UserId,
    expected: Option<i32>,
) -> Result<bool, Failure<Refusal>> {
    let (epoch, is_erased) = sql::erasure::lock(tx, user).await?.ok_or(Refusal::UserNotFound)?;
    if is_erased {
        return Ok(false);
    }
    if expected.is_some_and(|expected| expected != epoch) {
        // The password was changed since it was verified.
        return Err(Refusal::WrongPassword.into());
    }
    Ok(true)
}

/// Takes address, password, sessions and places from an account. Refused if no admin would be left.
pub(crate) async fn erase(tx: &Tx<'_>, user: UserId) -> Result<(), Failure<Refusal>> {
    sql::erasure::erase(tx, user, &erased_address(user)).await.map_err(last_admin)?;
    Ok(sql::erasure::forget_sessions(tx, user).await?)
}

pub(crate) async fn read(tx: &Tx<'_>, user: UserId) -> Result<Account, Failure<Refusal>> {
    Ok(sql::read(tx, user).await?.ok_or(Refusal::UserNotFound)?)
}
