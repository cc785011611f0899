//! Statistics of requests, and formatting of numbers.

use super::RequestOutcome;
use std::time::Duration;

/// The statistics of requests of one kind.
pub(crate) struct Figures {
    pub(crate) count: usize,
    pub(crate) failed: usize,
    pub(crate) first_failure: Option<String>,
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
}

impl Figures {
    pub(crate) fn of(outcomes: Vec<RequestOutcome>) -> Self {
        let failed = outcomes.iter().filter(|one| one.failed.is_some()).count();
        let first_failure = outcomes.iter().find_map(|one| one.failed.clone());
        let mut took: Vec<_> = outcomes.into_iter().map(|one| one.took).collect();
        took.sort_unstable();
        let at = |percent: usize| {
            let index = (took.len() * percent / 100).min(took.len().saturating_sub(1));
            took.get(index).copied().unwrap_or_default()
        };
        Self { count: took.len(), failed, first_failure, p50: at(50), p99: at(99) }
    }
}

pub(crate) fn per_second(count: usize, took: Duration) -> u64 {
    let count = u64::try_from(count).unwrap_or(u64::MAX);
    count.saturating_mul(1_000_000) / micros(took).max(1)
}

pub(crate) fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// Milliseconds with two decimals.
pub(crate) fn ms(time: Duration) -> String {
    let micros = micros(time);
    format!("{}.{:02}", micros / 1000, micros % 1000 / 10)
}

/// A count of tenths, with one decimal.
pub(crate) fn tenths(count: u64) -> String {
    format!("{}.{}", count / 10, count % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_and_the_slowest_are_told_apart() {
        let outcomes =
            (1..=100).map(|ms| RequestOutcome { took: Duration::from_millis(ms), failed: None });

        let figures = Figures::of(outcomes.collect());

        assert_eq!(figures.p50, Duration::from_millis(51));
        assert_eq!(figures.p99, Duration::from_millis(100));
    }

    #[test]
    fn nothing_done_is_nothing_and_no_failure() {
        let figures = Figures::of(Vec::new());

        assert_eq!((figures.count, figures.failed, figures.p99), (0, 0, Duration::ZERO));
    }
}
