//! What this function alone has at hand: the keys that make tokens.

use axum::extract::FromRef;
use domain::accounts::{Hasher, RefreshKey};
use domain::db::Db;
use lambda::config::Config;
use lambda::http::App;
use lambda::http::token::{KeyError, Signer};

#[derive(Clone)]
pub struct Accounts {
    pub app: App,
    pub signer: Signer,
    /// The JSON Web Key Set as published.
    pub keys: String,
    pub refresh_key: RefreshKey,
    pub hasher: Hasher,
}

impl Accounts {
    /// Refuses a signer whose tokens nobody could check.
    pub fn new(
        app: App,
        signer: Signer,
        keys: String,
        refresh_key: RefreshKey,
    ) -> Result<Self, KeyError> {
        signer.must_be_in(&keys)?;
        Ok(Self { app, signer, keys, refresh_key, hasher: Hasher::new() })
    }

    /// `TOKEN_SIGNING_KEY`, an Ed25519 key in PKCS#8 PEM; `REFRESH_KEY`, 32 random bytes in base64; and what
    /// every HTTP function has.
    pub fn from_config(config: Config) -> Result<Self, lambda::Error> {
        let signer = Signer::from_pem(&config.need("TOKEN_SIGNING_KEY")?)
            .map_err(|error| format!("TOKEN_SIGNING_KEY cannot be used: {error}"))?;
        let refresh_key = RefreshKey::from_base64(&config.need("REFRESH_KEY")?)
            .map_err(|error| format!("REFRESH_KEY cannot be used: {error}"))?;
        let keys = config.need("TOKEN_KEYS")?;
        let accounts = Self::new(config.app()?, signer, keys, refresh_key);
        Ok(accounts.map_err(|error| format!("TOKEN_KEYS cannot be used: {error}"))?)
    }
}

impl FromRef<Accounts> for App {
    fn from_ref(accounts: &Accounts) -> Self {
        accounts.app.clone()
    }
}

impl FromRef<Accounts> for Db {
    fn from_ref(accounts: &Accounts) -> Self {
        accounts.app.db.clone()
    }
}
