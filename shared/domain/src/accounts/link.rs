//! Links in mails: whoever shows one has read the mail.

use super::session::WeakKey;
use crate::id::LinkId;
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};

const LEAST_KEY_BYTES: usize = 32;
/// 32 bytes in base64, unpadded.
const SECRET_LENGTH: usize = 43;

/// What a link is good for. A link for one thing is none for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// To verify an address.
    Verify,
    /// To set a new password.
    Reset,
}

/// Makes a link's secret from its id. The secret is stored nowhere: whoever sends the mail makes it again.
#[derive(Clone)]
pub struct LinkKey(hmac::Key);

/// The secret that somebody shows. `Debug` does not print it.
#[derive(Clone, PartialEq, Eq)]
pub struct Shown(String);

impl Purpose {
    pub fn name(self) -> &'static str {
        match self {
            Self::Verify => "verify",
            Self::Reset => "reset",
        }
    }

    /// How long a link is good for.
    pub fn seconds(self) -> i32 {
        match self {
            Self::Verify => 24 * 60 * 60,
            Self::Reset => 60 * 60,
        }
    }
}

impl LinkKey {
    pub fn from_base64(text: &str) -> Result<Self, WeakKey> {
        let bytes = BASE64_STANDARD.decode(text.trim()).map_err(|_| WeakKey)?;
        if bytes.len() < LEAST_KEY_BYTES {
            return Err(WeakKey);
        }
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, &bytes)))
    }

    /// What stands in the mail, and is shown by whoever read it.
    pub fn secret(&self, purpose: Purpose, link: LinkId) -> String {
        let text = format!("{}:{link}", purpose.name());
        BASE64_URL_SAFE_NO_PAD.encode(hmac::sign(&self.0, text.as_bytes()))
    }

    pub(super) fn hash(&self, purpose: Purpose, link: LinkId) -> Vec<u8> {
        hash(&self.secret(purpose, link))
    }
}

impl Shown {
    /// None for what was never a link's secret.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = text.len() == SECRET_LENGTH
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
        fits.then(|| Self(text.to_owned()))
    }

    pub(super) fn hash(&self) -> Vec<u8> {
        hash(&self.0)
    }

    pub(super) fn text(&self) -> &str {
        &self.0
    }
}

/// What is stored: whoever reads the database cannot make a link of it.
fn hash(secret: &str) -> Vec<u8> {
    digest(&SHA256, secret.as_bytes()).as_ref().to_vec()
}

impl std::fmt::Debug for LinkKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LinkKey(…)")
    }
}

impl std::fmt::Debug for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Shown(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> LinkKey {
        LinkKey::from_base64(&BASE64_STANDARD.encode([byte; 32])).unwrap()
    }

    #[test]
    fn a_link_has_one_secret_per_purpose_and_key() {
        let link = LinkId::generate();
        let secret = key(1).secret(Purpose::Verify, link);

        assert_eq!(secret, key(1).secret(Purpose::Verify, link));
        for other in [
            key(2).secret(Purpose::Verify, link),
            key(1).secret(Purpose::Reset, link),
            key(1).secret(Purpose::Verify, LinkId::generate()),
        ] {
            assert_ne!(secret, other);
        }
    }

    #[test]
    fn a_secret_reads_as_it_was_written() {
        let (key, link) = (key(1), LinkId::generate());
        let shown = Shown::parse(&key.secret(Purpose::Reset, link)).unwrap();

        assert_eq!(shown.hash(), key.hash(Purpose::Reset, link));
        assert!(!format!("{shown:?} {key:?}").contains(shown.text()));
    }

    #[test]
    fn what_was_never_a_secret_is_none() {
        let good = "A".repeat(SECRET_LENGTH);
        for text in
            ["", "nonsense", &good[1..], &format!("{good}A"), &format!("{}=", &good[1..]), "\0"]
        {
            assert!(Shown::parse(text).is_none(), "{text}");
        }
        assert!(Shown::parse(&good).is_some());
    }

    #[test]
    fn a_short_key_is_refused() {
        assert!(LinkKey::from_base64(&BASE64_STANDARD.encode([1; 31])).is_err());
        assert!(LinkKey::from_base64("not base64!").is_err());
    }
}
