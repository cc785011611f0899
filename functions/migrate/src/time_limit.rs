//! The time that an invocation has, and what of it is kept for what.

use domain::db::Patience;
use lambda_runtime::Context;
use std::time::{Duration, SystemTime};

/// Kept for the migrations and the response when the database is waited for.
const MIGRATIONS: Duration = Duration::from_mins(1);
/// Kept for the response to `CloudFormation`.
const RESPONSE: Duration = Duration::from_secs(15);
/// How often to look whether the database accepts connections.
const STEP: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, Debug)]
pub struct TimeLimit {
    /// Until Lambda ends the function.
    pub left: Duration,
    pub step: Duration,
}

impl TimeLimit {
    pub fn of(invocation: &Context, now: SystemTime) -> Self {
        let left = invocation.deadline().duration_since(now).unwrap_or_default();
        Self { left, step: STEP }
    }

    pub(crate) fn patience(self) -> Patience {
        Patience { at_most: self.left.saturating_sub(MIGRATIONS), step: self.step }
    }

    pub(crate) fn until_response(self) -> Duration {
        self.left.saturating_sub(RESPONSE)
    }
}
