//! Who people are, how they show it, and what they may do.

mod email;
mod hash;
mod password;
mod role;
mod session;
mod sql;
mod throttle;

pub use email::Email;
pub use hash::Hasher;
pub use password::{Guess, Password};
pub use role::Role;
pub use session::{RefreshKey, RefreshToken, Session, WeakKey};
pub(crate) use sql::ALL as ALL_QUERIES;

use crate::db::{Db, DbError};
use crate::failure::{self, Failure, Kind};
use crate::id::{FamilyId, UserId};
use serde_json::{Map, Value};
use time::OffsetDateTime;

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// One answer for an unknown address, a wrong password and a closed account.
    #[error("there is no account with this address and this password")]
    WrongCredentials,
    #[error("this session has ended; sign in again")]
    SessionEnded,
    #[error("too many tries; the next one is free in {retry_after} seconds")]
    TooMany { retry_after: u32 },
    #[error("there is an account with this address already")]
    AddressTaken,
}

impl failure::Refusal for Refusal {
    fn kind(&self) -> Kind {
        match self {
            Self::WrongCredentials | Self::SessionEnded => Kind::Unproven,
            Self::TooMany { .. } => Kind::Throttled,
            Self::AddressTaken => Kind::Conflict,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::WrongCredentials => "wrong_credentials",
            Self::SessionEnded => "session_ended",
            Self::TooMany { .. } => "too_many_requests",
            Self::AddressTaken => "address_taken",
        }
    }

    fn details(&self) -> Map<String, Value> {
        match self {
            Self::TooMany { retry_after } => {
                Map::from_iter([("retry_after".to_owned(), (*retry_after).into())])
            }
            _ => Map::new(),
        }
    }
}

/// An account wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAccount {
    pub email: Email,
    pub password: Password,
}

/// Somebody at the door who says who they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogIn {
    pub email: Email,
    pub password: Guess,
}

/// What an account shows to its owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub id: UserId,
    pub email: String,
    pub role: Role,
    pub created_at: OffsetDateTime,
}

/// Opens a customer's account, unless the address has one. Whoever asks is not told, nor can tell by the time it takes.
pub async fn register(
    db: &Db,
    hasher: &Hasher,
    wanted: &NewAccount,
    origin: &str,
) -> Result<(), Failure<Refusal>> {
    throttle::admit(db, &throttle::REGISTER, &[origin]).await?;
    let id = UserId::generate();
    let hash = hasher.hash(&wanted.password);
    if sql::insert(db, id, &wanted.email, &hash, Role::Customer).await? {
        tracing::info!(user.id = %id, "account {id} opened");
    } else {
        tracing::info!("an account with this address exists already");
    }
    Ok(())
}

/// Opens an account that runs the shop: the first one is made from the inside, by a seed or an operator.
pub async fn appoint_admin(
    db: &Db,
    email: &Email,
    password: &Password,
) -> Result<UserId, Failure<Refusal>> {
    let id = UserId::generate();
    let hash = Hasher::new().hash(password);
    if !sql::insert(db, id, email, &hash, Role::Admin).await? {
        return Err(Refusal::AddressTaken.into());
    }
    tracing::info!(user.id = %id, "account {id} opened, as an admin");
    Ok(id)
}

/// Opens a session. Every way to fail looks the same and costs the same: one hash.
pub async fn log_in(
    db: &Db,
    hasher: &Hasher,
    attempt: &LogIn,
    origin: &str,
) -> Result<Session, Failure<Refusal>> {
    let LogIn { email, password } = attempt;
    throttle::admit(db, &throttle::LOG_IN, &[email.norm(), origin]).await?;
    let found = sql::credentials(db, email).await?;
    let fits = hasher.fits(password, found.as_ref().map(|found| &found.hash));
    let Some(known) = found.filter(|_| fits) else {
        tracing::info!("a log-in failed");
        return Err(Refusal::WrongCredentials.into());
    };
    if let Some(renewed) = hasher.renew(&known.hash, password) {
        sql::renew_hash(db, known.user, &known.hash, &renewed).await?;
    }
    let (family, token) = (FamilyId::generate(), RefreshToken::generate());
    let session = sql::open_session(db, known.user, family, token).await?;
    let session = session.ok_or(Refusal::WrongCredentials)?;
    tracing::info!(user.id = %session.user, "{} logged in", session.user);
    Ok(session)
}

/// Takes a session one turn further: the token is spent, its successor takes its place.
///
/// Whoever lost our answer may ask again for ten seconds. A token shown later than that, or after its
/// successor was used, was stolen by somebody: the session ends for everybody.
pub async fn refresh(
    db: &Db,
    key: &RefreshKey,
    shown: RefreshToken,
) -> Result<Session, Failure<Refusal>> {
    let successor = key.successor(&shown);
    if let Some(session) = sql::spend(db, shown, successor).await? {
        return Ok(session);
    }
    if let Some(session) = sql::spent_just_now(db, shown, successor).await? {
        return Ok(session);
    }
    if sql::end_session_of_spent(db, shown).await? {
        tracing::warn!("refresh_reused: a token was shown again; its session has ended");
    }
    Err(Refusal::SessionEnded.into())
}

/// Ends a session: no token of it is good any more, of either kind.
pub async fn log_out(db: &Db, user: UserId, session: FamilyId) -> Result<(), DbError> {
    sql::end_session(db, user, session).await
}

/// The account as its owner sees it. Whoever is signed in has one: accounts are closed, never deleted.
pub async fn profile(db: &Db, user: UserId) -> Result<Account, DbError> {
    sql::profile(db, user).await
}

/// The role of whoever shows a token of `epoch`, if the account and the session still stand behind it.
pub async fn standing(
    db: &Db,
    user: UserId,
    epoch: i32,
    session: FamilyId,
) -> Result<Option<Role>, DbError> {
    sql::standing(db, user, epoch, session).await
}
