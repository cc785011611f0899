//! Rate limits of the requests that check credentials or send links: token buckets, kept in the database.

mod in_transaction;
mod shopping;

pub(super) use in_transaction::{may_send_link, tolerate_late_repeat};
pub(crate) use in_transaction::{may_send_order_link, take_order_token};
pub(crate) use shopping::{take_checkout_token, take_code_token};

use super::session::{Place, Trace};
use super::{Device, Origin, RefreshKey, Refusal, sql};
use crate::db::{Ask, Db, DbError};
use crate::failure::Failure;
use aws_lc_rs::digest::{Context, SHA256};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The client of a request, known by where it comes from and what it says it is, and the state of its rate limits.
#[derive(Clone, Debug)]
pub struct Visitor {
    pub(super) origin: Origin,
    device: Option<Device>,
    status: Arc<Mutex<Option<RateLimitStatus>>>,
}

/// The state of a bucket: the `RateLimit` headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimitStatus {
    /// The name of the limit.
    pub policy: &'static str,
    /// Its capacity.
    pub limit: u32,
    /// The seconds in which an empty one fills.
    pub window: u32,
    /// The tokens left.
    pub remaining: u32,
    /// The seconds until it is full again.
    pub reset: u32,
}

/// A token bucket: `capacity` tokens, refilled evenly within `seconds`.
pub(super) struct Limit {
    name: &'static str,
    scope: Scope,
    capacity: u16,
    seconds: u32,
}

/// Which requests share a bucket.
#[derive(Clone, Copy, Debug)]
enum Scope {
    Ip,
    /// The account that the request names, whether it exists or not.
    Account,
    IpAndAccount,
    /// The account, and the network that it was logged in to from before.
    NetworkAndAccount,
    /// All requests to the shop.
    Shop,
}

const fn limit(name: &'static str, scope: Scope, capacity: u16, seconds: u32) -> Limit {
    Limit { name, scope, capacity, seconds }
}

// A request that one bucket refuses takes no token from those after it. The account's bucket is last, so that guessing
// passwords from one IP address takes at most ten of its sixty tokens a minute and does not lock the owner out.

const LOG_IN: &[Limit] =
    &[limit("log_in_origin", Scope::Ip, 60, 60), limit("log_in", Scope::IpAndAccount, 10, 60)];
const LOG_IN_ACCOUNT: Limit = limit("log_in_account", Scope::Account, 60, 60);
/// For those who logged in from the same network before, while many others keep the account's bucket empty.
const LOG_IN_KNOWN: Limit = limit("log_in_known", Scope::NetworkAndAccount, 10, 60);

const HELD_CAPACITY: u16 = 4;
/// The most responses that are held at once: see [`consume_held`].
pub const MOST_HELD_AT_ONCE: u16 = 2 * HELD_CAPACITY;

pub(super) const REGISTER: &[Limit] =
    &[limit("register", Scope::Ip, 30, 60), limit("register_account", Scope::Account, 10, 60)];

pub(super) const REFRESH: &[Limit] = &[limit("refresh", Scope::Ip, 120, 60)];
/// Counts by session in place of an account. Keeps the tokens of a session below 50,000 in its 30 days.
pub(super) const REFRESH_SESSION: &[Limit] = &[limit("refresh_session", Scope::Account, 60, 3600)];
/// Exhausting the bucket of an account does not lock its owner out: each of these requests sent them a valid link.
pub(super) const FORGOT_PASSWORD: &[Limit] =
    &[limit("forget", Scope::Ip, 20, 60), limit("forget_account", Scope::Account, 5, 3600)];

pub(super) const RESEND_VERIFICATION: &[Limit] =
    &[limit("resend", Scope::Ip, 20, 60), limit("resend_account", Scope::Account, 5, 3600)];

/// Counts by token in place of an account.
pub(super) const REDEEM_LINK: &[Limit] =
    &[limit("link", Scope::Ip, 30, 60), limit("link_account", Scope::Account, 10, 60)];

pub(super) const CHANGE_PASSWORD: &[Limit] =
    &[limit("password", Scope::Ip, 30, 60), limit("password_account", Scope::Account, 10, 60)];

/// Takes a token from each bucket, in order. Refuses at the first one that is empty.
pub(super) async fn consume(
    db: &Db,
    limits: &[Limit],
    visitor: &Visitor,
    account: &str,
) -> Result<(), Failure<Refusal>> {
    for limit in limits {
        if !take_token(db, limit, visitor, account).await? {
            return Err(limit.refuse(visitor).into());
        }
    }
    Ok(())
}

/// Counts the use of a link, by its text.
pub(crate) async fn count_link_use(
    db: &Db,
    visitor: &Visitor,
    link: &str,
) -> Result<(), Failure<Refusal>> {
    consume(db, REDEEM_LINK, visitor, link).await
}

/// Like [`consume`], for a request whose response takes at least `hold`, so that it does not show whether there is an
/// account. That keeps a function instance busy, so all of these requests together are limited, whoever sends them.
pub(super) async fn consume_held(
    db: &Db,
    limits: &[Limit],
    visitor: &Visitor,
    account: &str,
    hold: Duration,
) -> Result<(), Failure<Refusal>> {
    consume(db, limits, visitor, account).await?;
    match held(hold) {
        Some(limit) => consume(db, &[limit], visitor, account).await,
        None => Ok(()),
    }
}

