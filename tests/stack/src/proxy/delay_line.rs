//! Carries bytes with a delay, as a long line does: what is sent in quick succession travels together and arrives in
//! order, so that the delay limits no throughput.

use super::connection::Abort;
use std::{
    io,
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};
use tokio::{
    io::AsyncReadExt,
    net::tcp::ReadHalf,
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
};

/// Delays all directions of all connections of a proxy by the same time. It ends with its last clone.
///
/// A thread waits, since the timers of tokio are only accurate to a millisecond. It needs one queue only: with one delay
/// for all, what was sent first arrives first.
#[derive(Clone, Debug)]
pub(super) struct DelayLine {
    delay: Duration,
    queue: mpsc::Sender<Parcel>,
}

#[derive(Debug)]
struct Parcel {
    due: Instant,
    bytes: Vec<u8>,
    to: UnboundedSender<Vec<u8>>,
}

/// The start of one direction of a connection.
pub(super) struct Entrance {
    line: DelayLine,
    to: UnboundedSender<Vec<u8>>,
}

impl DelayLine {
    pub(super) fn start(delay: Duration) -> io::Result<Self> {
        let (queue, parcels) = mpsc::channel::<Parcel>();
        thread::Builder::new().name("delay line".to_owned()).spawn(move || {
            for parcel in parcels {
                thread::sleep(parcel.due.saturating_duration_since(Instant::now()));
                // Fails if the connection has ended.
                parcel.to.send(parcel.bytes).ok();
            }
        })?;
        Ok(Self { delay, queue })
    }

    /// Both ends of one direction. Its end is reached when the entrance is dropped and everything has arrived.
    pub(super) fn open(&self) -> (Entrance, UnboundedReceiver<Vec<u8>>) {
        let (to, arrived) = unbounded_channel();
        (Entrance { line: self.clone(), to }, arrived)
    }
}

impl Entrance {
    /// Sends everything that `from` brings on its way, as it comes.
    pub(super) async fn take_in(self, mut from: ReadHalf<'_>) -> Result<(), Abort> {
        let mut buffer = vec![0; 16 * 1024];
        loop {
            let count = from.read(&mut buffer).await.map_err(|_| Abort::Reset)?;
            if count == 0 {
                return Ok(());
            }
            let due = Instant::now() + self.line.delay;
            let parcel = Parcel { due, bytes: buffer[..count].to_vec(), to: self.to.clone() };
            self.line.queue.send(parcel).map_err(|_| Abort::Close)?;
        }
    }
}
