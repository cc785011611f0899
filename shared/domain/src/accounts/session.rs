//! What keeps somebody signed in: single-use tokens, each of which has one possible successor.

use crate::id::{FamilyId, UserId};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::{hmac, rand};
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};

const LEAST_KEY_BYTES: usize = 32;

/// Good for one turn of a session. `Debug` does not print it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RefreshToken([u8; 32]);

/// Names each token's successor, so that whoever lost our answer gets the same one again.
#[derive(Clone)]
pub struct RefreshKey(hmac::Key);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not a key of at least 32 bytes in base64, as `openssl rand -base64 32` writes it")]
pub struct WeakKey;

/// Somebody is signed in: who, since which log-in, and how to stay it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session {
    pub user: UserId,
    /// All tokens that grew out of one log-in.
    pub family: FamilyId,
    /// The account's epoch; access tokens carry it.
    pub epoch: i32,
    pub refresh_token: RefreshToken,
}

impl RefreshToken {
    pub(super) fn generate() -> Self {
        let mut bytes = [0; 32];
        rand::fill(&mut bytes).expect("the kernel has randomness");
        Self(bytes)
    }

    /// What the client shows; anything else was never a token.
    pub fn parse(text: &str) -> Option<Self> {
        BASE64_URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }

    /// What the client gets.
    pub fn text(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(self.0)
    }

    /// What is stored: whoever reads the database cannot refresh.
    pub(super) fn hash(&self) -> Vec<u8> {
        digest(&SHA256, &self.0).as_ref().to_vec()
    }
}

impl RefreshKey {
    pub fn from_base64(text: &str) -> Result<Self, WeakKey> {
        let bytes = BASE64_STANDARD.decode(text.trim()).map_err(|_| WeakKey)?;
        if bytes.len() < LEAST_KEY_BYTES {
            return Err(WeakKey);
        }
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, &bytes)))
    }

    pub(super) fn successor(&self, token: &RefreshToken) -> RefreshToken {
        let tag = hmac::sign(&self.0, &token.0);
        RefreshToken(tag.as_ref().try_into().expect("HMAC-SHA256 has 32 bytes"))
    }
}

impl std::fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RefreshToken(…)")
    }
}

impl std::fmt::Debug for RefreshKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RefreshKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8, length: usize) -> Result<RefreshKey, WeakKey> {
        RefreshKey::from_base64(&BASE64_STANDARD.encode(vec![byte; length]))
    }

    #[test]
    fn a_token_reads_as_it_was_written() {
        let token = RefreshToken::generate();
        assert_eq!(RefreshToken::parse(&token.text()), Some(token));
        assert_ne!(token, RefreshToken::generate());
    }

    #[test]
    fn what_was_never_a_token_is_none() {
        let token = RefreshToken::generate().text();
        for text in ["", "%", &token[1..], &format!("{token}="), &format!("{token}AAAA")] {
            assert_eq!(RefreshToken::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_token_has_one_successor_under_one_key() {
        let token = RefreshToken::generate();
        let (one, other) = (key(1, 32).unwrap(), key(2, 32).unwrap());

        assert_eq!(one.successor(&token), one.successor(&token));
        assert_ne!(one.successor(&token), other.successor(&token));
        assert_ne!(one.successor(&token), one.successor(&RefreshToken::generate()));
    }

    #[test]
    fn a_short_key_is_refused() {
        assert_eq!(key(1, 31).err(), Some(WeakKey));
        assert!(RefreshKey::from_base64("").is_err());
        assert!(RefreshKey::from_base64("not base64!").is_err());
    }

    #[test]
    fn debug_prints_nothing_of_a_token() {
        let token = RefreshToken::generate();
        assert!(!format!("{token:?} {:?}", key(1, 32)).contains(&token.text()));
    }
}
