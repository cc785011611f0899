//! What admins do with accounts, and how the first admin comes to be.

use super::{Account, Email, Hasher, Password, Refusal, Role, sql};
use crate::db::{Db, DbError};
use crate::failure::{Failure, Invalid};
use crate::id::UserId;
use crate::idempotency::{Answer, Once};
use crate::page::{Page, Slice};
use serde::Serialize;

/// Which accounts to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserFilter {
    pub(super) role: Option<Role>,
    /// How the address begins, as it is compared.
    pub(super) address: Option<String>,
}

impl UserFilter {
    pub fn new(role: Option<Role>, address: Option<&str>) -> Result<Self, Invalid> {
        let address = address.map(str::trim).filter(|text| !text.is_empty());
        if address
            .is_some_and(|text| text.len() > 254 || !text.bytes().all(|b| b.is_ascii_graphic()))
        {
            let detail = "must be the beginning of an address, in ASCII, at most 254 characters";
            return Err(Invalid::new("q", "bad_email", detail));
        }
        Ok(Self { role, address: address.map(str::to_ascii_lowercase) })
    }
}

/// The newest accounts first.
pub async fn list(
    db: &Db,
    filter: &UserFilter,
    page: &Page<UserId>,
) -> Result<Slice<Account>, Failure<Refusal>> {
    let accounts = sql::list(db, filter, page).await?;
    Ok(page.cut(accounts, |account| account.id))
}

pub async fn show(db: &Db, user: UserId) -> Result<Account, Failure<Refusal>> {
    Ok(sql::profile(db, user).await?.ok_or(Refusal::UserNotFound)?)
}

/// Sets a role; it counts from the next request on. The last admin stays one.
pub async fn set_role(
    db: &Db,
    by: UserId,
    user: UserId,
    role: Role,
) -> Result<Account, Failure<Refusal>> {
    db.transaction(async |tx| {
        if sql::set_role(tx, user, role).await.map_err(last_admin)? {
            tracing::info!(user.id = %user, %by, "{by} made {user} {}", role.name());
        }
        Ok(sql::read(tx, user).await?.ok_or(Refusal::UserNotFound)?)
    })
    .await
}

/// Closes an account, and ends all of its sessions. Closing it again changes nothing.
pub async fn disable(
    db: &Db,
    by: UserId,
    user: UserId,
    once: &Once<Account>,
) -> Result<Answer, Failure<Refusal>> {
    once.transaction(db, by, async |tx| {
        if sql::disable(tx, user).await.map_err(last_admin)? {
            sql::session::end_all_sessions(tx, user).await?;
            tracing::info!(user.id = %user, %by, "{by} disabled {user}");
        }
        Ok(sql::read(tx, user).await?.ok_or(Refusal::UserNotFound)?)
    })
    .await
}

/// Opens a closed account again. Its old sessions stay ended.
pub async fn enable(
    db: &Db,
    by: UserId,
    user: UserId,
    once: &Once<Account>,
) -> Result<Answer, Failure<Refusal>> {
    once.transaction(db, by, async |tx| {
        if sql::enable(tx, user).await? {
            tracing::info!(user.id = %user, %by, "{by} enabled {user}");
        }
        Ok(sql::read(tx, user).await?.ok_or(Refusal::UserNotFound)?)
    })
    .await
}

/// The first admin, and the password that nobody has seen yet. Not `Debug`: it has no place in a log.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Appointed {
    pub email: String,
    pub password: String,
}

/// Opens the account of the first admin, with a random password. Refused once there is an admin.
pub async fn appoint_admin(db: &Db, email: &Email) -> Result<Appointed, Failure<Refusal>> {
    let password = Password::generate();
    let hash = Hasher::new().hash(&password);
    db.transaction(async |tx| {
        if sql::has_admin(tx).await? {
            return Err(Refusal::AdminThere.into());
        }
        let id = UserId::generate();
        if !sql::insert(tx, id, email, &hash, Role::Admin).await? {
            return Err(Refusal::AddressTaken.into());
        }
        tracing::info!(user.id = %id, "account {id} opened, as an admin");
        Ok(())
    })
    .await?;
    let (email, password) = (email.written().to_owned(), password.reveal().to_owned());
    Ok(Appointed { email, password })
}

fn last_admin(error: DbError) -> Failure<Refusal> {
    match error.constraint() {
        Some("users_last_admin_stays") => Refusal::LastAdmin.into(),
        _ => error.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_looked_for_as_it_is_compared() {
        let start = |text| UserFilter::new(None, text).map(|filter| filter.address);

        assert_eq!(start(Some(" Ann@Ex ")), Ok(Some("ann@ex".to_owned())));
        assert_eq!((start(None), start(Some(" "))), (Ok(None), Ok(None)));
        for bad in ["ann\0", "änn", "a b", &"a".repeat(255)] {
            assert_eq!(start(Some(bad)).unwrap_err().code, "bad_email", "{bad}");
        }
    }
}
