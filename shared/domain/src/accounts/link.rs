//! One-time links in emails. Presenting the token of a link proves access to the mailbox.

use super::session::WeakKey;
use crate::id::{LinkId, OrderId};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};

const MIN_KEY_BYTES: usize = 32;
/// 32 bytes in base64, unpadded.
const SECRET_LENGTH: usize = 43;

/// What a link may be used for. A token is accepted for its own purpose only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// To verify an email address.
    Verify,
    /// To set a new password.
    Reset,
}

/// Derives the token of a link from its id (HMAC-SHA256). The token itself is not stored: it is derived again when
/// the email is rendered.
#[derive(Clone)]
pub struct LinkKey(hmac::Key);

/// A link token as the client sent it. `Debug` does not print it.
#[derive(Clone, PartialEq, Eq)]
pub struct PresentedToken(String);

impl Purpose {
    pub fn name(self) -> &'static str {
        match self {
            Self::Verify => "verify",
            Self::Reset => "reset",
        }
    }

    /// How long a link is valid, in seconds.
    pub fn seconds(self) -> i32 {
        match self {
            Self::Verify => 24 * 60 * 60,
            Self::Reset => 60 * 60,
        }
    }
}

impl LinkKey {
    /// `text` is at least 32 bytes in base64.
    pub fn from_base64(text: &str) -> Result<Self, WeakKey> {
        let bytes = BASE64_STANDARD.decode(text.trim()).map_err(|_| WeakKey)?;
        if bytes.len() < MIN_KEY_BYTES {
            return Err(WeakKey);
        }
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, &bytes)))
    }

    /// The token in the email's URL: 43 characters of URL-safe base64.
    pub fn secret(&self, purpose: Purpose, link: LinkId) -> String {
        let text = format!("{}:{link}", purpose.name());
        BASE64_URL_SAFE_NO_PAD.encode(hmac::sign(&self.0, text.as_bytes()))
    }

    /// The secret of the links that show a guest's order, as long as the order has this epoch.
    pub fn order_secret(&self, order: OrderId, epoch: i32) -> String {
        let text = order_text(order, epoch);
        BASE64_URL_SAFE_NO_PAD.encode(hmac::sign(&self.0, text.as_bytes()))
    }

    /// Whether it is the secret of [`Self::order_secret`].
    pub(crate) fn opens_order(&self, shown: &PresentedToken, order: OrderId, epoch: i32) -> bool {
        let Ok(tag) = BASE64_URL_SAFE_NO_PAD.decode(&shown.0) else { return false };
        hmac::verify(&self.0, order_text(order, epoch).as_bytes(), &tag).is_ok()
    }

    pub(super) fn hash(&self, purpose: Purpose, link: LinkId) -> Vec<u8> {
        hash(&self.secret(purpose, link))
    }
}

impl PresentedToken {
    /// `None` if the text cannot be a token of ours.
    pub fn parse(text: &str) -> Option<Self> {
        let is_well_formed = text.len() == SECRET_LENGTH
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
        is_well_formed.then(|| Self(text.to_owned()))
    }

    pub(super) fn hash(&self) -> Vec<u8> {
        hash(&self.0)
    }

    pub(crate) fn text(&self) -> &str {
        &self.0
    }
}

fn order_text(order: OrderId, epoch: i32) -> String {
    format!("order:{order}:{epoch}")
}

/// What the database stores. A token cannot be derived from it.
fn hash(secret: &str) -> Vec<u8> {
    digest(&SHA256, secret.as_bytes()).as_ref().to_vec()
}

impl std::fmt::Debug for LinkKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LinkKey(…)")
    }
}

impl std::fmt::Debug for PresentedToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PresentedToken(…)")
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
        let token = PresentedToken::parse(&key.secret(Purpose::Reset, link)).unwrap();

        assert_eq!(token.hash(), key.hash(Purpose::Reset, link));
        assert!(!format!("{token:?} {key:?}").contains(token.text()));
    }

    #[test]
    fn the_secret_of_an_order_is_good_for_its_epoch_alone() {
        let (key_one, order) = (key(1), OrderId::generate());
        let shown = PresentedToken::parse(&key_one.order_secret(order, 1)).unwrap();

        assert!(key_one.opens_order(&shown, order, 1));
        assert!(!key_one.opens_order(&shown, order, 2));
        assert!(!key_one.opens_order(&shown, OrderId::generate(), 1));
        assert!(!key(2).opens_order(&shown, order, 1));
    }

    #[test]
    fn what_was_never_a_secret_is_none() {
        let good = "A".repeat(SECRET_LENGTH);
        for text in
            ["", "nonsense", &good[1..], &format!("{good}A"), &format!("{}=", &good[1..]), "\0"]
        {
            assert!(PresentedToken::parse(text).is_none(), "{text}");
        }
        assert!(PresentedToken::parse(&good).is_some());
    }

    #[test]
    fn a_short_key_is_refused() {
        assert!(LinkKey::from_base64(&BASE64_STANDARD.encode([1; 31])).is_err());
        assert!(LinkKey::from_base64("not base64!").is_err());
    }
}
