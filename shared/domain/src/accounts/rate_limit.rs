//! Rate limits of the requests that check credentials or send links: token buckets, kept in the database.

use super::{Refusal, sql};
use crate::db::Db;
use crate::failure::Failure;
use aws_lc_rs::digest::{Context, SHA256};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use std::sync::{Arc, Mutex, PoisonError};

/// The client of a request, known by its IP address, and the state of its rate limits.
#[derive(Clone, Debug)]
pub struct Visitor {
    ip: String,
    status: Arc<Mutex<Option<RateLimitStatus>>>,
}

/// Capacity of a bucket, tokens left, and seconds until it is full again: the `RateLimit-*` headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimitStatus {
    pub limit: u32,
    pub remaining: u32,
    pub reset: u32,
}

/// A token bucket: `capacity` tokens, refilled evenly within `seconds`.
pub(super) struct Limit {
    name: &'static str,
    scope: Scope,
    capacity: u16,
    seconds: u16,
}

/// Which requests share a bucket.
#[derive(Clone, Copy, Debug)]
enum Scope {
    Ip,
    /// The account that the request names, whether it exists or not.
    Account,
    IpAndAccount,
}

const fn limit(name: &'static str, scope: Scope, capacity: u16, seconds: u16) -> Limit {
    Limit { name, scope, capacity, seconds }
}

// A request that one bucket refuses takes no token from those after it. The account's bucket is last, so that guessing
// passwords from one IP address takes at most ten of its sixty tokens a minute and does not lock the owner out.

pub(super) const LOG_IN: &[Limit] = &[
    limit("log_in_origin", Scope::Ip, 60, 60),
    limit("log_in", Scope::IpAndAccount, 10, 60),
    limit("log_in_account", Scope::Account, 60, 60),
];

pub(super) const REGISTER: &[Limit] =
    &[limit("register", Scope::Ip, 30, 60), limit("register_account", Scope::Account, 10, 60)];

pub(super) const REFRESH: &[Limit] = &[limit("refresh", Scope::Ip, 120, 60)];

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
        let bucket = limit.bucket(&visitor.ip, account);
        let tokens =
            sql::consume_token(db, &bucket, limit.capacity.into(), limit.seconds.into()).await?;
        let (remaining, reset) = tokens.unwrap_or((0, limit.seconds.into()));
        visitor.record(RateLimitStatus { limit: limit.capacity.into(), remaining, reset });
        if tokens.is_none() {
            tracing::warn!(
                limit = limit.name,
                "auth_throttled: rate limit {} exceeded",
                limit.name
            );
            return Err(Refusal::TooManyRequests { retry_after: limit.seconds_per_token() }.into());
        }
    }
    Ok(())
}

impl Visitor {
    pub fn from(ip: impl Into<String>) -> Self {
        Self { ip: ip.into(), status: Arc::default() }
    }

    /// The state of the bucket with the fewest tokens left. `None` if the request was not rate limited.
    pub fn rate_limit_status(&self) -> Option<RateLimitStatus> {
        *self.status.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn record(&self, new: RateLimitStatus) {
        let mut lowest = self.status.lock().unwrap_or_else(PoisonError::into_inner);
        if lowest.is_none_or(|lowest| new.remaining <= lowest.remaining) {
            *lowest = Some(new);
        }
    }
}

impl Limit {
    /// Hashed, so that no email address stays in the table after its account was erased.
    fn bucket(&self, ip: &str, account: &str) -> String {
        let subject: &[&str] = match self.scope {
            Scope::Ip => &[ip],
            Scope::Account => &[account],
            Scope::IpAndAccount => &[account, ip],
        };
        let mut hash = Context::new(&SHA256);
        for part in subject {
            hash.update(part.as_bytes());
            hash.update(b"\n");
        }
        format!("{}:{}", self.name, BASE64_URL_SAFE_NO_PAD.encode(hash.finish()))
    }

    fn seconds_per_token(&self) -> u32 {
        u32::from(self.seconds).div_ceil(self.capacity.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_is_named_after_its_subject_but_does_not_tell_it() {
        let [ip, pair, account] = LOG_IN else { panic!("three") };
        let bucket = pair.bucket("192.0.2.1", "ann@example.com");

        assert!(bucket.starts_with("log_in:") && !bucket.contains("ann"), "{bucket}");
        assert_eq!(bucket, pair.bucket("192.0.2.1", "ann@example.com"));
        assert_ne!(bucket, pair.bucket("192.0.2.2", "ann@example.com"));
        assert_ne!(bucket, pair.bucket("192.0.2.1", "bob@example.com"));
        assert_eq!(ip.bucket("192.0.2.1", "ann"), ip.bucket("192.0.2.1", "bob"));
        assert_eq!(account.bucket("192.0.2.1", "ann"), account.bucket("192.0.2.2", "ann"));
    }

    #[test]
    fn the_next_token_is_there_when_we_say() {
        let seconds = |limits: &[Limit]| limits.last().map(Limit::seconds_per_token);
        assert_eq!(LOG_IN[1].seconds_per_token(), 6);
        assert_eq!(seconds(LOG_IN), Some(1));
        assert_eq!(seconds(FORGOT_PASSWORD), Some(720));
    }

    #[test]
    fn a_visitor_is_told_of_the_emptiest_bucket() {
        let visitor = Visitor::from("192.0.2.1");
        assert_eq!(visitor.rate_limit_status(), None);

        for (limit, remaining) in [(60, 59), (10, 3), (60, 40)] {
            visitor.record(RateLimitStatus { limit, remaining, reset: 1 });
        }

        assert_eq!(
            visitor.rate_limit_status(),
            Some(RateLimitStatus { limit: 10, remaining: 3, reset: 1 })
        );
    }
}
