//! Everything that the environment decides, read once at the start.

pub mod aws;
mod database;
mod reference;
mod secret;

pub use secret::{Secret, SecretExpired};

use crate::Error;
use crate::dead_letters::{DeadLetters, Pair};
use crate::dispatch::Dispatch;
use crate::http::App;
use crate::http::token::Verifier;
use aws::Service;
use domain::db::{AppSignIn, Db};
use domain::outbox::Topic;
use reference::Reference;
use std::fmt::Display;
use time::OffsetDateTime;

/// The variables of this process. A missing or malformed one stops the start with a line that names it.
#[derive(Clone, Debug, Default)]
pub struct Config;

/// Where a function gets the time from. Tests have their own.
#[derive(Clone, Copy, Debug)]
pub struct Clock(pub fn() -> OffsetDateTime);

impl Clock {
    pub fn now(self) -> OffsetDateTime {
        self.0()
    }
}

impl Config {
    pub fn from_env() -> Self {
        Self
    }

    /// What HTTP functions share: the database, and `TOKEN_KEYS`, a JSON Web Key Set with the public keys.
    pub async fn app(&self) -> Result<App, Error> {
        let keys = self.need("TOKEN_KEYS")?;
        let verifier = Verifier::from_jwks(&keys)
            .map_err(|error| format!("TOKEN_KEYS cannot be used: {error}"))?;
        Ok(App { db: self.db().await?, verifier, clock: self.clock() })
    }

    /// `DATABASE_URL`, and `DATABASE_PASSWORD_ARN` or `DATABASE_AUTH`. Opens no connection yet.
    pub async fn db(&self) -> Result<Db, Error> {
        database::open(self, "DATABASE").await
    }

    /// The database as its owner: the role of the other functions must not change the schema.
    pub async fn owned_db(&self) -> Result<Db, Error> {
        database::open(self, "MIGRATE_DATABASE").await
    }

    /// What the role of the other functions is to sign in with: `APP_DATABASE_PASSWORD_ARN`, or `APP_DATABASE_AUTH=iam`.
    /// None, if somebody else looks after that role.
    pub async fn app_sign_in(&self) -> Result<Option<AppSignIn>, Error> {
        database::app_sign_in(self).await
    }

    /// What is in the variable, or in the secret of AWS Secrets Manager that `<name>_ARN` refers to.
    pub async fn text(&self, name: &str) -> Result<String, Error> {
        match self.reference(name).await? {
            Some(reference) => reference.fetch().await,
            None => self.need(name),
        }
    }

    /// As [`Self::text`], made into something, and made again whenever the secret in AWS has changed.
    pub async fn secret<T, E: Display>(
        &self,
        name: &'static str,
        read: impl Fn(&str) -> Result<T, E> + Send + Sync + 'static,
    ) -> Result<Secret<T>, Error> {
        let read = move |text: &str| -> Result<T, Error> {
            Ok(read(text).map_err(|why| format!("{name} cannot be used: {why}"))?)
        };
        match self.reference(name).await? {
            Some(reference) => {
                Secret::fetched(name, reference.fetching(), read, self.clock()).await
            }
            None => Ok(read(&self.need(name)?)?.into()),
        }
    }

    /// None, if the variable itself is set: that one goes first, for `sam local` cannot take the other away.
    async fn reference(&self, name: &str) -> Result<Option<Reference>, Error> {
        if self.look_up(name).is_some() {
            return Ok(None);
        }
        let Some(arn) = self.look_up(&format!("{name}_ARN")) else { return Ok(None) };
        let reference = Reference::parse(&arn, &aws::config(Service::SecretsManager).await);
        Ok(Some(reference.map_err(|why| format!("{name}_ARN: {why}"))?))
    }

    /// As [`Self::dispatch`], for what `db` writes from now on.
    pub fn dispatch_of(&self, db: &mut Db) -> Result<Dispatch, Error> {
        db.send_itself();
        self.dispatch()
    }

    /// `MAIL_QUEUE_URL` and `INVENTORY_QUEUE_URL`, and what [`aws::config`] reads.
    pub fn dispatch(&self) -> Result<Dispatch, Error> {
        Ok(Dispatch::to_queues(self.url("MAIL_QUEUE_URL")?, self.url("INVENTORY_QUEUE_URL")?))
    }

    /// The variables of [`Self::dispatch`], and `MAIL_DLQ_URL` and `INVENTORY_DLQ_URL`.
    pub fn dead_letters(&self) -> Result<DeadLetters, Error> {
        let pair = |topic, queue, dead_letters| -> Result<Pair, Error> {
            let queue_url = self.url(queue)?;
            Ok(Pair { topic, queue_url, dead_letters_url: self.url(dead_letters)? })
        };
        Ok(DeadLetters::of(
            pair(Topic::Mail, "MAIL_QUEUE_URL", "MAIL_DLQ_URL")?,
            pair(Topic::Inventory, "INVENTORY_QUEUE_URL", "INVENTORY_DLQ_URL")?,
        ))
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
    pub fn clock(&self) -> Clock {
        Clock(OffsetDateTime::now_utc)
    }

    /// The value of a variable that must be there.
    pub fn need(&self, name: &str) -> Result<String, Error> {
        Ok(self
            .look_up(name)
            .ok_or_else(|| format!("{name} is not set; the README lists every variable"))?)
    }

    /// An address on the web that must be there.
    pub fn url(&self, name: &str) -> Result<String, Error> {
        let url = self.need(name)?;
        let fits = url.starts_with("https://") || url.starts_with("http://");
        if fits { Ok(url) } else { Err(format!("{name} is a URL, not {url}").into()) }
    }

    /// A mail address that must be there.
    pub fn mail_address(&self, name: &str) -> Result<String, Error> {
        let address = self.need(name)?;
        let fits =
            address.split_once('@').is_some_and(|(who, at)| !who.is_empty() && !at.is_empty());
        if fits {
            Ok(address)
        } else {
            Err(format!("{name} is a mail address, not {address}").into())
        }
    }

    /// The value of a variable that may be missing or empty.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    pub fn look_up(&self, name: &str) -> Option<String> {
        std::env::var(name).ok().filter(|value| !value.is_empty())
    }
}
