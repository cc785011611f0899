//! User accounts: registration, login, sessions, password recovery, roles.

mod device;
mod erasure;
mod hash;
mod link;
mod origin;
mod password;
mod rate_limit;
mod recovery;
mod refusal;
mod role;
mod session;
mod sql;
mod user_filter;
mod users;

pub use crate::email::Email;
pub use device::Device;
pub use erasure::{check_password, was_erased_in};
pub(crate) use erasure::{erase, erased_address, lock_to_erase, read};
pub use hash::Hasher;
pub use link::{LinkKey, PresentedToken, Purpose};
pub use origin::Origin;
pub use password::{Password, PasswordAttempt};
pub use rate_limit::{MOST_HELD_AT_ONCE, RateLimitStatus, Visitor};
pub(crate) use rate_limit::{
    count_link_use, may_send_order_link, take_checkout_token, take_code_token, take_order_token,
};
pub use recovery::{change_password, forgot, resend, reset, verify};
pub use refusal::{OpenOrder, OpenReason, Refusal};
pub use role::Role;
pub use session::{ActiveSession, Claim, RefreshKey, RefreshToken, Session, WeakKey};
pub(crate) use sql::ALL as ALL_QUERIES;
pub(crate) use sql::bucket::ALL as BUCKET_QUERIES;
pub(crate) use sql::erasure::ALL as ERASURE_QUERIES;
pub(crate) use sql::link::{ALL as LINK_QUERIES, proven_address};
pub(crate) use sql::session::ALL as SESSION_QUERIES;
pub(crate) use sql::session::standing;
pub use user_filter::UserFilter;
pub use users::{FirstAdmin, create_first_admin, disable, enable, list, set_role, show};

use crate::db::{Db, DbError, Tx};
use crate::failure::Failure;
use crate::id::{FamilyId, LinkId, UserId};
use crate::outbox::{self, Event};
use sql::{Credentials, Owner};
use std::time::Duration;
use time::OffsetDateTime;

/// A registration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAccount {
    pub email: Email,
    pub password: Password,
}

/// A login attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogIn {
    pub email: Email,
    pub password: PasswordAttempt,
}

/// An account, as its owner and admins see it. Contains no credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub id: UserId,
    pub email: String,
    /// Whether a link sent to the address was used.
    pub email_verified: bool,
    pub role: Role,
    pub created_at: OffsetDateTime,
    pub disabled_at: Option<OffsetDateTime>,
    /// When it was erased. Then its address is none.
    pub erased_at: Option<OffsetDateTime>,
}

/// What the emails about an account can be about.
pub(crate) struct Announced {
    pub(crate) epoch: i32,
    /// The current hour, counted since 1970.
    pub(crate) hour: i64,
    /// Those that are not forgotten yet, ended or not.
    pub(crate) sessions: Vec<FamilyId>,
    pub(crate) links: Vec<LinkId>,
}

/// Creates a customer's account, unless the address has one. Either way the owner of the address gets an email. They can
/// log in to a new account once they have used its link, so that the next log-in shows no more than the result does.
/// Neither the result nor the work done shows whether the account existed (user enumeration), and the response takes at
/// least `hold`.
pub async fn register(
    db: &Db,
    hasher: &Hasher,
    links: &LinkKey,
    wanted: &NewAccount,
    visitor: &Visitor,
    hold: Duration,
) -> Result<(), Failure<Refusal>> {
    let NewAccount { email, password } = wanted;
    let limits = rate_limit::REGISTER;
    rate_limit::consume_held(db, limits, visitor, email.normalized(), hold).await?;
    let hash = hasher.hash(password);
    db.transaction(async |tx| {
        let id = UserId::generate();
        let event = if sql::insert(tx, id, email, &hash, Role::Customer, true).await? {
            tracing::info!(user.id = %id, "account {id} created");
            let owner = Owner { id, email_verified: false };
            rate_limit::may_send_link(tx, owner, Purpose::Verify).await?;
            let link = sql::link::create(tx, links, id, Purpose::Verify).await?;
            Event::VerificationAsked { link }
        } else {
            tracing::info!("an account with this address exists already");
            let (user, hour) = sql::owner(tx, email).await?;
            Event::RegisteredAgain { user, hour }
        };
        outbox::enqueue(tx, event);
        Ok(())
    })
    .await
}

