//! What can go wrong with PostgreSQL, and what that means for whoever asked.

use tokio_postgres::error::SqlState;

/// A query that failed, and what it was for.
#[derive(Debug, thiserror::Error)]
#[error("could not {doing}")]
pub struct DbError {
    pub(super) doing: &'static str,
    #[source]
    pub(super) source: Source,
    pub(super) sent_commit: bool,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum Source {
    #[error(transparent)]
    Pool(#[from] deadpool_postgres::PoolError),
    #[error(transparent)]
    Query(#[from] tokio_postgres::Error),
    #[error(transparent)]
    Migration(#[from] refinery::Error),
    #[error("the database fell silent")]
    Silent,
    #[error("a stored row makes no sense: {0}")]
    Nonsense(&'static str),
    #[error("a twin was faster")]
    Collision,
}

/// What a caller may expect of another try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Others hold what this needs; soon they will not.
    Busy,
    /// The database cannot be reached, or is on its way up or down.
    Away,
    /// A mistake of ours: another try will end alike.
    Bug,
}

impl DbError {
    pub fn trouble(&self) -> Trouble {
        match &self.source {
            Source::Pool(_) | Source::Silent => Trouble::Away,
            Source::Query(error) => match error.code() {
                None => Trouble::Away,
                Some(state) if is_collision(state) => Trouble::Busy,
                Some(state) if is_absence(state) => Trouble::Away,
                Some(_) => Trouble::Bug,
            },
            Source::Collision => Trouble::Busy,
            Source::Migration(_) | Source::Nonsense(_) => Trouble::Bug,
        }
    }

    /// The constraint that refused the write, by the name it has in the migrations.
    pub fn constraint(&self) -> Option<&str> {
        match &self.source {
            Source::Query(error) => error.as_db_error()?.constraint(),
            _ => None,
        }
    }

    /// Whether nothing was written for certain, and it may go better next time.
    pub(super) fn is_worth_another_try(&self) -> bool {
        match &self.source {
            Source::Collision => true,
            Source::Query(error) if error.code().is_some_and(is_collision) => true,
            Source::Query(_) => !self.sent_commit && self.is_loss(),
            _ => false,
        }
    }

    /// Whether the connection was lost, with or without a word of the server's.
    pub(super) fn is_loss(&self) -> bool {
        let Source::Query(error) = &self.source else { return false };
        error.is_closed()
            || error.code() == Some(&SqlState::ADMIN_SHUTDOWN)
            || std::error::Error::source(error)
                .is_some_and(<dyn std::error::Error>::is::<std::io::Error>)
    }
}

fn is_collision(state: &SqlState) -> bool {
    [
        SqlState::T_R_SERIALIZATION_FAILURE,
        SqlState::T_R_DEADLOCK_DETECTED,
        SqlState::LOCK_NOT_AVAILABLE,
    ]
    .contains(state)
}

/// Statement timeouts, an exhausted server, one that restarts or only reads, a lost connection, a full disk.
fn is_absence(state: &SqlState) -> bool {
    let classes = ["08", "53", "57", "58"];
    classes.contains(&&state.code()[..2])
        || [SqlState::READ_ONLY_SQL_TRANSACTION, SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT]
            .contains(state)
}
