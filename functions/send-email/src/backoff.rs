//! How long an email waits after SES has throttled or failed.

use std::time::Duration;

/// From this receive on, the email waits in the outbox. SQS moves a message to the dead-letter queue after five
/// receives; the fifth is left for other failures.
const OUTBOX_RECEIVES: u32 = 4;
const FIRST_DELAY_SECONDS: u64 = 30;
/// What SES recommends after throttling.
const OUTBOX_DELAY_SECONDS: i32 = 600;

/// Where and how long the email waits for the next attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Retry {
    /// In the queue, with this visibility timeout.
    InQueue(Duration),
    /// In the outbox, which sends it as a new message with a receive count of its own.
    InOutbox { seconds: i32 },
}

pub(crate) fn jitter() -> u8 {
    fastrand::u8(..)
}

/// The delay after the `receives`-th receive. `jitter` adds up to a quarter, to spread messages that failed together.
pub(crate) fn next(receives: u32, jitter: u8) -> Retry {
    if receives >= OUTBOX_RECEIVES {
        return Retry::InOutbox { seconds: OUTBOX_DELAY_SECONDS };
    }
    let millis = (FIRST_DELAY_SECONDS << receives.saturating_sub(1)) * 1000;
    Retry::InQueue(Duration::from_millis(millis + millis * u64::from(jitter) / 1020))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pauses_grow_and_end_in_the_outbox() {
        let pauses: Vec<_> = (0..=6).map(|receives| next(receives, 0)).collect();

        let queue = |seconds| Retry::InQueue(Duration::from_secs(seconds));
        let outbox = Retry::InOutbox { seconds: 600 };
        assert_eq!(pauses, [queue(30), queue(30), queue(60), queue(120), outbox, outbox, outbox]);
        assert_eq!(next(u32::MAX, 255), outbox);
    }

    #[test]
    fn the_jitter_adds_a_quarter_at_most() {
        for (receives, least) in [(1, 30), (2, 60), (3, 120)] {
            let pauses = (0..=255).map(|jitter| match next(receives, jitter) {
                Retry::InQueue(pause) => pause,
                Retry::InOutbox { .. } => panic!("too early"),
            });
            let (least, most) = (Duration::from_secs(least), Duration::from_secs(least) * 5 / 4);
            assert!(pauses.clone().all(|pause| (least..=most).contains(&pause)));
            assert_eq!((pauses.clone().min(), pauses.max()), (Some(least), Some(most)));
        }
    }
}
