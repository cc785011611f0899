//! People with accounts, and the keys that vouch for them.

use crate::Shop;
use aws_lc_rs::signature::Ed25519KeyPair;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use domain::accounts::{LinkKey, Purpose, Role};
use domain::id::{FamilyId, LinkId, UserId};
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

/// Makes the secrets of this run's links.
pub fn link_key() -> LinkKey {
    LinkKey::from_base64("YW5vdGhlciBzZWNyZXQgb2YgMzIgYnl0ZXMgYXQgbGVhc3Q=").unwrap()
}

impl Shop {
    pub async fn customer(&self) -> Person {
        self.person(Role::Customer).await
    }

    /// So many customers: each may have five unpaid orders.
    pub async fn customers(&self, count: usize) -> Vec<Person> {
        let mut customers = Vec::new();
        for _ in 0..count {
            customers.push(self.customer().await);
        }
        customers
    }

    pub async fn staff(&self) -> Person {
        self.person(Role::Staff).await
    }

    pub async fn person(&self, role: Role) -> Person {
        let id = UserId::generate();
        let email = format!("{id}@example.com");
        // Nobody signs in with this password: nothing hashes to zeros.
        let hash = format!("$argon2id$v=19$m=8,t=1,p=1${}${}", "A".repeat(22), "A".repeat(43));
        let sql = "insert into users (id, email, email_norm, password_hash, role)
                   values ($1, $2, $2, $4, $3)";
        self.admin.execute(sql, &[&id, &email, &role.name(), &hash]).await.unwrap();
        let token = signer().issue(id, FamilyId::generate(), 0, crate::clock().now()).unwrap();
        Person { id, email, token }
    }

    /// The secret of a link as it would stand in a mail to the person.
    pub async fn link(&self, person: &Person, purpose: Purpose) -> String {
        let id = LinkId::generate();
        let secret = link_key().secret(purpose, id);
        let sql = "insert into links (id, user_id, purpose, hash, expires_at)
                   values ($1, $2, $3, sha256(convert_to($4, 'UTF8')), now() + make_interval(secs => $5::int4))";
        let row: [&(dyn tokio_postgres::types::ToSql + Sync); 5] =
            [&id, &person.id, &purpose.name(), &secret, &purpose.seconds()];
        self.admin.execute(sql, &row).await.unwrap();
        secret
    }
}
