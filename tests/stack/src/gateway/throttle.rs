//! The throttles of routes: token buckets that all callers share, as in API Gateway.

use crate::{Template, template::Throttle};
use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// By route key, such as `POST /v1/auth/login`.
#[derive(Debug, Default)]
pub(super) struct Throttles(BTreeMap<String, Mutex<Bucket>>);

#[derive(Debug)]
struct Bucket {
    /// Until the next token.
    refill: Duration,
    /// Until an empty bucket is full but for one token.
    slack: Duration,
    /// When the bucket is full again; in the past if it is full.
    full_at: Option<Instant>,
}

impl Throttles {
    pub(super) fn of(template: &Template) -> Self {
        let buckets = template.throttles.iter();
        Self(buckets.map(|(key, it)| (key.clone(), Mutex::new(Bucket::new(*it)))).collect())
    }

    /// Takes a token of the route. False if it has none left.
    pub(super) fn admits(&self, route: &str) -> bool {
        self.0.get(route).is_none_or(|bucket| {
            bucket.lock().unwrap_or_else(PoisonError::into_inner).take(Instant::now())
        })
    }
}

impl Bucket {
    fn new(Throttle { rate, burst }: Throttle) -> Self {
        let refill = Duration::from_secs(1) / rate.max(1);
        Self { refill, slack: refill * burst.saturating_sub(1), full_at: None }
    }

    fn take(&mut self, now: Instant) -> bool {
        let full_at = self.full_at.map_or(now, |at| at.max(now));
        if full_at.duration_since(now) > self.slack {
            return false;
        }
        self.full_at = Some(full_at + self.refill);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_let_through_and_then_one_at_a_time() {
        let mut bucket = Bucket::new(Throttle { rate: 10, burst: 3 });
        let start = Instant::now();
        let mut at = |millis: u64| bucket.take(start + Duration::from_millis(millis));

        assert_eq!([at(0), at(0), at(0), at(0)], [true, true, true, false]);
        assert_eq!([at(99), at(100), at(101)], [false, true, false]);
        assert_eq!([at(900), at(900), at(900), at(900)], [true, true, true, false]);
    }
}
