//! What a process has written into the outbox and sends itself.

use super::Parcel;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// For so long it may still send it: an own lease, less what sending takes.
const IN_TIME: Duration = Duration::from_secs(10);
/// Parcels that come within so much of the last ones wait for company.
const PACE: Duration = Duration::from_millis(250);

/// What this process wrote down and sends itself. Shared by the clones of a [`crate::db::Db`].
#[derive(Clone, Debug, Default)]
pub(crate) struct Tray(Arc<Mutex<Lying>>);

#[derive(Debug, Default)]
struct Lying {
    parcels: Vec<(Instant, Parcel)>,
    /// When some were handed out for the last time.
    handed_out: Option<Instant>,
}

impl Tray {
    /// Parcels of a transaction, which began at `begin`: their lease runs from there.
    pub(crate) fn add(&self, begin: Instant, parcels: Vec<Parcel>) {
        let parcels = parcels.into_iter().map(|parcel| (begin, parcel));
        self.0.lock().expect("nobody panics with the tray").parcels.extend(parcels);
    }

    /// Those that nobody else may send yet. The others are the sweep's.
    pub(super) fn take(&self, now: Instant) -> Vec<Parcel> {
        self.0.lock().expect("nobody panics with the tray").take(now)
    }

    /// As [`Self::take`], if a batch is full or the last ones are long gone.
    pub(super) fn take_batch(&self, size: usize, now: Instant) -> Vec<Parcel> {
        let mut lying = self.0.lock().expect("nobody panics with the tray");
        let fresh = |at: Instant| now.saturating_duration_since(at) < PACE;
        if lying.parcels.len() < size && lying.handed_out.is_some_and(fresh) {
            return Vec::new();
        }
        lying.take(now)
    }
}

impl Lying {
    fn take(&mut self, now: Instant) -> Vec<Parcel> {
        let in_time = |begin: Instant| now.saturating_duration_since(begin) < IN_TIME;
        let parcels = std::mem::take(&mut self.parcels).into_iter();
        let parcels: Vec<_> =
            parcels.filter(|&(begin, _)| in_time(begin)).map(|(_, parcel)| parcel).collect();
        if !parcels.is_empty() {
            self.handed_out = Some(now);
        }
        parcels
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbox::Topic;

    fn parcel(id: i64) -> Parcel {
        Parcel { id, topic: Topic::Mail, body: String::new() }
    }

    fn ids(parcels: &[Parcel]) -> Vec<i64> {
        parcels.iter().map(|parcel| parcel.id).collect()
    }

    #[test]
    fn what_was_written_too_long_ago_is_left_to_others() {
        let (begin, tray) = (Instant::now(), Tray::default());
        let after = |seconds| begin + Duration::from_secs(seconds);
        tray.add(begin, vec![parcel(1)]);
        tray.add(after(3), vec![parcel(2)]);
        tray.add(after(11), vec![parcel(3), parcel(4)]);

        assert_eq!(ids(&tray.take(after(11))), [2, 3, 4]);
        assert!(tray.take(after(11)).is_empty(), "handed out once");
    }

    #[test]
    fn what_comes_in_the_same_moment_waits_until_there_is_a_batch_or_the_moment_is_over() {
        let (begin, tray) = (Instant::now(), Tray::default());
        let after = |ms| begin + Duration::from_millis(ms);
        let come = |id, ms| {
            tray.add(after(ms), vec![parcel(id)]);
            ids(&tray.take_batch(3, after(ms)))
        };

        assert_eq!(come(1, 0), [1], "the first waits for nobody");
        assert!(come(2, 10).is_empty());
        assert!(come(3, 20).is_empty());
        assert_eq!(come(4, 30), [2, 3, 4], "a batch");
        assert!(come(5, 279).is_empty());
        assert_eq!(come(6, 280), [5, 6], "a quarter of a second after the last");
    }

    #[test]
    fn an_empty_tray_lets_the_next_one_go_at_once() {
        let (begin, tray) = (Instant::now(), Tray::default());

        assert!(tray.take_batch(3, begin).is_empty());
        tray.add(begin, vec![parcel(1)]);

        assert_eq!(ids(&tray.take_batch(3, begin)), [1]);
    }
}
