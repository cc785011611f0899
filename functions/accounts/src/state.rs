//! The state of this function: what every HTTP function has, the outbox, and the keys of tokens and links.

use axum::extract::FromRef;
use domain::accounts::{Hasher, LinkKey, RefreshKey, Refusal};
use domain::db::Db;
use domain::failure::Failure;
use lambda::config::Config;
use lambda::dispatcher::OutboxDispatcher;
use lambda::http::App;
use lambda::http::token::{KeyError, Signer};
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// Longer than hashing a password and sending a message to SQS take together. An instance serves nobody else meanwhile,
/// so `accounts::MOST_HELD_AT_ONCE` is below the concurrency of the function.
pub const MIN_RESPONSE_TIME: Duration = Duration::from_millis(600);

#[derive(Clone)]
pub struct Accounts {
    pub app: App,
    pub dispatcher: OutboxDispatcher,
    pub signer: Signer,
    /// The JSON Web Key Set as published.
    pub keys: String,
    pub refresh_key: RefreshKey,
    pub link_key: LinkKey,
    pub hasher: Hasher,
    /// The minimum time of responses whose timing must not reveal whether an address has an account.
    pub min_response_time: Duration,
}

impl Accounts {
    /// Fails if the signer's public key is not in `keys`, because nobody could verify its tokens.
    pub fn new(
        app: App,
        dispatcher: OutboxDispatcher,
        signer: Signer,
        keys: String,
        refresh_key: RefreshKey,
        link_key: LinkKey,
    ) -> Result<Self, KeyError> {
        signer.must_be_in(&keys)?;
        Ok(Self {
            app,
            dispatcher,
            signer,
            keys,
            refresh_key,
            link_key,
            hasher: Hasher::new(),
            min_response_time: MIN_RESPONSE_TIME,
        })
    }

    /// Reads `TOKEN_SIGNING_KEY` (Ed25519, PKCS#8 PEM), `REFRESH_KEY` and `LINK_KEY` (at least 32 random bytes each,
    /// base64), `TOKEN_KEYS`, `TRUSTED_PROXIES`, the queues, and what every HTTP function needs. The keys are read once
    /// per process; a change takes effect with the next deploy.
    pub async fn from_config(config: Config) -> Result<Self, lambda::Error> {
        let signer = Signer::from_pem(&config.text("TOKEN_SIGNING_KEY").await?)
            .map_err(|error| format!("TOKEN_SIGNING_KEY cannot be used: {error}"))?;
        let refresh_key = RefreshKey::from_base64(&config.text("REFRESH_KEY").await?)
            .map_err(|error| format!("REFRESH_KEY cannot be used: {error}"))?;
        let link_key = LinkKey::from_base64(&config.text("LINK_KEY").await?)
            .map_err(|error| format!("LINK_KEY cannot be used: {error}"))?;
        let keys = config.required("TOKEN_KEYS")?;
        let mut app = config.rate_limited_app().await?;
        let dispatcher = config.dispatcher_for(&mut app.db)?;
        let accounts = Self::new(app, dispatcher, signer, keys, refresh_key, link_key);
        Ok(accounts.map_err(|error| format!("TOKEN_KEYS cannot be used: {error}"))?)
    }

    /// Runs `work`, sends the email that it wrote, if any, and returns no earlier than after the minimum response time.
    /// A request that was rate limited returns at once: that does not depend on whether there is an account.
    pub(crate) async fn in_constant_time<T>(
        &self,
        work: impl Future<Output = Result<T, Failure<Refusal>>>,
    ) -> Result<T, Failure<Refusal>> {
        let until = Instant::now() + self.min_response_time;
        let result = work.await;
        if matches!(result, Err(Failure::Refused(Refusal::TooManyRequests { .. }))) {
            return result;
        }
        self.send().await;
        sleep_until(until).await;
        result
    }

    /// Sends the outbox messages that this request wrote.
    pub(crate) async fn send(&self) {
        self.dispatcher.try_send(&self.app.db).await;
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
