//! Sessions: single-use refresh tokens, each with one possible successor.

use super::{Email, Origin};
use crate::id::{FamilyId, UserId};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::{hmac, rand};
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};

const MIN_KEY_BYTES: usize = 32;

/// A single-use token that extends a session: 32 bytes. `Debug` does not print it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RefreshToken([u8; 32]);

/// Derives the successor of a token (HMAC-SHA256), so that a repeated refresh returns the same one, and the places that
/// an account is logged in to from.
#[derive(Clone)]
pub struct RefreshKey(hmac::Key);

/// An account and a network that it was logged in to from, as the database stores them: neither can be told without the
/// key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Place([u8; 32]);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not a key of at least 32 bytes in base64, as `openssl rand -base64 32` writes it")]
pub struct WeakKey;

/// A session as it was just started or refreshed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session {
    pub user: UserId,
    /// Identifies the session: all refresh tokens that descend from one login.
    pub family: FamilyId,
    /// Increases when the password changes and when the account is disabled. Access tokens carry it and are valid for
    /// the current epoch only.
    pub epoch: i32,
    pub refresh_token: RefreshToken,
}

impl RefreshToken {
    pub(super) fn generate() -> Self {
        let mut bytes = [0; 32];
        rand::fill(&mut bytes).expect("the kernel provides random bytes");
        Self(bytes)
    }

    /// Parses what the client sent. `None` if it cannot be a token of ours.
    pub fn parse(text: &str) -> Option<Self> {
        BASE64_URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }

    /// What is sent to the client: URL-safe base64.
    pub fn text(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(self.0)
    }

    /// What the database stores. A token cannot be derived from it.
    pub(super) fn hash(&self) -> Vec<u8> {
        digest(&SHA256, &self.0).as_ref().to_vec()
    }
}

impl RefreshKey {
    /// `text` is at least 32 bytes in base64.
    pub fn from_base64(text: &str) -> Result<Self, WeakKey> {
        let bytes = BASE64_STANDARD.decode(text.trim()).map_err(|_| WeakKey)?;
        if bytes.len() < MIN_KEY_BYTES {
            return Err(WeakKey);
        }
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, &bytes)))
    }

    pub(super) fn successor(&self, token: &RefreshToken) -> RefreshToken {
        let tag = hmac::sign(&self.0, &token.0);
        RefreshToken(tag.as_ref().try_into().expect("HMAC-SHA256 has 32 bytes"))
    }

    /// `None` if it is not known where the request comes from.
    pub(super) fn place(&self, email: &Email, origin: Origin) -> Option<Place> {
        let text = format!("{}\n{}", email.normalized(), origin.network()?);
        // A key of its own, so that a place can never be a token.
        let key = hmac::sign(&self.0, b"places of log-ins");
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key.as_ref()), text.as_bytes());
        Some(Place(tag.as_ref().try_into().expect("HMAC-SHA256 has 32 bytes")))
    }
}

impl Place {
    pub(super) fn hash(&self) -> &[u8] {
        &self.0
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
