//! What this function alone has at hand: the keys that make tokens and links.

use axum::extract::FromRef;
use domain::accounts::{Hasher, LinkKey, RefreshKey};
use domain::db::Db;
use lambda::config::Config;
use lambda::dispatch::Dispatch;
use lambda::http::App;
use lambda::http::token::{KeyError, Signer};
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// Longer than any of the answers that must not differ takes: hashing and sending come to less.
const HUSH: Duration = Duration::from_millis(600);

#[derive(Clone)]
pub struct Accounts {
    pub app: App,
    pub dispatch: Dispatch,
    pub signer: Signer,
    /// The JSON Web Key Set as published.
    pub keys: String,
    pub refresh_key: RefreshKey,
    pub link_key: LinkKey,
    pub hasher: Hasher,
    /// How long an answer takes that must not tell by its time whether an address is known.
    pub hush: Duration,
}

impl Accounts {
    /// Refuses a signer whose tokens nobody could check.
    pub fn new(
        app: App,
        dispatch: Dispatch,
        signer: Signer,
        keys: String,
        refresh_key: RefreshKey,
        link_key: LinkKey,
    ) -> Result<Self, KeyError> {
        signer.must_be_in(&keys)?;
        let hasher = Hasher::new();
        Ok(Self { app, dispatch, signer, keys, refresh_key, link_key, hasher, hush: HUSH })
    }

    /// `TOKEN_SIGNING_KEY`, an Ed25519 key in PKCS#8 PEM; `REFRESH_KEY` and `LINK_KEY`, 32 random bytes in base64
    /// each; the queues; and what every HTTP function has. The three keys stay for this process's life: with new ones
    /// comes a deploy.
    pub async fn from_config(config: Config) -> Result<Self, lambda::Error> {
        let signer = Signer::from_pem(&config.text("TOKEN_SIGNING_KEY").await?)
            .map_err(|error| format!("TOKEN_SIGNING_KEY cannot be used: {error}"))?;
        let refresh_key = RefreshKey::from_base64(&config.text("REFRESH_KEY").await?)
            .map_err(|error| format!("REFRESH_KEY cannot be used: {error}"))?;
        let link_key = LinkKey::from_base64(&config.text("LINK_KEY").await?)
            .map_err(|error| format!("LINK_KEY cannot be used: {error}"))?;
        let keys = config.need("TOKEN_KEYS")?;
        let mut app = config.app().await?;
        let dispatch = config.dispatch_of(&mut app.db)?;
        let accounts = Self::new(app, dispatch, signer, keys, refresh_key, link_key);
        Ok(accounts.map_err(|error| format!("TOKEN_KEYS cannot be used: {error}"))?)
    }

    /// Does the work, sends the mail if there is one, and takes the same time for it in any case.
    pub(crate) async fn hushed<T>(&self, work: impl Future<Output = T>) -> T {
        let until = Instant::now() + self.hush;
        let done = work.await;
        self.send().await;
        sleep_until(until).await;
        done
    }

    /// Sends the mails that were written just now.
    pub(crate) async fn send(&self) {
        self.dispatch.try_now(&self.app.db).await;
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
