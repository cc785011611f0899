//! How often one may try: a bucket of tokens per subject, filled again over a minute.

use super::{Refusal, sql};
use crate::db::Db;
use crate::failure::Failure;
use aws_lc_rs::digest::{Context, SHA256};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

/// What is limited, and to how many in a minute.
pub(super) struct Limit {
    name: &'static str,
    per_minute: i32,
}

/// Per address and origin: whoever guesses at an account does not lock its owner out.
pub(super) const LOG_IN: Limit = Limit { name: "log_in", per_minute: 10 };

/// Per origin.
pub(super) const REGISTER: Limit = Limit { name: "register", per_minute: 30 };

/// Takes a token from the subject's bucket, or refuses if there is none left.
pub(super) async fn admit(
    db: &Db,
    limit: &Limit,
    subject: &[&str],
) -> Result<(), Failure<Refusal>> {
    if sql::take_token(db, &limit.bucket(subject), limit.per_minute).await? {
        return Ok(());
    }
    tracing::warn!(limit = limit.name, "auth_throttled: too many tries to {}", limit.name);
    Err(Refusal::TooMany { retry_after: limit.seconds_per_token() }.into())
}

impl Limit {
    /// Hashed: an erased address must not live on in a bucket's name.
    fn bucket(&self, subject: &[&str]) -> String {
        let mut hash = Context::new(&SHA256);
        for part in subject {
            hash.update(part.as_bytes());
            hash.update(b"\n");
        }
        format!("{}:{}", self.name, BASE64_URL_SAFE_NO_PAD.encode(hash.finish()))
    }

    fn seconds_per_token(&self) -> u32 {
        60_u32.div_ceil(self.per_minute.unsigned_abs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_is_named_after_its_subject_but_does_not_tell_it() {
        let bucket = LOG_IN.bucket(&["ann@example.com", "192.0.2.1"]);

        assert!(bucket.starts_with("log_in:") && !bucket.contains("ann"), "{bucket}");
        assert_eq!(bucket, LOG_IN.bucket(&["ann@example.com", "192.0.2.1"]));
        assert_ne!(bucket, LOG_IN.bucket(&["ann@example.com", "192.0.2.2"]));
        assert_ne!(bucket, REGISTER.bucket(&["ann@example.com", "192.0.2.1"]));
    }

    #[test]
    fn the_next_token_is_there_when_we_say() {
        assert_eq!(LOG_IN.seconds_per_token(), 6);
        assert_eq!(REGISTER.seconds_per_token(), 2);
    }
}
