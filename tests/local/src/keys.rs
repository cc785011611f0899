//! Generates the keys of a local shop, which are new at every start, and those for a deployment.

use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use aws_lc_rs::signature::Ed25519KeyPair;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use lambda::http::token::Signer;
use serde_json::json;

/// The keys of the functions.
pub(crate) struct Keys {
    /// The private key of access tokens, in PKCS#8 PEM.
    pub(crate) signing: String,
    /// The JSON Web Key Set with the public half.
    pub(crate) public: String,
    /// 32 random bytes, base64.
    pub(crate) refresh: String,
    /// 32 random bytes, base64.
    pub(crate) link: String,
}

impl Keys {
    pub(crate) fn generate() -> Self {
        let pair = Ed25519KeyPair::generate_pkcs8v1(&SystemRandom::new());
        let pair = BASE64_STANDARD.encode(pair.expect("the system has randomness").as_ref());
        let signing = format!("-----BEGIN PRIVATE KEY-----\n{pair}\n-----END PRIVATE KEY-----\n");
        let signer = Signer::from_pem(&signing).expect("a new key is valid");
        let public = json!({"keys": [signer.jwk()]}).to_string();
        let secret = || BASE64_STANDARD.encode(random::<32>());
        Self { signing, public, refresh: secret(), link: secret() }
    }
}

/// New keys for the parameters `TokenSigningKey` and `TokenKeys` of the template.
pub fn for_a_deploy() -> [(&'static str, String); 2] {
    let keys = Keys::generate();
    let signing =
        keys.signing.lines().nth(1).expect("the PEM has a line between header and footer");
    [("TokenSigningKey", signing.to_owned()), ("TokenKeys", keys.public)]
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).expect("the system has randomness");
    bytes
}

#[cfg(test)]
mod tests {
    #[test]
    fn keys_for_a_deploy_are_one_line_each() {
        let [(_, signing), (_, public)] = super::for_a_deploy();

        let is_base64 = |c: char| c.is_ascii_alphanumeric() || "+/".contains(c);
        assert!(signing.len() == 64 && signing.chars().all(is_base64), "the template refuses it");
        assert!(public.starts_with("{\"keys\":[{") && !public.contains('\n'), "{public}");
    }
}
