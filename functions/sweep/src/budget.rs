//! How long one round may ask Stripe.

use std::time::{Duration, Instant};

/// Of the function's timeout of 55 s. What begins last may take three calls of 8 s.
pub const STRIPE_BUDGET: Duration = Duration::from_secs(25);
/// After so many calls in a row without an answer, Stripe is not asked again in this round.
const MOST_UNANSWERED: u8 = 2;

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
    pub(crate) fn new(budget: Duration) -> Self {
        Self { end: Instant::now() + budget, unanswered: 0 }
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
        let mut budget = StripeBudget::new(Duration::from_secs(30));
        for (answered, is_left) in [(Yes, true), (No, true), (Yes, true), (No, true), (No, false)] {
            budget.record(answered);
            assert_eq!(budget.is_left(), is_left, "{answered:?}");
        }

        let slow = StripeBudget::new(Duration::from_secs(30));
        assert!(slow.is_left_at(slow.end.checked_sub(Duration::from_millis(1)).unwrap()));
        assert!(!slow.is_left_at(slow.end));
    }
}
