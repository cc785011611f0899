//! Sessions: single-use refresh tokens, each with one possible successor.

use super::{Device, Email, Origin};
use crate::id::{FamilyId, UserId};
use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::{hmac, rand};
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use time::OffsetDateTime;

const MIN_KEY_BYTES: usize = 32;

/// A single-use token that extends a session: 32 bytes. `Debug` does not print it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RefreshToken([u8; 32]);

/// Derives the successor of a token (HMAC-SHA256), so that a repeated refresh returns the same one, and the places that
/// an account is logged in to from. Encrypts the networks of sessions.
#[derive(Clone)]
pub struct RefreshKey(hmac::Key);

/// An account and a network that it was logged in to from, as the database stores them: neither can be told without the
/// key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Place([u8; 32]);

/// The device and the network that a session is used with, as the database stores them.
pub(super) struct Trace {
    pub(super) device: Option<String>,
    /// Encrypted, so that the database alone does not tell who was where.
    pub(super) network: Option<Vec<u8>>,
}

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

/// What a valid access token says of its bearer: true as long as the account and its session have not changed since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    pub user: UserId,
    pub epoch: i32,
    pub session: FamilyId,
}

/// A session that has not ended, as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActiveSession {
    pub id: FamilyId,
    pub created_at: OffsetDateTime,
    /// When it was started or last refreshed.
    pub last_used_at: OffsetDateTime,
    pub expires_at: OffsetDateTime,
    /// What the client said it was, then.
    pub device: Option<String>,
    /// The network that it was in, then.
    pub network: Option<String>,
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

    /// AES-256-GCM, after its nonce. `None` if the network is not known.
    fn seal_network(&self, origin: Origin) -> Option<Vec<u8>> {
        let mut text = origin.network()?.into_bytes();
        let nonce = self.network_key().seal_in_place_append_tag(Aad::empty(), &mut text).ok()?;
        Some([nonce.as_ref().as_slice(), &text].concat())
    }

    /// `None` if it was encrypted with another key.
    pub(super) fn open_network(&self, sealed: &[u8]) -> Option<String> {
        let (nonce, text) = sealed.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut text = text.to_vec();
        let network = self.network_key().open_in_place(nonce, Aad::empty(), &mut text).ok()?;
        String::from_utf8(network.to_vec()).ok()
    }

    fn network_key(&self) -> RandomizedNonceKey {
        let key = hmac::sign(&self.0, b"networks of sessions");
        RandomizedNonceKey::new(&AES_256_GCM, key.as_ref()).expect("AES-256 has a key of 32 bytes")
    }
}

impl Trace {
    pub(super) fn new(key: &RefreshKey, origin: Origin, device: Option<&Device>) -> Self {
        let device = device.map(|device| device.text().to_owned());
        Self { device, network: key.seal_network(origin) }
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
    fn a_network_is_read_with_the_key_that_it_was_written_with() {
        let home: Origin = std::net::IpAddr::from([192, 0, 2, 7]).into();
        let (one, other) = (key(1, 32).unwrap(), key(2, 32).unwrap());
        let sealed = one.seal_network(home).unwrap();

        assert_eq!(one.open_network(&sealed).as_deref(), Some("192.0.2.0/24"));
        assert_ne!(one.seal_network(home).unwrap(), sealed, "the same network looks the same");
        assert_eq!(other.open_network(&sealed), None);
        assert_eq!((one.open_network(b""), one.open_network(&sealed[1..])), (None, None));
        assert_eq!(one.seal_network(Origin::UNKNOWN), None);
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
