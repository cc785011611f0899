//! The secret of a guest's checkout. Pure.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

const PREFIX: &str = "cks_";

/// What opens a checkout that belongs to no account, and later its order. It is shown once. `Debug` does not print it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub(crate) fn generate() -> Self {
        let mut bytes = [0; 32];
        rand::fill(&mut bytes).expect("the kernel provides random bytes");
        Self(format!("{PREFIX}{}", BASE64_URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// What somebody shows. It need not be a secret of ours: then it opens nothing.
    pub fn shown(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// What is sent to the client, once.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// What the database stores. A secret cannot be derived from it.
    pub(crate) fn hash(&self) -> Vec<u8> {
        digest(&SHA256, self.0.as_bytes()).as_ref().to_vec()
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_has_256_random_bits_and_is_not_printed() {
        let (one, other) = (Secret::generate(), Secret::generate());

        assert_ne!(one, other);
        assert_eq!(Secret::shown(one.text()).hash(), one.hash());
        assert_eq!(one.text().len(), PREFIX.len() + 43);
        assert!(!format!("{one:?}").contains(one.text()));
    }
}
