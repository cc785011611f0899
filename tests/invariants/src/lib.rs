//! The audit of a shop: checks the invariants I1 to I21 by comparing its database with Stripe, the sent emails, the
//! queues, the logs of the functions, and the responses that clients got.
//!
//! Every breach names its invariant and the row that breaks it. A test adds the records that it has; only those are
//! compared.

mod exchanges;
mod logs;
mod mails;
mod money;
mod queues;
mod shop;

pub use exchanges::{Exchange, ExchangeLog};
pub use logs::{LogReader, Logs};
pub use mails::SentMail;

use domain::db::{Db, DbError};
use stack::Aws;
use stack::stripe::StandIn;
use std::{fmt, io};
use tokio_postgres::Client;

/// How an invariant is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreachKind {
    /// Something that must exist or agree does not.
    Lost,
    /// Something was done more than once.
    Duplicate,
}

/// An invariant that does not hold, and the row that breaks it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// I1 to I21.
    pub invariant: &'static str,
    pub kind: BreachKind,
    /// Names the row and what is wrong with it.
    pub row: String,
}

/// The result of an audit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditReport {
    pub breaches: Vec<Breach>,
    /// The dedupe keys of emails that were sent again after a crash between sending and recording. That is no breach.
    pub resent_mails: Vec<String>,
}

/// Why the audit could not be completed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the database did not answer")]
    Database(#[from] tokio_postgres::Error),
    #[error("the domain could not check its invariants")]
    Domain(#[from] DbError),
    #[error("AWS did not answer")]
    Aws(#[from] stack::aws::Error),
    #[error("the logs cannot be read")]
    Logs(#[from] io::Error),
}

/// The records of one shop that are to be compared.
pub struct Audit<'a> {
    db: &'a Db,
    owner: &'a Client,
    is_idle: bool,
    stripe: Option<&'a StandIn>,
    mails: Option<Vec<SentMail>>,
    aws: Option<&'a Aws>,
    logs: Option<Logs>,
    exchanges: Option<Vec<Exchange>>,
    has_all_exchanges: bool,
}

impl<'a> Audit<'a> {
    /// An audit of the database only. `db` connects as the functions do, `owner` as the owner of the schema.
    pub fn of(db: &'a Db, owner: &'a Client) -> Self {
        Self {
            db,
            owner,
            is_idle: false,
            stripe: None,
            mails: None,
            aws: None,
            logs: None,
            exchanges: None,
            has_all_exchanges: false,
        }
    }

    /// Nothing is in progress: also checks that everything that was started has been completed.
    #[must_use]
    pub fn when_idle(self) -> Self {
        Self { is_idle: true, ..self }
    }

    /// Compares with this Stripe, which handled all payments.
    #[must_use]
    pub fn with_stripe(self, stripe: &'a StandIn) -> Self {
        Self { stripe: Some(stripe), ..self }
    }

    /// Compares with all emails that were sent, if there is no AWS to ask.
    #[must_use]
    pub fn with_mails(self, mails: Vec<SentMail>) -> Self {
        Self { mails: Some(mails), ..self }
    }

    /// Compares with the queues and emails of this AWS.
    #[must_use]
    pub fn with_aws(self, aws: &'a Aws) -> Self {
        Self { aws: Some(aws), ..self }
    }

    /// Checks the logs of the functions.
    #[must_use]
    pub fn with_logs(self, logs: Logs) -> Self {
        Self { logs: Some(logs), ..self }
    }

    /// Checks some of the responses that clients got.
    #[must_use]
    pub fn with_exchanges(mut self, exchanges: &ExchangeLog) -> Self {
        self.exchanges.get_or_insert_default().extend(exchanges.all());
        self
    }

    /// The same for all responses: an order without a response is a breach, too.
    #[must_use]
    pub fn with_all_exchanges(self, exchanges: &ExchangeLog) -> Self {
        Self { has_all_exchanges: true, ..self.with_exchanges(exchanges) }
    }

    /// Runs all checks.
    pub async fn run(&self) -> Result<AuditReport, Error> {
        let mut report = AuditReport::default();
        // The queues first: a message that leaves a queue later is in the database when that is read.
        if let Some(aws) = self.aws {
            queues::check(self, aws, &mut report).await?;
        }
        shop::check(self, &mut report).await?;
        if let Some(stripe) = self.stripe {
            money::check(self, stripe, &mut report).await?;
        }
        if self.mails.is_some() || self.aws.is_some() {
            mails::check(self, &mut report).await?;
        }
        if let Some(exchanges) = &self.exchanges {
            exchanges::check(self, exchanges, &mut report).await?;
        }
        if let Some(logs) = &self.logs {
            logs.check(&mut report);
        }
        Ok(report)
    }

    /// Panics with all breaches, if there are any.
    pub async fn assert_holds(&self) {
        match self.run().await {
            Ok(AuditReport { breaches, .. }) if breaches.is_empty() => {}
            Ok(AuditReport { breaches, .. }) => {
                let rows: Vec<_> = breaches.iter().map(Breach::to_string).collect();
                panic!("invariants are broken:\n{}", rows.join("\n"));
            }
            Err(error) => panic!("{}", domain::failure::chain(&error)),
        }
    }
}

impl AuditReport {
    fn lost(&mut self, invariant: &'static str, row: impl Into<String>) {
        self.breaches.push(Breach { invariant, kind: BreachKind::Lost, row: row.into() });
    }

    fn duplicate(&mut self, invariant: &'static str, row: impl Into<String>) {
        self.breaches.push(Breach { invariant, kind: BreachKind::Duplicate, row: row.into() });
    }
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.invariant, self.row)
    }
}
