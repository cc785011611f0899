//! Everything that the environment decides, read once at the start.

use crate::Error;
use crate::dead_letters::{DeadLetters, Pair};
use crate::dispatch::Dispatch;
use crate::http::App;
use crate::http::token::Verifier;
use domain::db::Db;
use domain::outbox::Topic;
use time::OffsetDateTime;

/// The variables of this process. A missing one stops the start with a line that names it.
#[derive(Clone, Copy, Debug)]
pub struct Config(());

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
        Self(())
    }

    /// What HTTP functions share: `DATABASE_URL` and `TOKEN_KEYS`, a JSON Web Key Set with the public keys.
    pub fn app(self) -> Result<App, Error> {
        let keys = self.need("TOKEN_KEYS")?;
        let verifier = Verifier::from_jwks(&keys)
            .map_err(|error| format!("TOKEN_KEYS cannot be used: {error}"))?;
        Ok(App { db: self.db()?, verifier, clock: self.clock() })
    }

    /// `DATABASE_URL`. A Lambda serves one request at a time, so one connection is enough.
    pub fn db(self) -> Result<Db, Error> {
        let db = Db::connect(&self.need("DATABASE_URL")?, 1);
        Ok(db.map_err(|error| format!("DATABASE_URL: {}", domain::failure::chain(&error)))?)
    }

    /// `MAIL_QUEUE_URL` and `INVENTORY_QUEUE_URL`, and where the AWS SDK looks for the rest.
    pub fn dispatch(self) -> Result<Dispatch, Error> {
        Ok(Dispatch::to_queues(self.need("MAIL_QUEUE_URL")?, self.need("INVENTORY_QUEUE_URL")?))
    }

    /// The variables of [`Self::dispatch`], and `MAIL_DLQ_URL` and `INVENTORY_DLQ_URL`.
    pub fn dead_letters(self) -> Result<DeadLetters, Error> {
        let pair = |topic, queue, dead_letters| -> Result<Pair, Error> {
            let queue_url = self.need(queue)?;
            Ok(Pair { topic, queue_url, dead_letters_url: self.need(dead_letters)? })
        };
        Ok(DeadLetters::of(
            pair(Topic::Mail, "MAIL_QUEUE_URL", "MAIL_DLQ_URL")?,
            pair(Topic::Inventory, "INVENTORY_QUEUE_URL", "INVENTORY_DLQ_URL")?,
        ))
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
    pub fn clock(self) -> Clock {
        Clock(OffsetDateTime::now_utc)
    }

    /// The value of a variable that must be there.
    pub fn need(self, name: &str) -> Result<String, Error> {
        Ok(self
            .look_up(name)
            .ok_or_else(|| format!("{name} is not set; the README lists every variable"))?)
    }

    /// The value of a variable that may be missing or empty.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    pub fn look_up(self, name: &str) -> Option<String> {
        std::env::var(name).ok().filter(|value| !value.is_empty())
    }
}
