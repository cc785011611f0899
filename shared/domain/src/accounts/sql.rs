//! SQL statements of accounts. They contain no business rules.

pub(super) mod bucket;
pub(super) mod erasure;
pub(super) mod link;
pub(super) mod session;

use super::hash::PasswordHash;
use super::{Account, Announced, Email, Role, UserFilter};
use crate::db::{Ask, Db, DbError, Param, Query, Tx, params, queries};
use crate::id::UserId;
use crate::page::PageRequest;
use tokio_postgres::Row;

/// The columns that [`account`] reads.
macro_rules! account {
    () => {
        " id, email, email_verified_at is not null as email_verified, role, created_at, disabled_at, erased_at "
    };
}

/// The columns that [`read_credentials`] reads.
macro_rules! credentials {
    () => {
        " id, email, password_hash, token_epoch, email_verified_at is not null or not proof_required as may_log_in "
    };
}

queries! {
    PROFILE: "look up an account" = concat!("
        select", account!(), "from users where id = $1");

    LIST: "list accounts" = concat!("
        select", account!(), "from users
        where id < $1 and ($2::text is null or role = $2)
        order by id desc
        limit $3");

    /// A prefix search as a range of the index: addresses are ASCII, so that no character sorts after `chr(127)`.
    FIND: "find accounts by their address" = concat!("
        select", account!(), "from users
        where id < $1 and ($2::text is null or role = $2)
          and email_norm collate \"C\" >= $4 and email_norm collate \"C\" < $4 || chr(127)
        order by id desc
        limit $3");

    INSERT: "create an account" = "
        insert into users (id, email, email_norm, password_hash, role, proof_required)
        values ($1, $2, $3, $4, $5, $6)
        on conflict on constraint users_email_taken do nothing";

    OWNER: "look up the owner of an address" = "
        select id, floor(extract(epoch from now()) / 3600)::int8 as hour from users where email_norm = $1";

    UNVERIFIED: "look up an unverified address" = "
        select id, false as email_verified from users
        where email_norm = $1 and email_verified_at is null and disabled_at is null and erased_at is null";

    ACTIVE: "look up an active account" = "
        select id, email_verified_at is not null as email_verified
        from users where email_norm = $1 and disabled_at is null and erased_at is null";

    CREDENTIALS: "look up credentials" = concat!("
        select", credentials!(), "from users where email_norm = $1");

    CREDENTIALS_OF: "look up a user's credentials" = concat!("
        select", credentials!(), "from users where id = $1 and erased_at is null");

    /// Changes nothing if the password was changed in the meantime.
    REPLACE_HASH: "replace a password hash" = "
        update users set password_hash = $3 where id = $1 and password_hash = $2";

    /// `$3` is the epoch in which the old password was verified, or null.
    SET_PASSWORD: "set a password" = "
        update users set password_hash = $2, token_epoch = token_epoch + 1
        where id = $1 and ($3::int4 is null or token_epoch = $3) and erased_at is null
        returning token_epoch";

    MARK_VERIFIED: "mark an address as verified" = "
        update users set email_verified_at = now() where id = $1 and email_verified_at is null";

    SET_ROLE: "set a role" = "
        update users set role = $2 where id = $1 and role <> $2 and erased_at is null";

    DISABLE: "disable an account" = "
        update users set disabled_at = now(), token_epoch = token_epoch + 1
        where id = $1 and disabled_at is null and erased_at is null";

    ENABLE: "enable an account" = "
        update users set disabled_at = null where id = $1 and disabled_at is not null and erased_at is null";

    /// What emails about an account can be about.
    ANNOUNCED: "look up what an account got emails about" = "
        select token_epoch, floor(extract(epoch from now()) / 3600)::int8 as hour,
               array(select distinct family from refresh_tokens where user_id = $1) as families,
               array(select id from links where user_id = $1) as links
        from users where id = $1";

    /// The advisory lock of the trigger `keep_one_admin`: the set of admins cannot change until the transaction ends.
    LOCK_ADMINS: "lock the set of admins" = "select pg_advisory_xact_lock(7001)";

    HAS_ADMIN: "look for an admin" = "
        select from users where role = 'admin' and disabled_at is null and erased_at is null limit 1";
}

pub(super) async fn profile(db: &Db, user: UserId) -> Result<Option<Account>, DbError> {
    db.row(&PROFILE, &[&user]).await?.map(|row| account(&PROFILE, &row)).transpose()
}

pub(super) async fn read(tx: &Tx<'_>, user: UserId) -> Result<Option<Account>, DbError> {
    tx.row(&PROFILE, &[&user]).await?.map(|row| account(&PROFILE, &row)).transpose()
}

pub(super) async fn list(
    db: &Db,
    filter: &UserFilter,
    page: &PageRequest<UserId>,
) -> Result<Vec<Account>, DbError> {
    let (before, limit) = (page.after.unwrap_or(UserId::LAST), page.fetch_limit());
    let role = filter.role.map(Role::name);
    let (query, rows) = match &filter.address {
        Some(prefix) => (&FIND, db.rows(&FIND, &[&before, &role, &limit, prefix]).await?),
        None => (&LIST, db.rows(&LIST, &[&before, &role, &limit]).await?),
    };
    rows.iter().map(|row| account(query, row)).collect()
}

fn account(query: &Query, row: &Row) -> Result<Account, DbError> {
    Ok(Account {
        id: row.get("id"),
        email: row.get("email"),
        email_verified: row.get("email_verified"),
        role: role(query, row)?,
        created_at: row.get("created_at"),
        disabled_at: row.get("disabled_at"),
        erased_at: row.get("erased_at"),
    })
}

fn role(query: &Query, row: &Row) -> Result<Role, DbError> {
    Role::from_name(row.get("role")).ok_or(DbError::invalid_row(query, "role"))
}

/// Whether the account was created. False if the address has one. With `proof_required` it cannot be logged in to before
/// its address is verified.
pub(super) async fn insert(
    tx: &Tx<'_>,
    id: UserId,
    email: &Email,
    hash: &PasswordHash,
    role: Role,
    proof_required: bool,
) -> Result<bool, DbError> {
    let (original, normalized) = (email.original(), email.normalized());
    let (hash, role) = (hash.text(), role.name());
    let row: [Param<'_>; 6] = [&id, &original, &normalized, &hash, &role, &proof_required];
    Ok(tx.execute(&INSERT, &row).await? == 1)
}

/// The user with this address, and the current hour, counted since 1970.
pub(super) async fn owner(tx: &Tx<'_>, email: &Email) -> Result<(UserId, i64), DbError> {
    let row = tx.row(&OWNER, &[&email.normalized()]).await?;
    let row = row.ok_or(DbError::invalid_row(&OWNER, "no account has the conflicting address"))?;
    Ok((row.get("id"), row.get("hour")))
}

/// The user with an address.
#[derive(Clone, Copy)]
pub(super) struct Owner {
    pub(super) id: UserId,
    pub(super) email_verified: bool,
}

fn read_owner(row: &Row) -> Owner {
    Owner { id: row.get("id"), email_verified: row.get("email_verified") }
}

/// The user with this address, if it is not verified yet and the account is active.
pub(super) async fn unverified(tx: &Tx<'_>, email: &Email) -> Result<Option<Owner>, DbError> {
    Ok(tx.row(&UNVERIFIED, &[&email.normalized()]).await?.as_ref().map(read_owner))
}

/// The user with this address, if the account is active: neither disabled nor erased.
pub(super) async fn active(tx: &Tx<'_>, email: &Email) -> Result<Option<Owner>, DbError> {
    Ok(tx.row(&ACTIVE, &[&email.normalized()]).await?.as_ref().map(read_owner))
}

pub(super) struct Credentials {
    pub(super) user: UserId,
    pub(super) email: Email,
    pub(super) hash: PasswordHash,
    pub(super) epoch: i32,
    /// Whether the address is verified, or need not be.
    pub(super) may_log_in: bool,
}

pub(super) fn credentials(email: &Email) -> Ask<Option<Credentials>> {
    Ask::new(&CREDENTIALS, params![email.normalized().to_owned()], |rows| {
        rows.first().map(|row| read_credentials(&CREDENTIALS, row)).transpose()
    })
}

/// `None` if the account is erased.
pub(super) async fn credentials_of(db: &Db, user: UserId) -> Result<Option<Credentials>, DbError> {
    let row = db.row(&CREDENTIALS_OF, &[&user]).await?;
    row.map(|row| read_credentials(&CREDENTIALS_OF, &row)).transpose()
}

fn read_credentials(query: &Query, row: &Row) -> Result<Credentials, DbError> {
    let hash = PasswordHash::from_stored(row.get("password_hash"));
    let email = Email::parse(row.get("email")).map_err(|_| DbError::invalid_row(query, "email"))?;
    Ok(Credentials {
        user: row.get("id"),
        email,
        hash: hash.ok_or(DbError::invalid_row(query, "password_hash"))?,
        epoch: row.get("token_epoch"),
        may_log_in: row.get("may_log_in"),
    })
}

pub(super) async fn replace_hash(
    db: &Db,
    user: UserId,
    old: &PasswordHash,
    new: &PasswordHash,
) -> Result<(), DbError> {
    db.execute(&REPLACE_HASH, &[&user, &old.text(), &new.text()]).await.map(drop)
}

/// The new epoch. `None` if the account is not in the `expected` one.
pub(super) async fn set_password(
    tx: &Tx<'_>,
    user: UserId,
    new: &PasswordHash,
    expected: Option<i32>,
) -> Result<Option<i32>, DbError> {
    let row = tx.row(&SET_PASSWORD, &[&user, &new.text(), &expected]).await?;
    Ok(row.map(|row| row.get("token_epoch")))
}

pub(super) async fn mark_verified(tx: &Tx<'_>, user: UserId) -> Result<(), DbError> {
    tx.execute(&MARK_VERIFIED, &[&user]).await.map(drop)
}

/// Whether the user had another role before.
pub(super) async fn set_role(tx: &Tx<'_>, user: UserId, role: Role) -> Result<bool, DbError> {
    Ok(tx.execute(&SET_ROLE, &[&user, &role.name()]).await? == 1)
}

/// Whether the account was enabled before.
pub(super) async fn disable(tx: &Tx<'_>, user: UserId) -> Result<bool, DbError> {
    Ok(tx.execute(&DISABLE, &[&user]).await? == 1)
}

/// Whether the account was disabled before.
pub(super) async fn enable(tx: &Tx<'_>, user: UserId) -> Result<bool, DbError> {
    Ok(tx.execute(&ENABLE, &[&user]).await? == 1)
}

pub(super) async fn announced(db: &Db, user: UserId) -> Result<Option<Announced>, DbError> {
    let row = db.row(&ANNOUNCED, &[&user]).await?;
    Ok(row.map(|row| Announced {
        epoch: row.get("token_epoch"),
        hour: row.get("hour"),
        sessions: row.get("families"),
        links: row.get("links"),
    }))
}

/// Whether there is an admin. The answer stays true until the transaction ends.
pub(super) async fn has_admin(tx: &Tx<'_>) -> Result<bool, DbError> {
    tx.rows(&LOCK_ADMINS, &[]).await?;
    Ok(tx.row(&HAS_ADMIN, &[]).await?.is_some())
}
