//! How often one may try: buckets of tokens that fill again over time.

use super::{Refusal, sql};
use crate::db::Db;
use crate::failure::Failure;
use aws_lc_rs::digest::{Context, SHA256};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use std::sync::{Arc, Mutex, PoisonError};

/// Somebody at the door, and what is left of their tries.
#[derive(Clone, Debug)]
pub struct Visitor {
    origin: String,
    allowance: Arc<Mutex<Option<Allowance>>>,
}

/// How many tries there are, how many are left, and in how many seconds all are there again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    pub limit: u32,
    pub remaining: u32,
    pub reset: u32,
}

/// What is counted, and how many are let in within how many seconds.
pub(super) struct Limit {
    name: &'static str,
    per: Per,
    most: u16,
    seconds: u16,
}

/// Whose tries are counted together.
#[derive(Clone, Copy, Debug)]
enum Per {
    Origin,
    /// Named by whoever tries: counted alike whether it exists or not.
    Account,
    OriginAndAccount,
}

const fn limit(name: &'static str, per: Per, most: u16, seconds: u16) -> Limit {
    Limit { name, per, most, seconds }
}

// The narrowest last: what is refused before it does not count there. So whoever guesses at an account from
// one place has ten tries a minute, and takes no more than these from its owner.

pub(super) const LOG_IN: &[Limit] = &[
    limit("log_in_origin", Per::Origin, 60, 60),
    limit("log_in", Per::OriginAndAccount, 10, 60),
    limit("log_in_account", Per::Account, 60, 60),
];

pub(super) const REGISTER: &[Limit] =
    &[limit("register", Per::Origin, 30, 60), limit("register_account", Per::Account, 10, 60)];

pub(super) const REFRESH: &[Limit] = &[limit("refresh", Per::Origin, 120, 60)];

/// Whoever uses these up for somebody else has sent them mails with good links.
pub(super) const FORGET: &[Limit] =
    &[limit("forget", Per::Origin, 20, 60), limit("forget_account", Per::Account, 5, 3600)];

pub(super) const RESEND: &[Limit] =
    &[limit("resend", Per::Origin, 20, 60), limit("resend_account", Per::Account, 5, 3600)];

/// A link stands for its account.
pub(super) const SHOW_LINK: &[Limit] =
    &[limit("link", Per::Origin, 30, 60), limit("link_account", Per::Account, 10, 60)];

pub(super) const CHANGE_PASSWORD: &[Limit] =
    &[limit("password", Per::Origin, 30, 60), limit("password_account", Per::Account, 10, 60)];

/// Takes a token from each bucket, or refuses at the first that is empty.
pub(super) async fn admit(
    db: &Db,
    limits: &[Limit],
    visitor: &Visitor,
    account: &str,
) -> Result<(), Failure<Refusal>> {
    for limit in limits {
        let bucket = limit.bucket(&visitor.origin, account);
        let left = sql::take_token(db, &bucket, limit.most.into(), limit.seconds.into()).await?;
        let (remaining, reset) = left.unwrap_or((0, limit.seconds.into()));
        visitor.note(Allowance { limit: limit.most.into(), remaining, reset });
        if left.is_none() {
            tracing::warn!(limit = limit.name, "auth_throttled: too many tries: {}", limit.name);
            return Err(Refusal::TooMany { retry_after: limit.seconds_per_token() }.into());
        }
    }
    Ok(())
}

impl Visitor {
    pub fn from(origin: impl Into<String>) -> Self {
        Self { origin: origin.into(), allowance: Arc::default() }
    }

    /// What is left in the emptiest bucket, if this visit was counted.
    pub fn allowance(&self) -> Option<Allowance> {
        *self.allowance.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, new: Allowance) {
        let mut noted = self.allowance.lock().unwrap_or_else(PoisonError::into_inner);
        if noted.is_none_or(|noted| new.remaining <= noted.remaining) {
            *noted = Some(new);
        }
    }
}

impl Limit {
    /// Hashed: an erased address must not live on in a bucket's name.
    fn bucket(&self, origin: &str, account: &str) -> String {
        let subject: &[&str] = match self.per {
            Per::Origin => &[origin],
            Per::Account => &[account],
            Per::OriginAndAccount => &[account, origin],
        };
        let mut hash = Context::new(&SHA256);
        for part in subject {
            hash.update(part.as_bytes());
            hash.update(b"\n");
        }
        format!("{}:{}", self.name, BASE64_URL_SAFE_NO_PAD.encode(hash.finish()))
    }

    fn seconds_per_token(&self) -> u32 {
        u32::from(self.seconds).div_ceil(self.most.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_is_named_after_its_subject_but_does_not_tell_it() {
        let [origin, pair, account] = LOG_IN else { panic!("three") };
        let bucket = pair.bucket("192.0.2.1", "ann@example.com");

        assert!(bucket.starts_with("log_in:") && !bucket.contains("ann"), "{bucket}");
        assert_eq!(bucket, pair.bucket("192.0.2.1", "ann@example.com"));
        assert_ne!(bucket, pair.bucket("192.0.2.2", "ann@example.com"));
        assert_ne!(bucket, pair.bucket("192.0.2.1", "bob@example.com"));
        assert_eq!(origin.bucket("192.0.2.1", "ann"), origin.bucket("192.0.2.1", "bob"));
        assert_eq!(account.bucket("192.0.2.1", "ann"), account.bucket("192.0.2.2", "ann"));
    }

    #[test]
    fn the_next_token_is_there_when_we_say() {
        let seconds = |limits: &[Limit]| limits.last().map(Limit::seconds_per_token);
        assert_eq!(LOG_IN[1].seconds_per_token(), 6);
        assert_eq!(seconds(LOG_IN), Some(1));
        assert_eq!(seconds(FORGET), Some(720));
    }

    #[test]
    fn a_visitor_is_told_of_the_emptiest_bucket() {
        let visitor = Visitor::from("192.0.2.1");
        assert_eq!(visitor.allowance(), None);

        for (limit, remaining) in [(60, 59), (10, 3), (60, 40)] {
            visitor.note(Allowance { limit, remaining, reset: 1 });
        }

        assert_eq!(visitor.allowance(), Some(Allowance { limit: 10, remaining: 3, reset: 1 }));
    }
}
