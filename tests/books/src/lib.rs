//! All the books of a shop, laid side by side after whatever happened to it: its database, Stripe's ledger, the mails
//! that went out, the queues, the logs, and what people were answered.
//!
//! What must hold is numbered I1 to I12; whatever does not is named by its number, with the row that breaks it. A case
//! shows the books that it has: those that it does not show are not compared.

mod answers;
mod logs;
mod mails;
mod money;
mod queues;
mod shop;

pub use answers::{Note, Notes};
pub use logs::Logs;
pub use mails::Posted;

use domain::db::{Db, DbError};
use stack::Aws;
use stack::stripe::StandIn;
use std::{fmt, io};
use tokio_postgres::Client;

/// What became of a promise that was broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Harm {
    /// Something should be so, and is not.
    Lost,
    /// Something was done more than once.
    Twice,
}

/// A promise that does not hold, and the row that breaks it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// I1 to I12.
    pub invariant: &'static str,
    pub harm: Harm,
    /// What is wrong, and with which row.
    pub row: String,
}

/// What a look into the books has shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    pub breaches: Vec<Breach>,
    /// The keys of the mails that went out again, each because somebody had to claim it again.
    pub mails_again: Vec<String>,
}

/// Why the books could not be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the database did not answer")]
    Database(#[from] tokio_postgres::Error),
    #[error("the domain could not check its promises")]
    Domain(#[from] DbError),
    #[error("AWS did not answer")]
    Aws(#[from] stack::aws::Error),
    #[error("the logs cannot be read")]
    Logs(#[from] io::Error),
}

/// The books of one shop.
pub struct Books<'a> {
    db: &'a Db,
    owner: &'a Client,
    is_quiet: bool,
    stripe: Option<&'a StandIn>,
    mails: Option<Vec<Posted>>,
    aws: Option<&'a Aws>,
    logs: Option<Logs>,
    notes: Option<Vec<Note>>,
    are_all_notes: bool,
}

impl<'a> Books<'a> {
    /// The database alone, as the functions see it and as its owner does.
    pub fn of(db: &'a Db, owner: &'a Client) -> Self {
        Self {
            db,
            owner,
            is_quiet: false,
            stripe: None,
            mails: None,
            aws: None,
            logs: None,
            notes: None,
            are_all_notes: false,
        }
    }

    /// Nothing is on its way any more: what was begun must have come to its end.
    #[must_use]
    pub fn when_quiet(self) -> Self {
        Self { is_quiet: true, ..self }
    }

    /// All money went through this Stripe.
    #[must_use]
    pub fn with_stripe(self, stripe: &'a StandIn) -> Self {
        Self { stripe: Some(stripe), ..self }
    }

    /// All mails that went out, where no AWS can be asked.
    #[must_use]
    pub fn with_mails(self, mails: Vec<Posted>) -> Self {
        Self { mails: Some(mails), ..self }
    }

    /// All messages and mails went through this AWS.
    #[must_use]
    pub fn with_aws(self, aws: &'a Aws) -> Self {
        Self { aws: Some(aws), ..self }
    }

    /// All that the functions wrote.
    #[must_use]
    pub fn with_logs(self, logs: Logs) -> Self {
        Self { logs: Some(logs), ..self }
    }

    /// Some of what people were answered.
    #[must_use]
    pub fn with_answers(mut self, notes: &Notes) -> Self {
        self.notes.get_or_insert_default().extend(notes.all());
        self
    }

    /// All that people were answered: what nobody was answered was not asked for.
    #[must_use]
    pub fn with_all_answers(self, notes: &Notes) -> Self {
        Self { are_all_notes: true, ..self.with_answers(notes) }
    }

    /// Compares everything with everything.
    pub async fn look(&self) -> Result<Found, Error> {
        let mut found = Found::default();
        // First, as long as the queues are as they are: what leaves one is in the database by then.
        if let Some(aws) = self.aws {
            queues::look(self, aws, &mut found).await?;
        }
        shop::look(self, &mut found).await?;
        if let Some(stripe) = self.stripe {
            money::look(self, stripe, &mut found).await?;
        }
        if self.mails.is_some() || self.aws.is_some() {
            mails::look(self, &mut found).await?;
        }
        if let Some(notes) = &self.notes {
            answers::look(self, notes, &mut found).await?;
        }
        if let Some(logs) = &self.logs {
            logs.look(&mut found);
        }
        Ok(found)
    }

    /// Fails, and names whatever does not hold.
    pub async fn hold(&self) {
        match self.look().await {
            Ok(Found { breaches, .. }) if breaches.is_empty() => {}
            Ok(Found { breaches, .. }) => {
                let rows: Vec<_> = breaches.iter().map(Breach::to_string).collect();
                panic!("the shop broke its promises:\n{}", rows.join("\n"));
            }
            Err(error) => panic!("{}", domain::failure::chain(&error)),
        }
    }
}

impl Found {
    fn lost(&mut self, invariant: &'static str, row: impl Into<String>) {
        self.breaches.push(Breach { invariant, harm: Harm::Lost, row: row.into() });
    }

    fn twice(&mut self, invariant: &'static str, row: impl Into<String>) {
        self.breaches.push(Breach { invariant, harm: Harm::Twice, row: row.into() });
    }
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.invariant, self.row)
    }
}
