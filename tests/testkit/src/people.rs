//! People with accounts, and the keys that vouch for them.

use crate::Shop;
use aws_lc_rs::signature::Ed25519KeyPair;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use domain::accounts::Role;
use domain::id::{FamilyId, UserId};
use lambda::http::token::Signer;
use serde_json::json;
use std::sync::LazyLock;

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub struct Person {
    pub id: UserId,
    pub email: String,
    pub token: String,
}

/// The private key of this run, in PKCS#8 PEM.
pub static SIGNING_KEY: LazyLock<String> = LazyLock::new(|| {
    let key = Ed25519KeyPair::generate_pkcs8v1(&aws_lc_rs::rand::SystemRandom::new()).unwrap();
    let key = BASE64_STANDARD.encode(key.as_ref());
    format!("-----BEGIN PRIVATE KEY-----\n{key}\n-----END PRIVATE KEY-----\n")
});

/// Makes the tokens of this run.
pub fn signer() -> Signer {
    static SIGNER: LazyLock<Signer> = LazyLock::new(|| Signer::from_pem(&SIGNING_KEY).unwrap());
    SIGNER.clone()
}

/// The public keys of this run, as the functions get them.
pub fn token_keys() -> String {
    json!({"keys": [signer().jwk()]}).to_string()
}

impl Shop {
    pub async fn customer(&self) -> Person {
        self.person(Role::Customer).await
    }

    pub async fn staff(&self) -> Person {
        self.person(Role::Staff).await
    }

    pub async fn person(&self, role: Role) -> Person {
        let id = UserId::generate();
        let email = format!("{id}@example.com");
        // Nobody signs in with this password: it is the hash of nothing.
        let sql = "insert into users (id, email, email_norm, password_hash, role)
                   values ($1, $2, $2, '$argon2id$none', $3)";
        self.admin.execute(sql, &[&id, &email, &role.name()]).await.unwrap();
        let token = signer().issue(id, FamilyId::generate(), 0, crate::clock().now()).unwrap();
        Person { id, email, token }
    }
}
