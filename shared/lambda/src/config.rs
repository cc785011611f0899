//! What a function is made of, built from its settings once at the start.

mod database;
mod secrets_manager;

pub use crate::environment::{Clock, Config};
pub use crate::secret::{Secret, SecretExpired};

use crate::dead_letters::{DeadLetters, SourceQueue};
use crate::dispatcher::OutboxDispatcher;
use crate::http::token::Verifier;
use crate::http::{App, BadRange, TrustedProxies};
use domain::db::{AppSignIn, ConnectionLimit, Db};
use domain::outbox::{self, Topic};
use lambda_http::Error;

impl Config {
    /// What all HTTP functions need: the database, see [`Self::db`], and the public keys for access tokens in
    /// `TOKEN_KEYS`, a JSON Web Key Set.
    pub async fn app(&self) -> Result<App, Error> {
        let keys = self.required("TOKEN_KEYS")?;
        let verifier = Verifier::from_jwks(&keys)
            .map_err(|error| format!("TOKEN_KEYS cannot be used: {error}"))?;
        let trusted_proxies = TrustedProxies::default();
        Ok(App { db: self.db().await?, verifier, clock: self.clock(), trusted_proxies })
    }

    /// Like [`Self::app`], for a function that limits how often a client may do something: with `TRUSTED_PROXIES`.
    pub async fn rate_limited_app(&self) -> Result<App, Error> {
        let proxies = self.optional("TRUSTED_PROXIES").unwrap_or_default();
        let trusted_proxies = proxies
            .parse()
            .map_err(|error: BadRange| format!("TRUSTED_PROXIES cannot be used: {error}"))?;
        Ok(App { trusted_proxies, ..self.app().await? })
    }

    /// The database at `DATABASE_URL`, with the password of `DATABASE_PASSWORD_ARN` or with `DATABASE_AUTH=iam` if one
    /// of these is set. Opens no connection yet.
    pub async fn db(&self) -> Result<Db, Error> {
        database::open(self, "DATABASE").await
    }

    /// Like [`Self::db`], from `MIGRATE_DATABASE_…`: as the owner of the schema, which the role of all other functions
    /// must not change.
    pub async fn owner_db(&self) -> Result<Db, Error> {
        database::open(self, "MIGRATE_DATABASE").await
    }

    /// How the role of all other functions is to authenticate: `APP_DATABASE_PASSWORD_ARN` or `APP_DATABASE_AUTH=iam`.
    /// None if neither is set, because that role is managed elsewhere.
    pub async fn app_sign_in(&self) -> Result<Option<AppSignIn>, Error> {
        database::app_sign_in(self).await
    }

    /// How many connections the role of all other functions may have: its share of `DATABASE_MAX_CONNECTIONS`. None if
    /// that is not set.
    pub fn app_connection_limit(&self) -> Result<Option<ConnectionLimit>, Error> {
        database::app_connection_limit(self)
    }

    /// Like [`Self::dispatcher`], for a process that sends the events that it writes itself with `db`, right after the
    /// commit.
    pub fn dispatcher_for(&self, db: &mut Db) -> Result<OutboxDispatcher, Error> {
        outbox::send_own_messages(db);
        self.dispatcher()
    }

    /// Sends events to the queues `MAIL_QUEUE_URL` and `INVENTORY_QUEUE_URL`.
    pub fn dispatcher(&self) -> Result<OutboxDispatcher, Error> {
        Ok(OutboxDispatcher::new(self.url("MAIL_QUEUE_URL")?, self.url("INVENTORY_QUEUE_URL")?))
    }

    /// The dead-letter queues `MAIL_DLQ_URL` and `INVENTORY_DLQ_URL`, with the source queues of [`Self::dispatcher`].
    pub fn dead_letters(&self) -> Result<DeadLetters, Error> {
        let queue = |topic, url, dlq_url| -> Result<SourceQueue, Error> {
            Ok(SourceQueue { topic, url: self.url(url)?, dlq_url: self.url(dlq_url)? })
        };
        Ok(DeadLetters::new(
            queue(Topic::Mail, "MAIL_QUEUE_URL", "MAIL_DLQ_URL")?,
            queue(Topic::Inventory, "INVENTORY_QUEUE_URL", "INVENTORY_DLQ_URL")?,
        ))
    }
}