/// A bucket that takes no less than `hold` to fill, so that it gives out at most twice its capacity within that time.
fn held(hold: Duration) -> Option<Limit> {
    let seconds = hold.as_millis().div_ceil(1000);
    let seconds = u32::try_from(seconds).unwrap_or(u32::MAX);
    (seconds > 0).then(|| limit("held", Scope::Shop, HELD_CAPACITY, seconds))
}

/// Like [`consume`], for a log-in. Where the account's bucket is empty, whoever logged in from the same network before
/// takes from another one, which nobody elsewhere can empty. `ask` leaves together with the account's; its answer counts for
/// those who are let in.
pub(super) async fn consume_log_in<T>(
    db: &Db,
    visitor: &Visitor,
    account: &str,
    place: Option<Place>,
    ask: Ask<T>,
) -> Result<T, Failure<Refusal>> {
    consume(db, LOG_IN, visitor, account).await?;
    let (left, answer) = db.together((LOG_IN_ACCOUNT.token(visitor, account), ask)).await;
    let (left, answer) = (left?, answer?);
    if LOG_IN_ACCOUNT.is_taken(visitor, left) {
        return Ok(answer);
    }
    let is_known = match place {
        Some(place) => sql::session::is_known_place(db, place).await?,
        None => false,
    };
    if is_known && take_token(db, &LOG_IN_KNOWN, visitor, account).await? {
        return Ok(answer);
    }
    Err(LOG_IN_ACCOUNT.refuse(visitor).into())
}

/// Whether the bucket had a token.
async fn take_token(
    db: &Db,
    limit: &Limit,
    visitor: &Visitor,
    account: &str,
) -> Result<bool, DbError> {
    let (left,) = db.together((limit.token(visitor, account),)).await;
    Ok(limit.is_taken(visitor, left?))
}

impl Visitor {
    pub fn from(origin: impl Into<Origin>) -> Self {
        Self { origin: origin.into(), device: None, status: Arc::default() }
    }

    #[must_use]
    pub fn with(self, device: Option<Device>) -> Self {
        Self { device, ..self }
    }

    /// What a session keeps of it.
    pub(super) fn trace(&self, key: &RefreshKey) -> Trace {
        Trace::new(key, self.origin, self.device.as_ref())
    }

    /// The state of the bucket with the fewest tokens left. `None` if the request was not rate limited.
    pub fn rate_limit_status(&self) -> Option<RateLimitStatus> {
        *self.status.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Two bytes of a hash of where it comes from: enough to count orders by, and too few to tell an address.
    pub(crate) fn origin_tag(&self) -> i32 {
        let mut hash = Context::new(&SHA256);
        hash.update(self.origin.client().as_bytes());
        let hash = hash.finish();
        u16::from_be_bytes([hash.as_ref()[0], hash.as_ref()[1]]).into()
    }

    fn record(&self, new: RateLimitStatus) {
        let mut lowest = self.status.lock().unwrap_or_else(PoisonError::into_inner);
        if lowest.is_none_or(|lowest| new.remaining <= lowest.remaining) {
            *lowest = Some(new);
        }
    }
}

impl Limit {
    fn token(&self, visitor: &Visitor, account: &str) -> Ask<Option<(u32, u32)>> {
        let (capacity, seconds) = self.numbers();
        sql::bucket::consume_token(self.bucket(visitor.origin, account), capacity, seconds)
    }

    /// Whether there was a token. `left` is how many there are now, and in how many seconds the bucket is full again.
    fn is_taken(&self, visitor: &Visitor, left: Option<(u32, u32)>) -> bool {
        // What all requests share says nothing about the one who asks.
        if let (Some((remaining, reset)), false) = (left, matches!(self.scope, Scope::Shop)) {
            visitor.record(self.status(remaining, reset));
        }
        left.is_some()
    }

    /// Hashed, so that no email address stays in the table after its account was erased.
    fn bucket(&self, origin: Origin, account: &str) -> String {
        let client = origin.client();
        let network = origin.network().unwrap_or_default();
        let subject: &[&str] = match self.scope {
            Scope::Ip => &[&client],
            Scope::Account => &[account],
            Scope::IpAndAccount => &[account, &client],
            Scope::NetworkAndAccount => &[account, &network],
            Scope::Shop => &[],
        };
        let mut hash = Context::new(&SHA256);
        for part in subject {
            hash.update(part.as_bytes());
            hash.update(b"\n");
        }
        format!("{}:{}", self.name, BASE64_URL_SAFE_NO_PAD.encode(hash.finish()))
    }

    fn numbers(&self) -> (i32, i32) {
        (self.capacity.into(), i32::try_from(self.seconds).unwrap_or(i32::MAX))
    }

    fn refuse(&self, visitor: &Visitor) -> Refusal {
        visitor.record(self.status(0, self.seconds));
        tracing::warn!(limit = self.name, "auth_throttled: rate limit {} exceeded", self.name);
        Refusal::TooManyRequests { retry_after: self.seconds_per_token() }
    }

    fn status(&self, remaining: u32, reset: u32) -> RateLimitStatus {
        let (limit, window) = (self.capacity.into(), self.seconds);
        RateLimitStatus { policy: self.name, limit, window, remaining, reset }
    }

    fn seconds_per_token(&self) -> u32 {
        self.seconds.div_ceil(self.capacity.into())
    }
}

#[cfg(test)]
mod tests;
