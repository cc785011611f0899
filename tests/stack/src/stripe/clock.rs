//! The clock of the stand-in.

use std::time::Duration;
use time::OffsetDateTime;

/// The system clock, advanced by tests.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Clock {
    ahead: Duration,
}

impl Clock {
    /// In seconds since the epoch.
    pub(super) fn now(self) -> i64 {
        self.time().unix_timestamp()
    }

    #[expect(clippy::disallowed_methods, reason = "Stripe has its own clock")]
    pub(super) fn time(self) -> OffsetDateTime {
        OffsetDateTime::now_utc() + self.ahead
    }

    pub(super) fn advance(&mut self, by: Duration) {
        self.ahead += by;
    }
}
