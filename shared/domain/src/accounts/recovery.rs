//! Email verification and password recovery by one-time links, and password changes.
//!
//! Requests for a link succeed whether or not the account exists; the link is sent by email only. An address that nobody
//! has proven gets three links of a kind an hour at most; the last ones stay valid.

use super::{
    Email, Hasher, LinkKey, Password, PasswordAttempt, PresentedToken, Purpose, RefreshKey,
    Refusal, Session, Visitor, rate_limit, sql,
};
use crate::db::Db;
use crate::failure::{Failure, Invalid};
use crate::id::UserId;
use crate::outbox::{self, Event};
use sql::Credentials;
use std::time::Duration;

/// Verifies the email address that the link was sent to. A link can be used once.
pub async fn verify(
    db: &Db,
    token: &PresentedToken,
    visitor: &Visitor,
) -> Result<(), Failure<Refusal>> {
    rate_limit::consume(db, rate_limit::REDEEM_LINK, visitor, token.text()).await?;
    db.transaction(async |tx| {
        let user = sql::link::redeem(tx, Purpose::Verify, token).await?;
        let user = user.ok_or(Refusal::BadLink)?;
        tracing::info!(user.id = %user, "{user} verified their email address");
        Ok(sql::mark_verified(tx, user).await?)
    })
    .await
}

/// Sends another link to an address that is not verified yet. Links sent before become invalid. The response takes at
/// least `hold`, so that it does not show whether there is an account.
pub async fn resend(
    db: &Db,
    links: &LinkKey,
    email: &Email,
    visitor: &Visitor,
    hold: Duration,
) -> Result<(), Failure<Refusal>> {
    let limits = rate_limit::RESEND_VERIFICATION;
    rate_limit::consume_held(db, limits, visitor, email.normalized(), hold).await?;
    db.transaction(async |tx| {
        if let Some(owner) = sql::unverified(tx, email).await?
            && rate_limit::may_send_link(tx, owner, Purpose::Verify).await?
        {
            let user = owner.id;
            let link = sql::link::create(tx, links, user, Purpose::Verify).await?;
            outbox::enqueue(tx, Event::VerificationAsked { link });
        }
        Ok(())
    })
    .await
}

/// Sends a link to set a new password. Links sent before become invalid. The response takes at least `hold`, so that it
/// does not show whether there is an account.
pub async fn forgot(
    db: &Db,
    links: &LinkKey,
    email: &Email,
    visitor: &Visitor,
    hold: Duration,
) -> Result<(), Failure<Refusal>> {
    let limits = rate_limit::FORGOT_PASSWORD;
    rate_limit::consume_held(db, limits, visitor, email.normalized(), hold).await?;
    db.transaction(async |tx| {
        if let Some(owner) = sql::active(tx, email).await?
            && rate_limit::may_send_link(tx, owner, Purpose::Reset).await?
        {
            let user = owner.id;
            let link = sql::link::create(tx, links, user, Purpose::Reset).await?;
            outbox::enqueue(tx, Event::ResetAsked { link });
        }
        Ok(())
    })
    .await
}

/// Sets the password of the user that the link was sent to, and ends all of their sessions. Using the link also
/// verifies the address.
pub async fn reset(
    db: &Db,
    hasher: &Hasher,
    token: &PresentedToken,
    wanted: &str,
    visitor: &Visitor,
) -> Result<(), Failure<Refusal>> {
    rate_limit::consume(db, rate_limit::REDEEM_LINK, visitor, token.text()).await?;
    let email = sql::link::look_up(db, Purpose::Reset, token).await?.ok_or(Refusal::BadLink)?;
    let hash = hasher.hash(&Password::parse(wanted, &email).map_err(Refusal::from)?);
    db.transaction(async |tx| {
        let user = sql::link::redeem(tx, Purpose::Reset, token).await?;
        let user = user.ok_or(Refusal::BadLink)?;
        let epoch = sql::set_password(tx, user, &hash, None).await?.ok_or(Refusal::BadLink)?;
        sql::mark_verified(tx, user).await?;
        sql::session::end_all_sessions(tx, user).await?;
        tracing::info!(user.id = %user, "{user} reset their password");
        outbox::enqueue(tx, Event::PasswordChanged { user, epoch });
        Ok(())
    })
    .await
}

/// The credentials of a user who presents the current password.
pub(super) async fn verify_current(
    db: &Db,
    hasher: &Hasher,
    user: UserId,
    current: &PasswordAttempt,
) -> Result<Credentials, Failure<Refusal>> {
    let credentials = sql::credentials_of(db, user).await?;
    let is_correct = hasher.verify(current, credentials.as_ref().map(|found| &found.hash));
    let Some(credentials) = credentials.filter(|_| is_correct) else {
        tracing::info!(user.id = %user, "wrong current password");
        return Err(Refusal::WrongPassword.into());
    };
    Ok(credentials)
}

/// Changes the password of a user who presents the current one. Ends all sessions and returns a new one.
pub async fn change_password(
    db: &Db,
    hasher: &Hasher,
    key: &RefreshKey,
    user: UserId,
    current: &PasswordAttempt,
    wanted: &str,
    visitor: &Visitor,
) -> Result<Session, Failure<Refusal>> {
    rate_limit::consume(db, rate_limit::CHANGE_PASSWORD, visitor, &user.to_string()).await?;
    let credentials = verify_current(db, hasher, user, current).await?;
    let password = Password::parse(wanted, &credentials.email)
        .map_err(|invalid| Refusal::from(Invalid { pointer: "/new".to_owned(), ..invalid }))?;
    let hash = hasher.hash(&password);
    db.transaction(async |tx| {
        sql::link::invalidate(tx, user, Purpose::Reset).await?;
        let epoch = sql::set_password(tx, user, &hash, Some(credentials.epoch)).await?;
        // None if the password was changed since `current` was verified.
        let epoch = epoch.ok_or(Refusal::WrongPassword)?;
        sql::session::end_all_sessions(tx, user).await?;
        outbox::enqueue(tx, Event::PasswordChanged { user, epoch });
        tracing::info!(user.id = %user, "{user} changed their password");
        let trace = visitor.trace(key);
        let (session,) = tx.together((sql::session::open_session(user, epoch, None, trace),)).await;
        Ok(session?.ok_or(Refusal::SessionEnded)?)
    })
    .await
}
