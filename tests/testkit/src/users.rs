//! Users, and the keys of this test run.

use crate::Shop;
use aws_lc_rs::signature::Ed25519KeyPair;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use domain::accounts::{LinkKey, Purpose, Role};
use domain::id::{FamilyId, LinkId, UserId};
use lambda::http::token::Signer;
use serde_json::json;
use std::sync::LazyLock;

/// A user with an access token.
#[derive(Clone, Debug)]
pub struct User {
    pub id: UserId,
    pub email: String,
    pub token: String,
}

/// The private key that signs access tokens in this run, in PKCS#8 PEM.
pub static SIGNING_KEY: LazyLock<String> = LazyLock::new(|| {
    let key = Ed25519KeyPair::generate_pkcs8v1(&aws_lc_rs::rand::SystemRandom::new()).unwrap();
    let key = BASE64_STANDARD.encode(key.as_ref());
    format!("-----BEGIN PRIVATE KEY-----\n{key}\n-----END PRIVATE KEY-----\n")
});

/// The signer of access tokens in this run.
pub fn signer() -> Signer {
    static SIGNER: LazyLock<Signer> = LazyLock::new(|| Signer::from_pem(&SIGNING_KEY).unwrap());
    SIGNER.clone()
}

/// The JSON Web Key Set of this run, as the functions get it.
pub fn token_keys() -> String {
    json!({"keys": [signer().jwk()]}).to_string()
}

/// The key of the secrets of links in emails.
pub fn link_key() -> LinkKey {
    LinkKey::from_base64("YW5vdGhlciBzZWNyZXQgb2YgMzIgYnl0ZXMgYXQgbGVhc3Q=").unwrap()
}

impl Shop {
    pub async fn customer(&self) -> User {
        self.user(Role::Customer).await
    }

    /// Several customers, since each may have five unpaid orders only.
    pub async fn customers(&self, count: usize) -> Vec<User> {
        let mut customers = Vec::new();
        for _ in 0..count {
            customers.push(self.customer().await);
        }
        customers
    }

    /// A customer whose address is not verified.
    pub async fn unproven_customer(&self) -> User {
        let user = self.customer().await;
        let sql = "update users set email_verified_at = null where id = $1";
        self.admin.execute(sql, &[&user.id]).await.unwrap();
        user
    }

    pub async fn staff(&self) -> User {
        self.user(Role::Staff).await
    }

    pub async fn user(&self, role: Role) -> User {
        let id = UserId::generate();
        let email = format!("{id}@example.com");
        // No password has this hash.
        let hash = format!("$argon2id$v=19$m=8,t=1,p=1${}${}", "A".repeat(22), "A".repeat(43));
        let sql =
            "insert into users (id, email, email_norm, password_hash, role, email_verified_at)
                   values ($1, $2, $2, $4, $3, now())";
        self.admin.execute(sql, &[&id, &email, &role.name(), &hash]).await.unwrap();
        let token = signer().issue(id, FamilyId::generate(), 0, crate::clock().now()).unwrap();
        User { id, email, token }
    }

    /// Inserts a link for a user and returns its secret, which an email would contain.
    pub async fn link(&self, user: &User, purpose: Purpose) -> String {
        let id = LinkId::generate();
        let secret = link_key().secret(purpose, id);
        let sql = "insert into links (id, user_id, purpose, hash, expires_at)
                   values ($1, $2, $3, sha256(convert_to($4, 'UTF8')), now() + make_interval(secs => $5::int4))";
        let row: [&(dyn tokio_postgres::types::ToSql + Sync); 5] =
            [&id, &user.id, &purpose.name(), &secret, &purpose.seconds()];
        self.admin.execute(sql, &row).await.unwrap();
        secret
    }
}
