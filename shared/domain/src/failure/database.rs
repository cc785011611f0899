//! What can go wrong with PostgreSQL, and what that means for whoever asked. Made by [`crate::db`].

use super::{MigrationFailure, MigrationRefusal};
use deadpool_postgres::PoolError;
use std::io;
use tokio_postgres::error::SqlState;

/// A statement that failed, and what it was for.
#[derive(Debug, thiserror::Error)]
#[error("could not {doing}")]
pub struct DbError {
    doing: &'static str,
    #[source]
    source: Source,
    sent_commit: bool,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum Source {
    #[error(transparent)]
    Pool(#[from] PoolError),
    #[error(transparent)]
    Query(tokio_postgres::Error),
    #[error(
        "a connection pooler shares the sessions of the server and confuses prepared statements: connect to the \
         server itself, or let the pooler pool by session or track prepared statements"
    )]
    Pooler(#[source] tokio_postgres::Error),
    #[error("the address is of no use")]
    Address(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error(transparent)]
    Migration(#[from] MigrationFailure),
    #[error(transparent)]
    NotMigrated(#[from] MigrationRefusal),
    #[error("the database did not answer in time")]
    Timeout,
    #[error("a statement before it has failed")]
    Unanswered,
    #[error("a stored row is invalid: {0}")]
    InvalidRow(&'static str),
}

impl From<tokio_postgres::Error> for Source {
    fn from(error: tokio_postgres::Error) -> Self {
        // On a session of our own, the names of prepared statements are never taken and never unknown.
        let confused = [SqlState::INVALID_SQL_STATEMENT_NAME, SqlState::DUPLICATE_PSTATEMENT];
        match error.code() {
            Some(state) if confused.contains(state) => Self::Pooler(error),
            _ => Self::Query(error),
        }
    }
}

/// Whether another try can help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DbErrorKind {
    /// Other transactions hold the locks that this one needs: retry soon.
    Contention,
    /// The database cannot be reached, or is starting or stopping: retry later.
    Unavailable,
    /// A defect in this program: another try fails the same way.
    Bug,
}

impl DbError {
    pub(crate) fn new(doing: &'static str, source: impl Into<Source>) -> Self {
        Self { doing, source: source.into(), sent_commit: false }
    }

    /// In the flight of `commit`: nobody knows whether the transaction was committed. One that meets itself may run again.
    pub(crate) fn of_commit(self, meets_itself: bool) -> Self {
        Self { sent_commit: !meets_itself, ..self }
    }

    pub fn kind(&self) -> DbErrorKind {
        match &self.source {
            Source::Pool(_) | Source::Timeout | Source::Unanswered => DbErrorKind::Unavailable,
            Source::Query(error) => match error.code() {
                None => DbErrorKind::Unavailable,
                Some(_) if self.is_collision() => DbErrorKind::Contention,
                Some(state) if is_unavailability(state) => DbErrorKind::Unavailable,
                Some(_) => DbErrorKind::Bug,
            },
            Source::Migration(MigrationFailure::Busy(_)) => DbErrorKind::Contention,
            Source::Address(_)
            | Source::Pooler(_)
            | Source::Migration(MigrationFailure::Step(..))
            | Source::NotMigrated(_)
            | Source::InvalidRow(_) => DbErrorKind::Bug,
        }
    }

    /// The constraint that refused the write, by the name it has in the migrations.
    pub fn constraint(&self) -> Option<&str> {
        match &self.source {
            Source::Query(error) => error.as_db_error()?.constraint(),
            _ => None,
        }
    }

    /// Whether certainly nothing was written, and another try may succeed.
    pub(crate) fn is_retryable(&self) -> bool {
        self.is_collision() || !self.sent_commit && self.is_connection_loss()
    }

    /// Whether other transactions were in the way, and the next try draws or finds something else.
    pub(crate) fn is_collision(&self) -> bool {
        let is_drawn_twice = self.constraint().is_some_and(|name| DRAWN.contains(&name));
        let collides = |state| is_collision(state) || is_drawn_twice;
        matches!(&self.source, Source::Query(error) if error.code().is_some_and(collides))
    }

    /// Whether the database cannot be connected to yet, and waiting may mend it.
    pub(crate) fn may_pass(&self) -> bool {
        match &self.source {
            Source::Pool(PoolError::Timeout(_)) | Source::Timeout => true,
            Source::Pool(PoolError::Backend(error)) | Source::Query(error) => is_starting(error),
            _ => false,
        }
    }

    /// Whether nothing more is to be expected of the connection.
    pub(crate) fn is_silence(&self) -> bool {
        matches!(self.source, Source::Timeout) || self.is_connection_loss()
    }

    /// Whether the connection was lost, announced by the server or not.
    pub(crate) fn is_connection_loss(&self) -> bool {
        let Source::Query(error) = &self.source else { return false };
        error.is_closed()
            || error.code() == Some(&SqlState::ADMIN_SHUTDOWN)
            || std::error::Error::source(error)
                .is_some_and(<dyn std::error::Error>::is::<std::io::Error>)
    }
}

/// Nothing listens at the address, its name is not known, or the server says that it starts or is full.
fn is_starting(error: &tokio_postgres::Error) -> bool {
    let states = [
        SqlState::CANNOT_CONNECT_NOW,
        SqlState::ADMIN_SHUTDOWN,
        SqlState::CRASH_SHUTDOWN,
        SqlState::TOO_MANY_CONNECTIONS,
    ];
    if let Some(state) = error.code() {
        return states.contains(state);
    }
    let cause = std::error::Error::source(error);
    let io = cause.and_then(<dyn std::error::Error>::downcast_ref::<io::Error>);
    // An untrusted certificate and other breaches of a protocol are invalid data; a wrong host name for it, invalid input.
    let is_final = |kind| [io::ErrorKind::InvalidData, io::ErrorKind::InvalidInput].contains(&kind);
    error.is_closed() || io.is_some_and(|io| !is_final(io.kind()))
}

/// The constraints that keep values apart which are drawn at random.
const DRAWN: [&str; 1] = ["orders_number_taken"];

fn is_collision(state: &SqlState) -> bool {
    [
        SqlState::T_R_SERIALIZATION_FAILURE,
        SqlState::T_R_DEADLOCK_DETECTED,
        SqlState::LOCK_NOT_AVAILABLE,
    ]
    .contains(state)
}

/// Statement timeouts, an exhausted server, one that restarts or only reads, a lost connection, a full disk.
fn is_unavailability(state: &SqlState) -> bool {
    let classes = ["08", "53", "57", "58"];
    classes.contains(&&state.code()[..2])
        || [SqlState::READ_ONLY_SQL_TRANSACTION, SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT]
            .contains(state)
}
