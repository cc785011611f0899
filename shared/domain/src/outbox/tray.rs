//! What a process has written into the outbox and sends itself.

use super::Parcel;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// For so long it may still send it: an own lease, less what sending takes.
const IN_TIME: Duration = Duration::from_secs(10);

/// What this process wrote down and sends itself. Shared by the clones of a [`crate::db::Db`].
#[derive(Clone, Debug, Default)]
pub(crate) struct Tray(Arc<Mutex<Vec<(Instant, Parcel)>>>);

impl Tray {
    /// Parcels of a transaction, which began at `begin`: their lease runs from there.
    pub(crate) fn add(&self, begin: Instant, parcels: Vec<Parcel>) {
        let parcels = parcels.into_iter().map(|parcel| (begin, parcel));
        self.0.lock().expect("nobody panics with the tray").extend(parcels);
    }

    /// Those that nobody else may send yet. The others are the sweep's.
    pub(super) fn take(&self) -> Vec<Parcel> {
        let parcels = std::mem::take(&mut *self.0.lock().expect("nobody panics with the tray"));
        let in_time = parcels.into_iter().filter(|(begin, _)| begin.elapsed() < IN_TIME);
        in_time.map(|(_, parcel)| parcel).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbox::Topic;

    #[test]
    fn what_was_written_too_long_ago_is_left_to_others() {
        let parcel = |id| Parcel { id, topic: Topic::Mail, body: String::new() };
        let (now, tray) = (Instant::now(), Tray::default());
        let ago = |seconds| now.checked_sub(Duration::from_secs(seconds)).unwrap();
        tray.add(ago(11), vec![parcel(1)]);
        tray.add(ago(8), vec![parcel(2)]);
        tray.add(now, vec![parcel(3), parcel(4)]);

        let ids: Vec<_> = tray.take().iter().map(|parcel| parcel.id).collect();

        assert_eq!(ids, [2, 3, 4]);
        assert!(tray.take().is_empty(), "handed out once");
    }
}
