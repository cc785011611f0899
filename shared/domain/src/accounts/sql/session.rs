//! Sessions and their tokens.

use super::role;
use crate::accounts::{RefreshToken, Role, Session};
use crate::db::{Db, DbError, Tx, queries};
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

    /// Unless the account changed since its password was checked. Whoever changes it meanwhile waits for the
    /// lock, and then sees this session among those to end.
    OPEN_SESSION: "open a session" = "
        with standing as (
            select id, token_epoch from users
            where id = $1 and token_epoch = $4 and disabled_at is null and erased_at is null
            for share
        ), opened as (
            insert into refresh_tokens (hash, family, user_id, expires_at, family_expires_at)
            select $3, $2, id, now() + interval '7 days', now() + interval '30 days'
            from standing
            returning user_id, family
        )
        select opened.user_id, opened.family, standing.token_epoch
        from opened join standing on standing.id = opened.user_id";

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
        from doomed where refresh_tokens.hash = doomed.hash
        returning refresh_tokens.user_id, refresh_tokens.family";

    END_SESSION: "end a session" = "
        with doomed as (
            select hash from refresh_tokens
            where family = $2 and user_id = $1 and revoked_at is null
            order by hash
            for update
        )
        update refresh_tokens set revoked_at = now()
        from doomed where refresh_tokens.hash = doomed.hash";

    END_ALL_SESSIONS: "end all sessions of an account" = "
        with doomed as (
            select hash from refresh_tokens
            where user_id = $1 and revoked_at is null and family_expires_at > now()
            order by hash
            for update
        )
        update refresh_tokens set revoked_at = now()
        from doomed where refresh_tokens.hash = doomed.hash";
}

pub(in crate::accounts) async fn standing(
    db: &Db,
    user: UserId,
    epoch: i32,
    session: FamilyId,
) -> Result<Option<Role>, DbError> {
    let row = db.row(&STANDING, &[&user, &epoch, &session]).await?;
    row.map(|row| role(&STANDING, &row)).transpose()
}

/// None if the account is closed, or its epoch is another by now.
pub(in crate::accounts) async fn open_session(
    tx: &Tx<'_>,
    user: UserId,
    epoch: i32,
) -> Result<Option<Session>, DbError> {
    let (family, token) = (FamilyId::generate(), RefreshToken::generate());
    let row = tx.row(&OPEN_SESSION, &[&user, &family, &token.hash(), &epoch]).await?;
    Ok(row.map(|row| session(&row, token)))
}

/// None unless the token was good.
pub(in crate::accounts) async fn spend(
    db: &Db,
    token: RefreshToken,
    successor: RefreshToken,
) -> Result<Option<Session>, DbError> {
    let row = db.row(&SPEND, &[&token.hash(), &successor.hash()]).await?;
    Ok(row.map(|row| session(&row, successor)))
}

/// None unless the token was spent within ten seconds, and its successor waits to be used.
pub(in crate::accounts) async fn spent_just_now(
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

/// Whose session ended, and which, if the token was spent and its session went on.
pub(in crate::accounts) async fn end_session_of_spent(
    tx: &Tx<'_>,
    token: RefreshToken,
) -> Result<Option<(UserId, FamilyId)>, DbError> {
    let row = tx.row(&END_SESSION_OF_SPENT, &[&token.hash()]).await?;
    Ok(row.map(|row| (row.get("user_id"), row.get("family"))))
}

pub(in crate::accounts) async fn end_session(
    db: &Db,
    user: UserId,
    session: FamilyId,
) -> Result<(), DbError> {
    db.execute(&END_SESSION, &[&user, &session]).await.map(drop)
}

/// After the account's change: a session that was being opened is seen by then.
pub(in crate::accounts) async fn end_all_sessions(
    tx: &Tx<'_>,
    user: UserId,
) -> Result<(), DbError> {
    tx.execute(&END_ALL_SESSIONS, &[&user]).await.map(drop)
}
