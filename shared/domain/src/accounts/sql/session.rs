//! SQL statements of sessions and their refresh tokens.

use super::role;
use crate::accounts::session::{Place, Trace};
use crate::accounts::{ActiveSession, ActiveUser, Claim, RefreshToken, Session};
use crate::db::{Ask, Db, DbError, Tx, params, queries};
use crate::id::{FamilyId, UserId};
use tokio_postgres::Row;

/// Whether a session has ended: one revoked token ends the whole family, however many tokens it has.
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
    ACTIVE_ROLE: "look up a caller's role" = concat!("
        select role, email_verified_at is not null as email_verified from users
        where id = $1 and token_epoch = $2 and disabled_at is null and erased_at is null
          and not ", ended!("$3"));

    IS_KNOWN_PLACE: "look for a place of earlier log-ins" = "
        select from sign_in_places where place = $1 and seen_at > now() - interval '56 days'";

    /// Inserts nothing if the account has changed since its password was verified. The share lock makes a concurrent
    /// change wait, so that it sees this session among those to end.
    OPEN_SESSION: "start a session" = "
        with standing as (
            select id, token_epoch from users
            where id = $1 and token_epoch = $4 and disabled_at is null and erased_at is null
            for share
        ), opened as (
            insert into refresh_tokens (hash, family, user_id, expires_at, family_expires_at, device, network)
            select $3, $2, id, now() + interval '7 days', now() + interval '30 days', $6, $7
            from standing
            returning user_id, family
        ), remembered as (
            insert into sign_in_places as known (place, user_id)
            select $5, id from standing where $5::bytea is not null
            on conflict (place) do update set seen_at = now(), user_id = excluded.user_id
            where known.seen_at < now() - interval '1 day' or known.user_id is null
        )
        select opened.user_id, opened.family, standing.token_epoch
        from opened join standing on standing.id = opened.user_id";

    /// Concurrent uses of one token wait for each other; only the first succeeds. A spent token no longer says from where.
    /// The account is locked first, so that a concurrent erasure leaves no successor.
    ROTATE: "refresh a session" = concat!("
        with standing as (
            select users.id, users.token_epoch
            from refresh_tokens as mine join users on users.id = mine.user_id
            where mine.hash = $1 and users.disabled_at is null and users.erased_at is null
            for key share of users
        ), spent as (
            update refresh_tokens as token
            set used_at = now(), device = null, network = null
            from standing
            where token.hash = $1 and token.used_at is null and token.revoked_at is null and token.expires_at > now()
              and not ", ended!("token.family"), "
              and standing.id = token.user_id
            returning token.family, token.user_id, token.family_expires_at, standing.token_epoch
        ), successor as (
            insert into refresh_tokens (hash, family, user_id, expires_at, family_expires_at, device, network)
            select $2, family, user_id, least(now() + interval '7 days', family_expires_at), family_expires_at, $3, $4
            from spent
        )
        select user_id, family, token_epoch from spent");

    FAMILY: "look up the session of a token" = "select family from refresh_tokens where hash = $1";

    REPEAT_ROTATION: "repeat the refresh of a session" = concat!("
        select token.user_id, token.family, users.token_epoch, token.used_at < now() - interval '10 seconds' as is_late
        from refresh_tokens as token
        join refresh_tokens as successor on successor.hash = $2 and successor.family = token.family
        join users on users.id = token.user_id
        where token.hash = $1 and token.used_at is not null
          and successor.used_at is null and successor.expires_at > now()
          and not ", ended!("token.family"), "
          and users.disabled_at is null and users.erased_at is null");

    /// Reused: its successor (`$2`) was used more than ten seconds ago, or cannot be told because the key has changed.
    END_SESSION_OF_REUSED_TOKEN: "end the session of a reused token" = concat!("
        update refresh_tokens as token set revoked_at = now()
        where token.hash = $1 and token.revoked_at is null and token.used_at < now() - interval '10 seconds'
          and not exists (
              select from refresh_tokens as successor
              where successor.hash = $2
                and (successor.used_at is null or successor.used_at >= now() - interval '10 seconds'))
          and not ", ended!("token.family"), "
        returning token.user_id, token.family");

    END_SESSION_OF_TOKEN: "end the session of a token" = concat!("
        update refresh_tokens as token set revoked_at = now()
        where token.hash = $1 and token.revoked_at is null and not ", ended!("token.family"));

    GOES_ON_WITHOUT: "look for a session that goes on without a token" = concat!("
        select from refresh_tokens as token
        join refresh_tokens as newest on newest.user_id = token.user_id and newest.family = token.family
        join users on users.id = token.user_id
        where token.hash = $1 and token.used_at is not null
          and newest.used_at is null and newest.expires_at > now()
          and not ", ended!("token.family"), "
          and users.disabled_at is null and users.erased_at is null");

    /// A session begins 30 days before it ends at the latest.
    LIST: "list the sessions of an account" = concat!("
        select token.family, token.created_at as last_used_at, token.expires_at, token.device, token.network,
               token.family_expires_at - interval '30 days' as created_at
        from refresh_tokens as token
        where token.user_id = $1 and token.used_at is null and token.expires_at > now()
          and not ", ended!("token.family"), "
        order by token.created_at desc, token.family
        limit 100");

    IS_SESSION_OF: "look for a session of a user" = "
        select from refresh_tokens where family = $2 and user_id = $1 limit 1";

    END_SESSION: "end a session" = concat!("
        update refresh_tokens set revoked_at = now()
        where hash = (select hash from refresh_tokens where family = $2 and user_id = $1 limit 1)
          and not ", ended!("$2"));

    /// A token that is being spent meanwhile is revoked nevertheless: it was unused when the statement began. Locks in order
    /// of the hash, so that two transactions that end the same sessions cannot deadlock.
    END_ALL_SESSIONS: "end all sessions of an account" = "
        with unused as materialized (
            select hash from refresh_tokens
            where user_id = $1 and used_at is null and expires_at > now()
        ), doomed as (
            select token.hash from refresh_tokens as token join unused using (hash)
            where token.revoked_at is null
            order by token.hash
            for update of token
        )
        update refresh_tokens set revoked_at = now()
        from doomed where refresh_tokens.hash = doomed.hash";
}

/// Whoever shows an access token. `None` if the account is disabled, its epoch has changed or the session has ended.
pub(crate) fn standing(claim: Claim) -> Ask<Option<ActiveUser>> {
    let Claim { user, epoch, session } = claim;
    Ask::new(&ACTIVE_ROLE, params![user, epoch, session], |rows| {
        let active = |row: &Row| {
            let (role, email_verified) = (role(&ACTIVE_ROLE, row)?, row.get("email_verified"));
            Ok(ActiveUser { role, email_verified })
        };
        rows.first().map(active).transpose()
    })
}

/// Whether the account was logged in to from there within the last eight weeks.
pub(in crate::accounts) async fn is_known_place(db: &Db, place: Place) -> Result<bool, DbError> {
    Ok(db.row(&IS_KNOWN_PLACE, &[&place.hash()]).await?.is_some())
}

/// Remembers where the log-in came from, if that is known. `None` if the account is disabled or its epoch has changed.
pub(in crate::accounts) fn open_session(
    user: UserId,
    epoch: i32,
    place: Option<Place>,
    Trace { device, network }: Trace,
) -> Ask<Option<Session>> {
    let (family, token) = (FamilyId::generate(), RefreshToken::generate());
    let place = place.map(|place| place.hash().to_vec());
    let row = params![user, family, token.hash(), epoch, place, device, network];
    Ask::new(&OPEN_SESSION, row, move |rows| Ok(rows.first().map(|row| session(row, token))))
}

/// Marks the token as used and inserts its successor. `None` if the token was not valid.
pub(in crate::accounts) async fn rotate(
    db: &Db,
    token: RefreshToken,
    successor: RefreshToken,
    Trace { device, network }: &Trace,
) -> Result<Option<Session>, DbError> {
    let row = db.row(&ROTATE, &[&token.hash(), &successor.hash(), device, network]).await?;
    Ok(row.map(|row| session(&row, successor)))
}

/// The session that a token belongs to, whatever became of it.
pub(in crate::accounts) async fn family(
    db: &Db,
    token: RefreshToken,
) -> Result<Option<FamilyId>, DbError> {
    Ok(db.row(&FAMILY, &[&token.hash()]).await?.map(|row| row.get("family")))
}

/// The session again, and whether it is later than a retry is. `None` unless the token was used and its successor is unused.
pub(in crate::accounts) async fn repeat_rotation(
    tx: &Tx<'_>,
    token: RefreshToken,
    successor: RefreshToken,
) -> Result<Option<(Session, bool)>, DbError> {
    let row = tx.row(&REPEAT_ROTATION, &[&token.hash(), &successor.hash()]).await?;
    Ok(row.map(|row| (session(&row, successor), row.get("is_late"))))
}

fn session(row: &Row, refresh_token: RefreshToken) -> Session {
    Session {
        user: row.get("user_id"),
        family: row.get("family"),
        epoch: row.get("token_epoch"),
        refresh_token,
    }
}

/// Ends the session of a reused token. `None` if the token was not reused or its session has already ended.
pub(in crate::accounts) async fn end_session_of_reused_token(
    tx: &Tx<'_>,
    token: RefreshToken,
    successor: RefreshToken,
) -> Result<Option<(UserId, FamilyId)>, DbError> {
    let row = tx.row(&END_SESSION_OF_REUSED_TOKEN, &[&token.hash(), &successor.hash()]).await?;
    Ok(row.map(|row| (row.get("user_id"), row.get("family"))))
}

pub(in crate::accounts) async fn end_session_of(
    tx: &Tx<'_>,
    token: RefreshToken,
) -> Result<(), DbError> {
    tx.execute(&END_SESSION_OF_TOKEN, &[&token.hash()]).await.map(drop)
}

/// Whether the token is spent and its session has another one that is valid.
pub(in crate::accounts) async fn goes_on_without(
    db: &Db,
    token: RefreshToken,
) -> Result<bool, DbError> {
    Ok(db.row(&GOES_ON_WITHOUT, &[&token.hash()]).await?.is_some())
}

/// The sessions that have not ended, last used first, with their networks decrypted by `open`.
pub(in crate::accounts) async fn list(
    db: &Db,
    user: UserId,
    open: impl Fn(&[u8]) -> Option<String>,
) -> Result<Vec<ActiveSession>, DbError> {
    let rows = db.rows(&LIST, &[&user]).await?;
    let session = |row: &Row| ActiveSession {
        id: row.get("family"),
        created_at: row.get("created_at"),
        last_used_at: row.get("last_used_at"),
        expires_at: row.get("expires_at"),
        device: row.get("device"),
        network: row.get::<_, Option<&[u8]>>("network").and_then(&open),
    };
    Ok(rows.iter().map(session).collect())
}

/// Whether the user has or had this session.
pub(in crate::accounts) async fn is_session_of(
    db: &Db,
    user: UserId,
    session: FamilyId,
) -> Result<bool, DbError> {
    Ok(db.row(&IS_SESSION_OF, &[&user, &session]).await?.is_some())
}

pub(in crate::accounts) async fn end_session(
    db: &Db,
    user: UserId,
    session: FamilyId,
) -> Result<(), DbError> {
    db.execute(&END_SESSION, &[&user, &session]).await.map(drop)
}

/// Call it after the change of the account, which waits for sessions that are being started.
pub(in crate::accounts) async fn end_all_sessions(
    tx: &Tx<'_>,
    user: UserId,
) -> Result<(), DbError> {
    tx.execute(&END_ALL_SESSIONS, &[&user]).await.map(drop)
}
