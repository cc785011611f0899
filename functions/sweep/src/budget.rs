//! Until when one round may begin what.

use std::time::{Duration, Instant};

/// The function's timeout, for a round that cannot tell how long it has.
pub const ROUND: Duration = Duration::from_secs(55);
/// Of each round, after Stripe was last asked something new: that may take three calls of 8 s, and then the messages that it
/// wrote are sent.
const ENDING: Duration = Duration::from_secs(30);
/// Of the ending, for the batch of messages that begins last.
const LAST_BATCH: Duration = Duration::from_secs(4);
/// After so many calls in a row without an answer, Stripe is not asked again in this round.
const MOST_UNANSWERED: u8 = 2;

/// The times after which one round begins nothing more of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Schedule {
    /// Of what needs no Stripe.
    pub(crate) records: Instant,
    pub(crate) stripe: Instant,
    /// Of the messages in the end.
    pub(crate) messages: Instant,
}

impl Schedule {
    /// For a round that has this time from now on. What needs no Stripe comes first, and leaves Stripe half of the time
    /// before the ending.
    pub(crate) fn within(time: Duration, now: Instant) -> Self {
        let before_ending = time.saturating_sub(ENDING);
        Self {
            records: now + before_ending / 2,
            stripe: now + before_ending,
            messages: now + time.saturating_sub(LAST_BATCH),
        }
    }
}

/// Whether Stripe answered a call, be it with a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answered {
    Yes,
    No,
}

/// What is left of the time to ask Stripe.
pub(crate) struct StripeBudget {
    end: Instant,
    unanswered: u8,
}

impl StripeBudget {
    pub(crate) fn until(end: Instant) -> Self {
        Self { end, unanswered: 0 }
    }

    /// Whether another call may begin.
    pub(crate) fn is_left(&self) -> bool {
        self.is_left_at(Instant::now())
    }

    fn is_left_at(&self, now: Instant) -> bool {
        self.unanswered < MOST_UNANSWERED && now < self.end
    }

    pub(crate) fn record(&mut self, answered: Answered) {
        self.unanswered = match answered {
            Answered::Yes => 0,
            Answered::No => self.unanswered + 1,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Answered::{No, Yes};

    #[test]
    fn stripe_is_asked_until_the_time_is_over_or_two_calls_in_a_row_get_no_answer() {
        let mut budget = StripeBudget::until(Instant::now() + Duration::from_secs(30));
        for (answered, is_left) in [(Yes, true), (No, true), (Yes, true), (No, true), (No, false)] {
            budget.record(answered);
            assert_eq!(budget.is_left(), is_left, "{answered:?}");
        }

        let slow = StripeBudget::until(Instant::now() + Duration::from_secs(30));
        assert!(slow.is_left_at(slow.end.checked_sub(Duration::from_millis(1)).unwrap()));
        assert!(!slow.is_left_at(slow.end));
    }

    #[test]
    fn whatever_a_round_begins_last_ends_within_its_time() {
        let now = Instant::now();
        let second = Duration::from_secs(1);
        // At once, after a database that resumed for 20 s, and with no time at all.
        for (time, records, stripe, messages) in
            [(550, 125, 250, 510), (350, 25, 50, 310), (300, 0, 0, 260), (0, 0, 0, 0)]
        {
            let until = Schedule::within(second * time / 10, now);
            let at = |tenths: u32| now + second * tenths / 10;
            let expected =
                Schedule { records: at(records), stripe: at(stripe), messages: at(messages) };
            assert_eq!(until, expected, "{time}");
        }
    }
}
