//! Links in mails, and new passwords.
//!
//! Whoever asks for a link is told the same whether there is an account or not, so the link goes out by mail only.

use super::{
    Email, Guess, Hasher, LinkKey, Password, Purpose, Refusal, Session, Shown, Visitor, sql,
    throttle,
};
use crate::db::Db;
use crate::failure::{Failure, Invalid};
use crate::id::UserId;
use crate::outbox::{self, Event};

/// Verifies the address that the link was sent to. A link does that once.
pub async fn verify(db: &Db, shown: &Shown, visitor: &Visitor) -> Result<(), Failure<Refusal>> {
    throttle::admit(db, throttle::SHOW_LINK, visitor, shown.text()).await?;
    db.transaction(async |tx| {
        let user = sql::link::use_up(tx, Purpose::Verify, shown).await?;
        let user = user.ok_or(Refusal::BadLink)?;
        tracing::info!(user.id = %user, "{user} verified their address");
        Ok(sql::mark_verified(tx, user).await?)
    })
    .await
}

/// Sends another link to an address that waits to be verified. Links sent before are good no more.
pub async fn resend(
    db: &Db,
    links: &LinkKey,
    email: &Email,
    visitor: &Visitor,
) -> Result<(), Failure<Refusal>> {
    throttle::admit(db, throttle::RESEND, visitor, email.norm()).await?;
    db.transaction(async |tx| {
        if let Some(user) = sql::unverified(tx, email).await? {
            let link = sql::link::offer(tx, links, user, Purpose::Verify).await?;
            outbox::enqueue(tx, Event::VerificationAsked { link }).await?;
        }
        Ok(())
    })
    .await
}

/// Sends a link with which a new password can be set. Links sent before are good no more.
pub async fn forgot(
    db: &Db,
    links: &LinkKey,
    email: &Email,
    visitor: &Visitor,
) -> Result<(), Failure<Refusal>> {
    throttle::admit(db, throttle::FORGET, visitor, email.norm()).await?;
    db.transaction(async |tx| {
        if let Some(user) = sql::open(tx, email).await? {
            let link = sql::link::offer(tx, links, user, Purpose::Reset).await?;
            outbox::enqueue(tx, Event::ResetAsked { link }).await?;
        }
        Ok(())
    })
    .await
}

/// Sets the password of whoever the link was sent to, and ends all of their sessions. The link proves the
/// address as well.
pub async fn reset(
    db: &Db,
    hasher: &Hasher,
    shown: &Shown,
    wanted: &str,
    visitor: &Visitor,
) -> Result<(), Failure<Refusal>> {
    throttle::admit(db, throttle::SHOW_LINK, visitor, shown.text()).await?;
    let email = sql::link::look_up(db, Purpose::Reset, shown).await?.ok_or(Refusal::BadLink)?;
    let hash = hasher.hash(&Password::parse(wanted, &email).map_err(Refusal::from)?);
    db.transaction(async |tx| {
        let user = sql::link::use_up(tx, Purpose::Reset, shown).await?;
        let user = user.ok_or(Refusal::BadLink)?;
        let epoch = sql::set_password(tx, user, &hash, None).await?.ok_or(Refusal::BadLink)?;
        sql::mark_verified(tx, user).await?;
        sql::session::end_all_sessions(tx, user).await?;
        tracing::info!(user.id = %user, "{user} set a new password by a link");
        Ok(outbox::enqueue(tx, Event::PasswordChanged { user, epoch }).await?)
    })
    .await
}

/// Sets another password for whoever knows the current one. All sessions end but a new one, which is returned.
pub async fn change_password(
    db: &Db,
    hasher: &Hasher,
    user: UserId,
    current: &Guess,
    wanted: &str,
    visitor: &Visitor,
) -> Result<Session, Failure<Refusal>> {
    throttle::admit(db, throttle::CHANGE_PASSWORD, visitor, &user.to_string()).await?;
    let known = sql::credentials_of(db, user).await?;
    if !hasher.fits(current, Some(&known.hash)) {
        tracing::info!(user.id = %user, "a change of password failed");
        return Err(Refusal::WrongPassword.into());
    }
    let password = Password::parse(wanted, &known.email)
        .map_err(|invalid| Refusal::from(Invalid { pointer: "/new".to_owned(), ..invalid }))?;
    let hash = hasher.hash(&password);
    db.transaction(async |tx| {
        sql::link::void(tx, user, Purpose::Reset).await?;
        let epoch = sql::set_password(tx, user, &hash, Some(known.epoch)).await?;
        // Somebody else changed it first: what was shown is the current one no more.
        let epoch = epoch.ok_or(Refusal::WrongPassword)?;
        sql::session::end_all_sessions(tx, user).await?;
        outbox::enqueue(tx, Event::PasswordChanged { user, epoch }).await?;
        tracing::info!(user.id = %user, "{user} changed their password");
        let session = sql::session::open_session(tx, user, epoch).await?;
        Ok(session.ok_or(Refusal::SessionEnded)?)
    })
    .await
}
