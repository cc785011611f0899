//! One connection through the proxy, with faults in each direction.

use super::{Direction, NetworkFault, State, delay_line::DelayLine, position::StreamPosition};
use std::{io, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpStream,
        tcp::{ReadHalf, WriteHalf},
    },
    sync::{mpsc::UnboundedReceiver, watch::Receiver},
    time,
};

/// How the proxy ends a connection.
pub(super) enum Abort {
    Close,
    Reset,
}

/// Forwards bytes in both directions until both have ended, a fault ends one, or `closed` changes.
pub(super) async fn forward(
    mut client: TcpStream,
    mut server: TcpStream,
    state: &State,
    delay: Option<&DelayLine>,
    mut closed: Receiver<u64>,
) {
    let no_delay = client.set_nodelay(true).and_then(|()| server.set_nodelay(true));
    if no_delay.is_err() {
        return;
    }
    let end = {
        let (from_client, to_client) = client.split();
        let (from_server, to_server) = server.split();
        let directions = async {
            tokio::try_join!(
                copy(from_client, Exit::new(to_server, Direction::ToServer, state), delay),
                copy(from_server, Exit::new(to_client, Direction::ToClient, state), delay),
            )
        };
        tokio::select! {
            done = directions => done.map(drop),
            _ = closed.changed() => Err(Abort::Close),
        }
    };
    if matches!(end, Err(Abort::Reset)) {
        // With SO_LINGER 0, closing a socket sends a reset.
        client.set_zero_linger().and_then(|()| server.set_zero_linger()).ok();
    }
}

async fn copy(
    from: ReadHalf<'_>,
    mut exit: Exit<'_>,
    delay: Option<&DelayLine>,
) -> Result<(), Abort> {
    match delay {
        None => exit.forward_all(Source::Now { from, buffer: vec![0; 16 * 1024] }).await,
        Some(line) => {
            let (entrance, arrived) = line.open();
            tokio::try_join!(entrance.take_in(from), exit.forward_all(Source::Late(arrived)))?;
            Ok(())
        }
    }
}

/// Where the bytes of one direction come from.
enum Source<'a> {
    Now { from: ReadHalf<'a>, buffer: Vec<u8> },
    Late(UnboundedReceiver<Vec<u8>>),
}

impl Source<'_> {
    /// The next bytes; none at the end.
    async fn next(&mut self) -> io::Result<Vec<u8>> {
        match self {
            Self::Now { from, buffer } => {
                let count = from.read(buffer).await?;
                Ok(buffer[..count].to_vec())
            }
            Self::Late(arrived) => Ok(arrived.recv().await.unwrap_or_default()),
        }
    }

    /// Reads and drops everything, so that the sender can go on writing.
    async fn discard(mut self) {
        while self.next().await.is_ok_and(|bytes| !bytes.is_empty()) {
            time::sleep(Duration::ZERO).await;
        }
    }
}

/// The end of one direction, where faults occur.
struct Exit<'a> {
    to: WriteHalf<'a>,
    position: StreamPosition,
    state: &'a State,
}

/// Whether a direction goes on.
#[derive(PartialEq, Eq)]
enum Course {
    Open,
    HalfClosed,
}

impl<'a> Exit<'a> {
    fn new(to: WriteHalf<'a>, direction: Direction, state: &'a State) -> Self {
        Self { to, position: StreamPosition::new(direction), state }
    }

    async fn forward_all(&mut self, mut source: Source<'_>) -> Result<(), Abort> {
        loop {
            let bytes = source.next().await.map_err(|_| Abort::Reset)?;
            if bytes.is_empty() {
                self.to.shutdown().await.ok();
                return Ok(());
            }
            if self.forward(&bytes).await? == Course::HalfClosed {
                source.discard().await;
                return Ok(());
            }
        }
    }

    /// Forwards these bytes, with the faults that are triggered within them.
    async fn forward(&mut self, mut bytes: &[u8]) -> Result<Course, Abort> {
        while let Some((offset, fault)) = self.state.next_fault(&self.position, bytes) {
            let (before, after) = bytes.split_at(offset);
            self.send(before).await?;
            bytes = after;
            // Subscribed before the fault is reported, so that no release is missed.
            let mut release = self.state.release.subscribe();
            self.state.fault_count.send_modify(|count| *count += 1);
            match fault {
                NetworkFault::Close => return Err(Abort::Close),
                NetworkFault::Reset => return Err(Abort::Reset),
                NetworkFault::Stall => std::future::pending().await,
                NetworkFault::Hold => {
                    // Cannot fail: the sender lives in the state.
                    release.changed().await.ok();
                }
                NetworkFault::Delay(delay) => time::sleep(delay).await,
                NetworkFault::Garble => {
                    let Some((&first, rest)) = bytes.split_first() else { continue };
                    self.send(&[first ^ 1]).await?;
                    bytes = rest;
                }
                NetworkFault::HalfClose => {
                    self.to.shutdown().await.ok();
                    return Ok(Course::HalfClosed);
                }
            }
        }
        self.send(bytes).await?;
        Ok(Course::Open)
    }

    async fn send(&mut self, bytes: &[u8]) -> Result<(), Abort> {
        self.position.advance(bytes);
        self.to.write_all(bytes).await.map_err(|_: io::Error| Abort::Reset)
    }
}