/// Starts a session, and remembers where it was started from: see [`rate_limit::consume_log_in`]. An unknown address, a
/// wrong password, an account whose address is not verified yet and a disabled one are refused alike, each after as many
/// password hashes.
pub async fn log_in(
    db: &Db,
    hasher: &Hasher,
    key: &RefreshKey,
    attempt: &LogIn,
    visitor: &Visitor,
) -> Result<Session, Failure<Refusal>> {
    let LogIn { email, password } = attempt;
    let (place, trace) = (key.place(email, visitor.origin), visitor.trace(key));
    let credentials = sql::credentials(email);
    let found =
        rate_limit::consume_log_in(db, visitor, email.normalized(), place, credentials).await?;
    let is_correct = hasher.verify(password, found.as_ref().map(|found| &found.hash));
    let Some(credentials) = found.filter(|found| is_correct && found.may_log_in) else {
        tracing::info!("login failed");
        return Err(Refusal::WrongCredentials.into());
    };
    if let Some(new_hash) = hasher.rehash(&credentials.hash, password) {
        sql::replace_hash(db, credentials.user, &credentials.hash, &new_hash).await?;
    }
    let Credentials { user, epoch, .. } = credentials;
    let (session,) = db.together((sql::session::open_session(user, epoch, place, trace),)).await;
    let session = session?.ok_or(Refusal::WrongCredentials)?;
    tracing::info!(user.id = %session.user, "{} logged in", session.user);
    Ok(session)
}

/// Rotates the refresh token of a session.
///
/// While the successor is unused, the spent token gives the same one again: the response may have been lost, or another
/// tab was faster. Once the successor was used, the spent token is refused. For ten seconds it may still come from a tab
/// that was late; after that it may have been stolen (RFC 9700, 4.14.2): the session ends, and the owner gets an email. So
/// it does if more than three tokens are presented again in a day, each more than ten seconds after its use.
pub async fn refresh(
    db: &Db,
    key: &RefreshKey,
    token: RefreshToken,
    visitor: &Visitor,
) -> Result<Session, Failure<Refusal>> {
    rate_limit::consume(db, rate_limit::REFRESH, visitor, "").await?;
    let session = sql::session::family(db, token).await?.ok_or(Refusal::SessionEnded)?;
    rate_limit::consume(db, rate_limit::REFRESH_SESSION, visitor, &session.to_string()).await?;
    let (successor, trace) = (key.successor(&token), visitor.trace(key));
    if let Some(session) = sql::session::rotate(db, token, successor, &trace).await? {
        return Ok(session);
    }
    match db.transaction(async |tx| present_again(tx, token, successor).await).await? {
        SpentToken::Repeated(session) => return Ok(session),
        SpentToken::Stolen(user) => {
            tracing::warn!(user.id = %user, "refresh_reused: a refresh token was reused; its session was ended");
        }
        SpentToken::Refused if sql::session::goes_on_without(db, token).await? => {
            return Err(Refusal::TokenReplaced.into());
        }
        SpentToken::Refused => {}
    }
    Err(Refusal::SessionEnded.into())
}

/// What becomes of a token that is not valid any more.
enum SpentToken {
    Repeated(Session),
    /// The session of this user was ended.
    Stolen(UserId),
    Refused,
}

async fn present_again(
    tx: &Tx<'_>,
    token: RefreshToken,
    successor: RefreshToken,
) -> Result<SpentToken, Failure<Refusal>> {
    let stolen = match sql::session::repeat_rotation(tx, token, successor).await? {
        Some((session, is_late)) => {
            if !is_late || rate_limit::tolerate_late_repeat(tx, token, session.family).await? {
                return Ok(SpentToken::Repeated(session));
            }
            sql::session::end_session_of(tx, token).await?;
            Some((session.user, session.family))
        }
        None => sql::session::end_session_of_reused_token(tx, token, successor).await?,
    };
    let Some((user, session)) = stolen else { return Ok(SpentToken::Refused) };
    outbox::enqueue(tx, Event::SessionStolen { user, session });
    Ok(SpentToken::Stolen(user))
}

/// Ends a session. Its refresh tokens and access tokens are no longer accepted. Ending it again changes nothing.
pub async fn log_out(db: &Db, user: UserId, session: FamilyId) -> Result<(), DbError> {
    sql::session::end_session(db, user, session).await
}

/// The sessions of a user that have not ended, last used first, a hundred at most.
pub async fn sessions(
    db: &Db,
    key: &RefreshKey,
    user: UserId,
) -> Result<Vec<ActiveSession>, DbError> {
    sql::session::list(db, user, |sealed| key.open_network(sealed)).await
}

/// What the emails about an account can be about.
pub(crate) async fn announced(db: &Db, user: UserId) -> Result<Announced, Failure<Refusal>> {
    Ok(sql::announced(db, user).await?.ok_or(Refusal::UserNotFound)?)
}

/// Like [`log_out`], for any session of the user.
pub async fn end_session(db: &Db, user: UserId, session: FamilyId) -> Result<(), Failure<Refusal>> {
    sql::session::end_session(db, user, session).await?;
    if sql::session::is_session_of(db, user, session).await? {
        return Ok(());
    }
    Err(Refusal::SessionNotFound.into())
}

/// What a request needs to know of its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActiveUser {
    pub role: Role,
    /// Whether a link sent to the address was used.
    pub email_verified: bool,
}

/// See [`standing`].
pub async fn active_user(db: &Db, claim: Claim) -> Result<Option<ActiveUser>, DbError> {
    let (active,) = db.together((standing(claim),)).await;
    active
}
