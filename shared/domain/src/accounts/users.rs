//! Administration of accounts by admins, and creation of the first admin.

use super::{Account, Email, Hasher, Password, Refusal, Role, UserFilter, sql};
use crate::db::{Db, DbError, Tx};
use crate::failure::Failure;
use crate::id::UserId;
use crate::idempotency::{IdempotentCall, RecordedResponse};
use crate::page::{Page, PageRequest};
use serde::Serialize;

/// One page of the accounts, newest first.
pub async fn list(
    db: &Db,
    filter: &UserFilter,
    page: &PageRequest<UserId>,
) -> Result<Page<Account>, Failure<Refusal>> {
    let accounts = sql::list(db, filter, page).await?;
    Ok(page.paginate(accounts, |account| account.id))
}

pub async fn show(db: &Db, user: UserId) -> Result<Account, Failure<Refusal>> {
    Ok(sql::profile(db, user).await?.ok_or(Refusal::UserNotFound)?)
}

/// Sets a role, which applies from the next request on. Refused if no admin would be left.
pub async fn set_role(
    db: &Db,
    by: UserId,
    user: UserId,
    role: Role,
) -> Result<Account, Failure<Refusal>> {
    db.transaction(async |tx| {
        tx.act_as_staff(by);
        if sql::set_role(tx, user, role).await.map_err(last_admin)? {
            tracing::info!(user.id = %user, %by, "{by} set the role of {user} to {}", role.name());
        }
        standing(tx, user).await
    })
    .await
}

/// Disables an account and ends all of its sessions. Disabling it again changes nothing. Refused if no admin would be
/// left.
pub async fn disable(
    db: &Db,
    by: UserId,
    user: UserId,
    call: &IdempotentCall<Account>,
) -> Result<RecordedResponse, Failure<Refusal>> {
    call.transaction(db, by, async |tx| {
        tx.act_as_staff(by);
        if sql::disable(tx, user).await.map_err(last_admin)? {
            sql::session::end_all_sessions(tx, user).await?;
            tracing::info!(user.id = %user, %by, "{by} disabled {user}");
        }
        standing(tx, user).await
    })
    .await
}

/// Enables a disabled account. Its former sessions stay ended.
pub async fn enable(
    db: &Db,
    by: UserId,
    user: UserId,
    call: &IdempotentCall<Account>,
) -> Result<RecordedResponse, Failure<Refusal>> {
    call.transaction(db, by, async |tx| {
        tx.act_as_staff(by);
        if sql::enable(tx, user).await? {
            tracing::info!(user.id = %user, %by, "{by} enabled {user}");
        }
        standing(tx, user).await
    })
    .await
}

/// The first admin, with the generated password. Not `Debug`, so that the password cannot be logged.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct FirstAdmin {
    pub email: String,
    pub password: String,
}

/// Creates the first admin, with a random password. Refused if there is an admin or the address has an account.
pub async fn create_first_admin(db: &Db, email: &Email) -> Result<FirstAdmin, Failure<Refusal>> {
    let password = Password::generate();
    let hash = Hasher::new().hash(&password);
    db.transaction(async |tx| {
        if sql::has_admin(tx).await? {
            return Err(Refusal::AdminExists.into());
        }
        let id = UserId::generate();
        if !sql::insert(tx, id, email, &hash, Role::Admin, false).await? {
            return Err(Refusal::EmailTaken.into());
        }
        tracing::info!(user.id = %id, "admin account {id} created");
        Ok(())
    })
    .await?;
    let (email, password) = (email.original().to_owned(), password.reveal().to_owned());
    Ok(FirstAdmin { email, password })
}

/// An account that can be changed.
async fn standing(tx: &Tx<'_>, user: UserId) -> Result<Account, Failure<Refusal>> {
    let account = sql::read(tx, user).await?.ok_or(Refusal::UserNotFound)?;
    if account.erased_at.is_some() {
        return Err(Refusal::AccountErased.into());
    }
    Ok(account)
}

pub(super) fn last_admin(error: DbError) -> Failure<Refusal> {
    match error.constraint() {
        Some("users_last_admin_stays") => Refusal::LastAdmin.into(),
        _ => error.into(),
    }
}
