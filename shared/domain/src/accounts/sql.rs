//! The statements behind accounts. They decide nothing.

pub(super) mod link;
pub(super) mod session;

use super::hash::PasswordHash;
use super::{Account, Email, Role, UserFilter};
use crate::db::{Db, DbError, Query, Tx, queries};
use crate::id::UserId;
use crate::page::Page;
use tokio_postgres::Row;

/// Every column that [`account`] reads.
macro_rules! account {
    () => {
        " id, email, email_verified_at is not null as email_verified, role, created_at, disabled_at "
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

    /// Addresses are ASCII, so all that begin alike lie between the beginning and the last character after it.
    FIND: "find accounts by their address" = concat!("
        select", account!(), "from users
        where id < $1 and ($2::text is null or role = $2)
          and email_norm collate \"C\" >= $4 and email_norm collate \"C\" < $4 || chr(127)
        order by id desc
        limit $3");

    INSERT: "open an account" = "
        insert into users (id, email, email_norm, password_hash, role)
        values ($1, $2, $3, $4, $5)
        on conflict on constraint users_email_taken do nothing";

    KNOWN: "look up who has an address" = "
        select id, floor(extract(epoch from now()) / 3600)::int8 as hour from users where email_norm = $1";

    UNVERIFIED: "look up an address to verify" = "
        select id from users
        where email_norm = $1 and email_verified_at is null and disabled_at is null and erased_at is null";

    OPEN: "look up an open account" = "
        select id from users where email_norm = $1 and disabled_at is null and erased_at is null";

    CREDENTIALS: "look up credentials" = "
        select id, email, password_hash, token_epoch from users where email_norm = $1";

    CREDENTIALS_OF: "look up somebody's credentials" = "
        select id, email, password_hash, token_epoch from users where id = $1";

    /// Unless the password was changed meanwhile.
    RENEW_HASH: "renew a password's hash" = "
        update users set password_hash = $3 where id = $1 and password_hash = $2";

    /// `$3` is the epoch in which the old password was checked, if it was.
    SET_PASSWORD: "set a password" = "
        update users set password_hash = $2, token_epoch = token_epoch + 1
        where id = $1 and ($3::int4 is null or token_epoch = $3)
        returning token_epoch";

    MARK_VERIFIED: "mark an address as verified" = "
        update users set email_verified_at = now() where id = $1 and email_verified_at is null";

    SET_ROLE: "set a role" = "update users set role = $2 where id = $1 and role <> $2";

    DISABLE: "disable an account" = "
        update users set disabled_at = now(), token_epoch = token_epoch + 1
        where id = $1 and disabled_at is null";

    ENABLE: "enable an account" = "
        update users set disabled_at = null where id = $1 and disabled_at is not null";

    /// The lock of `keep_one_admin`: no admin comes or goes meanwhile.
    HOLD_ADMINS: "hold the admins" = "select pg_advisory_xact_lock(7001)";

    HAS_ADMIN: "look for an admin" = "
        select from users where role = 'admin' and disabled_at is null and erased_at is null limit 1";

    /// A row comes back if there was a token to take.
    TAKE_TOKEN: "count a try" = "
        insert into rate_buckets as bucket (bucket, tokens, at)
        values ($1, $2::int4 - 1, now())
        on conflict (bucket) do update
        set tokens = least($2::int4, bucket.tokens + greatest(extract(epoch from now() - bucket.at), 0) * $2::int4 / $3::int4) - 1,
            at = greatest(bucket.at, now())
        where least($2::int4, bucket.tokens + greatest(extract(epoch from now() - bucket.at), 0) * $2::int4 / $3::int4) >= 1
        returning floor(tokens)::int8 as remaining, ceil(($2::int4 - tokens) * $3::int4 / $2::int4)::int8 as reset";
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
    page: &Page<UserId>,
) -> Result<Vec<Account>, DbError> {
    let (before, limit) = (page.after.unwrap_or(UserId::LAST), page.rows_wanted());
    let role = filter.role.map(Role::name);
    let (query, rows) = match &filter.address {
        Some(start) => (&FIND, db.rows(&FIND, &[&before, &role, &limit, start]).await?),
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
    })
}

fn role(query: &Query, row: &Row) -> Result<Role, DbError> {
    Role::from_name(row.get("role")).ok_or(DbError::nonsense(query, "role"))
}

/// Whether the address was free.
pub(super) async fn insert(
    tx: &Tx<'_>,
    id: UserId,
    email: &Email,
    hash: &PasswordHash,
    role: Role,
) -> Result<bool, DbError> {
    let (written, norm, role) = (email.written(), email.norm(), role.name());
    Ok(tx.execute(&INSERT, &[&id, &written, &norm, &hash.text(), &role]).await? == 1)
}

/// Who has the address, and which hour it is since 1970.
pub(super) async fn known(tx: &Tx<'_>, email: &Email) -> Result<(UserId, i64), DbError> {
    let row = tx.row(&KNOWN, &[&email.norm()]).await?;
    let row = row.ok_or(DbError::nonsense(&KNOWN, "a taken address is nobody's"))?;
    Ok((row.get("id"), row.get("hour")))
}

/// Whose open account waits for the address to be verified.
pub(super) async fn unverified(tx: &Tx<'_>, email: &Email) -> Result<Option<UserId>, DbError> {
    Ok(tx.row(&UNVERIFIED, &[&email.norm()]).await?.map(|row| row.get("id")))
}

pub(super) async fn open(tx: &Tx<'_>, email: &Email) -> Result<Option<UserId>, DbError> {
    Ok(tx.row(&OPEN, &[&email.norm()]).await?.map(|row| row.get("id")))
}

pub(super) struct Credentials {
    pub(super) user: UserId,
    pub(super) email: Email,
    pub(super) hash: PasswordHash,
    pub(super) epoch: i32,
}

pub(super) async fn credentials(db: &Db, email: &Email) -> Result<Option<Credentials>, DbError> {
    let row = db.row(&CREDENTIALS, &[&email.norm()]).await?;
    row.map(|row| read_credentials(&CREDENTIALS, &row)).transpose()
}

pub(super) async fn credentials_of(db: &Db, user: UserId) -> Result<Credentials, DbError> {
    let row = db.row(&CREDENTIALS_OF, &[&user]).await?;
    let row = row.ok_or(DbError::nonsense(&CREDENTIALS_OF, "an account is gone"))?;
    read_credentials(&CREDENTIALS_OF, &row)
}

fn read_credentials(query: &Query, row: &Row) -> Result<Credentials, DbError> {
    let hash = PasswordHash::from_stored(row.get("password_hash"));
    let email = Email::parse(row.get("email")).map_err(|_| DbError::nonsense(query, "email"))?;
    Ok(Credentials {
        user: row.get("id"),
        email,
        hash: hash.ok_or(DbError::nonsense(query, "password_hash"))?,
        epoch: row.get("token_epoch"),
    })
}

pub(super) async fn renew_hash(
    db: &Db,
    user: UserId,
    old: &PasswordHash,
    new: &PasswordHash,
) -> Result<(), DbError> {
    db.execute(&RENEW_HASH, &[&user, &old.text(), &new.text()]).await.map(drop)
}

/// The epoch that begins, unless the account is in another than `expected`.
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

pub(super) async fn set_role(tx: &Tx<'_>, user: UserId, role: Role) -> Result<bool, DbError> {
    Ok(tx.execute(&SET_ROLE, &[&user, &role.name()]).await? == 1)
}

/// Whether the account was open until now.
pub(super) async fn disable(tx: &Tx<'_>, user: UserId) -> Result<bool, DbError> {
    Ok(tx.execute(&DISABLE, &[&user]).await? == 1)
}

pub(super) async fn enable(tx: &Tx<'_>, user: UserId) -> Result<bool, DbError> {
    Ok(tx.execute(&ENABLE, &[&user]).await? == 1)
}

/// Whether there is an admin; none comes before the transaction ends.
pub(super) async fn has_admin(tx: &Tx<'_>) -> Result<bool, DbError> {
    tx.rows(&HOLD_ADMINS, &[]).await?;
    Ok(tx.row(&HAS_ADMIN, &[]).await?.is_some())
}

/// How many tokens the bucket has left, and in how many seconds it is full again. None if it is empty.
pub(super) async fn take_token(
    db: &Db,
    bucket: &str,
    most: i32,
    seconds: i32,
) -> Result<Option<(u32, u32)>, DbError> {
    let Some(row) = db.row(&TAKE_TOKEN, &[&bucket, &most, &seconds]).await? else {
        return Ok(None);
    };
    let count = |column| {
        let count = u32::try_from(row.get::<_, i64>(column));
        count.map_err(|_| DbError::nonsense(&TAKE_TOKEN, column))
    };
    Ok(Some((count("remaining")?, count("reset")?)))
}
