//! Waits for a database that does not accept connections yet.

use super::{Db, DbError};
use crate::failure::chain;
use std::time::{Duration, Instant};

/// How long to wait for the database, and how often to try.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    pub at_most: Duration,
    pub step: Duration,
}

impl Patience {
    /// For functions that a schedule starts, and that nobody waits for: a database that has paused resumes in some 15 s.
    pub const SCHEDULED: Self =
        Self { at_most: Duration::from_secs(20), step: Duration::from_millis(500) };
}

impl Db {
    /// Waits until the database accepts connections: its server starts or resumes, or its name is not known yet. Errs at
    /// once if waiting does not help, as with a wrong password or a certificate that is not valid.
    pub async fn wait_until_ready(&self, patience: Patience) -> Result<(), DbError> {
        let began = Instant::now();
        let mut last_reason = String::new();
        loop {
            let Err(error) = self.reach().await else { return Ok(()) };
            let may_pass = error.may_pass() || error.is_connection_loss();
            if !may_pass || began.elapsed() + patience.step >= patience.at_most {
                return Err(error);
            }
            // Once for each reason: a server that starts refuses first, and then says that it starts.
            let reason = chain(&error);
            if reason != last_reason {
                tracing::info!(reason, "waiting until the database accepts connections");
                last_reason = reason;
            }
            tokio::time::sleep(patience.step).await;
        }
    }
}
