//! How long a mail waits that SES has no time for.

use std::time::Duration;

/// SQS hands a message out five times and then gives it to the dead letters. The fifth is left for what fails otherwise.
const VISITS: u32 = 4;
const FIRST_SECONDS: u64 = 30;
/// What SES advises to those whom it throttles.
const REST_SECONDS: i32 = 600;

/// Where the mail waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// In the queue, hidden.
    Pause(Duration),
    /// In the outbox, whence it comes back as a message that was never handed out.
    Outbox { seconds: i32 },
}

/// Luck, for nothing but a pause.
pub(crate) fn dice() -> u8 {
    fastrand::u8(..)
}

/// The answer to the `receives`-th visit. `dice` spreads those that came together: up to a quarter is added.
pub(crate) fn next(receives: u32, dice: u8) -> Next {
    if receives >= VISITS {
        return Next::Outbox { seconds: REST_SECONDS };
    }
    let seconds = FIRST_SECONDS << receives.saturating_sub(1);
    Next::Pause(Duration::from_millis(seconds * 1000 + seconds * 1000 * u64::from(dice) / 1020))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pauses_grow_and_end_in_the_outbox() {
        let pauses: Vec<_> = (0..=6).map(|receives| next(receives, 0)).collect();

        let pause = |seconds| Next::Pause(Duration::from_secs(seconds));
        let rest = Next::Outbox { seconds: 600 };
        assert_eq!(pauses, [pause(30), pause(30), pause(60), pause(120), rest, rest, rest]);
        assert_eq!(next(u32::MAX, 255), rest);
    }

    #[test]
    fn the_dice_add_a_quarter_at_most() {
        for (receives, least) in [(1, 30), (2, 60), (3, 120)] {
            let pauses = (0..=255).map(|dice| match next(receives, dice) {
                Next::Pause(pause) => pause,
                Next::Outbox { .. } => panic!("too early"),
            });
            let (least, most) = (Duration::from_secs(least), Duration::from_secs(least) * 5 / 4);
            assert!(pauses.clone().all(|pause| (least..=most).contains(&pause)));
            assert_eq!((pauses.clone().min(), pauses.max()), (Some(least), Some(most)));
        }
    }
}
