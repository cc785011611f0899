//! Who people are, how they show it, and what they may do.

mod email;
mod hash;
mod link;
mod password;
mod people;
mod recovery;
mod refusal;
mod role;
mod session;
mod sql;
mod throttle;

pub use email::Email;
pub use hash::Hasher;
pub use link::{LinkKey, Purpose, Shown};
pub use password::{Guess, Password};
pub use people::{Appointed, UserFilter, appoint_admin, disable, enable, list, set_role, show};
pub use recovery::{change_password, forgot, resend, reset, verify};
pub use refusal::Refusal;
pub use role::Role;
pub use session::{RefreshKey, RefreshToken, Session, WeakKey};
pub(crate) use sql::ALL as ALL_QUERIES;
pub(crate) use sql::link::ALL as LINK_QUERIES;
pub(crate) use sql::session::ALL as SESSION_QUERIES;
pub use throttle::{Allowance, Visitor};

use crate::db::{Db, DbError};
use crate::failure::Failure;
use crate::id::{FamilyId, UserId};
use crate::outbox::{self, Event};
use time::OffsetDateTime;

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

/// What an account shows to its owner, and to admins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub id: UserId,
    pub email: String,
    /// Whether somebody has shown a link that was sent there.
    pub email_verified: bool,
    pub role: Role,
    pub created_at: OffsetDateTime,
    pub disabled_at: Option<OffsetDateTime>,
}

/// Opens a customer's account, unless the address has one; either way a mail tells its owner. Whoever asks is
/// not told, nor can tell by the work that it takes.
pub async fn register(
    db: &Db,
    hasher: &Hasher,
    links: &LinkKey,
    wanted: &NewAccount,
    visitor: &Visitor,
) -> Result<(), Failure<Refusal>> {
    let NewAccount { email, password } = wanted;
    throttle::admit(db, throttle::REGISTER, visitor, email.norm()).await?;
    let hash = hasher.hash(password);
    db.transaction(async |tx| {
        let id = UserId::generate();
        let event = if sql::insert(tx, id, email, &hash, Role::Customer).await? {
            tracing::info!(user.id = %id, "account {id} opened");
            let link = sql::link::offer(tx, links, id, Purpose::Verify).await?;
            Event::VerificationAsked { link }
        } else {
            tracing::info!("an account with this address exists already");
            let (user, hour) = sql::known(tx, email).await?;
            Event::RegisteredAgain { user, hour }
        };
        Ok(outbox::enqueue(tx, event).await?)
    })
    .await
}

/// Opens a session. Every way to fail looks the same and costs the same: one hash.
pub async fn log_in(
    db: &Db,
    hasher: &Hasher,
    attempt: &LogIn,
    visitor: &Visitor,
) -> Result<Session, Failure<Refusal>> {
    let LogIn { email, password } = attempt;
    throttle::admit(db, throttle::LOG_IN, visitor, email.norm()).await?;
    let found = sql::credentials(db, email).await?;
    let fits = hasher.fits(password, found.as_ref().map(|found| &found.hash));
    let Some(known) = found.filter(|_| fits) else {
        tracing::info!("a log-in failed");
        return Err(Refusal::WrongCredentials.into());
    };
    if let Some(renewed) = hasher.renew(&known.hash, password) {
        sql::renew_hash(db, known.user, &known.hash, &renewed).await?;
    }
    let session = db
        .transaction(async |tx| {
            let session = sql::session::open_session(tx, known.user, known.epoch).await?;
            Ok(session.ok_or(Refusal::WrongCredentials)?)
        })
        .await?;
    tracing::info!(user.id = %session.user, "{} logged in", session.user);
    Ok(session)
}

/// Takes a session one turn further: the token is spent, its successor takes its place.
///
/// Whoever lost our answer may ask again for ten seconds. A token shown later than that, or after its
/// successor was used, was stolen by somebody: the session ends for everybody, and its owner gets a mail.
pub async fn refresh(
    db: &Db,
    key: &RefreshKey,
    shown: RefreshToken,
    visitor: &Visitor,
) -> Result<Session, Failure<Refusal>> {
    throttle::admit(db, throttle::REFRESH, visitor, "").await?;
    let successor = key.successor(&shown);
    if let Some(session) = sql::session::spend(db, shown, successor).await? {
        return Ok(session);
    }
    if let Some(session) = sql::session::spent_just_now(db, shown, successor).await? {
        return Ok(session);
    }
    let stolen = db
        .transaction(async |tx| {
            let stolen = sql::session::end_session_of_spent(tx, shown).await?;
            if let Some((user, session)) = stolen {
                outbox::enqueue(tx, Event::SessionStolen { user, session }).await?;
            }
            Ok::<_, Failure<Refusal>>(stolen)
        })
        .await?;
    if let Some((user, _)) = stolen {
        tracing::warn!(user.id = %user, "refresh_reused: a token was shown again; its session has ended");
    }
    Err(Refusal::SessionEnded.into())
}

/// Ends a session: no token of it is good any more, of either kind.
pub async fn log_out(db: &Db, user: UserId, session: FamilyId) -> Result<(), DbError> {
    sql::session::end_session(db, user, session).await
}

/// The role of whoever shows a token of `epoch`, if the account and the session still stand behind it.
pub async fn standing(
    db: &Db,
    user: UserId,
    epoch: i32,
    session: FamilyId,
) -> Result<Option<Role>, DbError> {
    sql::session::standing(db, user, epoch, session).await
}
