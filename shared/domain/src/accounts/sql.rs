//! The statements behind accounts. They decide nothing.

use super::Account;
use super::email::Email;
use super::hash::PasswordHash;
use super::role::Role;
use super::session::{RefreshToken, Session};
use crate::db::{Db, DbError, Query, queries};
use crate::id::{FamilyId, UserId};
use tokio_postgres::Row;

/// Whether a session has ended. As soon as one of its tokens is revoked, all are: a successor may be
/// written while its family is being revoked, and is stillborn then.
macro_rules! ended {
    ($family:literal) => {
        concat!(
            "exists (select from refresh_tokens as dead where dead.family = ",
            $family,
            " and dead.revoked_at is not null)"
        )
    };
}

queries! {
    STANDING: "look up a caller's standing" = concat!("
        select role from users
        where id = $1 and token_epoch = $2 and disabled_at is null and erased_at is null
          and not ", ended!("$3"));

    PROFILE: "look up an account" = "
        select id, email, role, created_at from users where id = $1";

    INSERT: "open an account" = "
        insert into users (id, email, email_norm, password_hash, role)
        values ($1, $2, $3, $4, $5)
        on conflict on constraint users_email_taken do nothing";

    CREDENTIALS: "look up credentials" = "
        select id, password_hash from users where email_norm = $1";

    /// Unless the password was changed meanwhile.
    RENEW_HASH: "renew a password's hash" = "
        update users set password_hash = $3 where id = $1 and password_hash = $2";

    OPEN_SESSION: "open a session" = "
        with opened as (
            insert into refresh_tokens (hash, family, user_id, expires_at, family_expires_at)
            select $3, $2, id, now() + interval '7 days', now() + interval '30 days'
            from users
            where id = $1 and disabled_at is null and erased_at is null
            returning user_id, family
        )
        select opened.user_id, opened.family, users.token_epoch
        from opened join users on users.id = opened.user_id";

    /// Of many who show the same token, one finds it unused; the others wait for it, and see that it is spent.
    SPEND: "refresh a session" = concat!("
        with spent as (
            update refresh_tokens as token
            set used_at = now()
            from users
            where token.hash = $1 and token.used_at is null and token.revoked_at is null and token.expires_at > now()
              and not ", ended!("token.family"), "
              and users.id = token.user_id and users.disabled_at is null and users.erased_at is null
            returning token.family, token.user_id, token.family_expires_at, users.token_epoch
        ), successor as (
            insert into refresh_tokens (hash, family, user_id, expires_at, family_expires_at)
            select $2, family, user_id, least(now() + interval '7 days', family_expires_at), family_expires_at
            from spent
        )
        select user_id, family, token_epoch from spent");

    SPENT_JUST_NOW: "repeat a session's refresh" = concat!("
        select token.user_id, token.family, users.token_epoch
        from refresh_tokens as token
        join refresh_tokens as successor on successor.hash = $2 and successor.family = token.family
        join users on users.id = token.user_id
        where token.hash = $1 and token.used_at > now() - interval '10 seconds'
          and successor.used_at is null and successor.expires_at > now()
          and not ", ended!("token.family"), "
          and users.disabled_at is null and users.erased_at is null");

    /// In order, so that two who end the same session cannot deadlock.
    END_SESSION_OF_SPENT: "end the session of a spent token" = "
        with doomed as (
            select hash from refresh_tokens
            where revoked_at is null
              and family = (select family from refresh_tokens where hash = $1 and used_at is not null)
            order by hash
            for update
        )
        update refresh_tokens set revoked_at = now()
        from doomed where refresh_tokens.hash = doomed.hash";

    END_SESSION: "end a session" = "
        with doomed as (
            select hash from refresh_tokens
            where family = $2 and user_id = $1 and revoked_at is null
            order by hash
            for update
        )
        update refresh_tokens set revoked_at = now()
        from doomed where refresh_tokens.hash = doomed.hash";

    /// A row comes back if there was a token to take.
    TAKE_TOKEN: "count a try" = "
        insert into rate_buckets as bucket (bucket, tokens, at)
        values ($1, $2::int4 - 1, now())
        on conflict (bucket) do update
        set tokens = least($2::int4, bucket.tokens + greatest(extract(epoch from now() - bucket.at), 0) * $2::int4 / 60) - 1,
            at = greatest(bucket.at, now())
        where least($2::int4, bucket.tokens + greatest(extract(epoch from now() - bucket.at), 0) * $2::int4 / 60) >= 1";
}

pub(super) async fn standing(
    db: &Db,
    user: UserId,
    epoch: i32,
    session: FamilyId,
) -> Result<Option<Role>, DbError> {
    let row = db.row(&STANDING, &[&user, &epoch, &session]).await?;
    row.map(|row| role(&STANDING, &row)).transpose()
}

pub(super) async fn profile(db: &Db, user: UserId) -> Result<Account, DbError> {
    let row = db.row(&PROFILE, &[&user]).await?;
    let row = row.ok_or(DbError::nonsense(&PROFILE, "an account is gone"))?;
    Ok(Account {
        id: row.get("id"),
        email: row.get("email"),
        role: role(&PROFILE, &row)?,
        created_at: row.get("created_at"),
    })
}

fn role(query: &Query, row: &Row) -> Result<Role, DbError> {
    Role::from_name(row.get("role")).ok_or(DbError::nonsense(query, "role"))
}

/// Whether the address was free.
pub(super) async fn insert(
    db: &Db,
    id: UserId,
    email: &Email,
    hash: &PasswordHash,
    role: Role,
) -> Result<bool, DbError> {
    let (written, norm, role) = (email.written(), email.norm(), role.name());
    Ok(db.execute(&INSERT, &[&id, &written, &norm, &hash.text(), &role]).await? == 1)
}

pub(super) struct Credentials {
    pub(super) user: UserId,
    pub(super) hash: PasswordHash,
}

pub(super) async fn credentials(db: &Db, email: &Email) -> Result<Option<Credentials>, DbError> {
    let Some(row) = db.row(&CREDENTIALS, &[&email.norm()]).await? else { return Ok(None) };
    let hash = PasswordHash::from_stored(row.get("password_hash"));
    let hash = hash.ok_or(DbError::nonsense(&CREDENTIALS, "password_hash"))?;
    Ok(Some(Credentials { user: row.get("id"), hash }))
}

pub(super) async fn renew_hash(
    db: &Db,
    user: UserId,
    old: &PasswordHash,
    new: &PasswordHash,
) -> Result<(), DbError> {
    db.execute(&RENEW_HASH, &[&user, &old.text(), &new.text()]).await.map(drop)
}

/// None if the account is closed.
pub(super) async fn open_session(
    db: &Db,
    user: UserId,
    family: FamilyId,
    token: RefreshToken,
) -> Result<Option<Session>, DbError> {
    let row = db.row(&OPEN_SESSION, &[&user, &family, &token.hash()]).await?;
    Ok(row.map(|row| session(&row, token)))
}

/// None unless the token was good.
pub(super) async fn spend(
    db: &Db,
    token: RefreshToken,
    successor: RefreshToken,
) -> Result<Option<Session>, DbError> {
    let row = db.row(&SPEND, &[&token.hash(), &successor.hash()]).await?;
    Ok(row.map(|row| session(&row, successor)))
}

/// None unless the token was spent within ten seconds, and its successor waits to be used.
pub(super) async fn spent_just_now(
    db: &Db,
    token: RefreshToken,
    successor: RefreshToken,
) -> Result<Option<Session>, DbError> {
    let row = db.row(&SPENT_JUST_NOW, &[&token.hash(), &successor.hash()]).await?;
    Ok(row.map(|row| session(&row, successor)))
}

fn session(row: &Row, refresh_token: RefreshToken) -> Session {
    Session {
        user: row.get("user_id"),
        family: row.get("family"),
        epoch: row.get("token_epoch"),
        refresh_token,
    }
}

/// Whether the token was spent, and its session went on.
pub(super) async fn end_session_of_spent(db: &Db, token: RefreshToken) -> Result<bool, DbError> {
    Ok(db.execute(&END_SESSION_OF_SPENT, &[&token.hash()]).await? > 0)
}

pub(super) async fn end_session(db: &Db, user: UserId, session: FamilyId) -> Result<(), DbError> {
    db.execute(&END_SESSION, &[&user, &session]).await.map(drop)
}

/// Whether the bucket had a token left.
pub(super) async fn take_token(db: &Db, bucket: &str, per_minute: i32) -> Result<bool, DbError> {
    Ok(db.execute(&TAKE_TOKEN, &[&bucket, &per_minute]).await? == 1)
}
