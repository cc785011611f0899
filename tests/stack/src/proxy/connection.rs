//! One connection through the proxy, with faults in each direction.

use super::{Direction, NetworkFault, State, position::StreamPosition};
use std::{io, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpStream,
        tcp::{ReadHalf, WriteHalf},
    },
    sync::watch::Receiver,
    time,
};

/// How the proxy ends a connection.
enum Abort {
    Close,
    Reset,
}

/// Forwards bytes in both directions until both have ended, a fault ends one, or `closed` changes.
pub(super) async fn forward(
    mut client: TcpStream,
    mut server: TcpStream,
    state: &State,
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
                copy(from_client, to_server, StreamPosition::new(Direction::ToServer), state),
                copy(from_server, to_client, StreamPosition::new(Direction::ToClient), state),
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
    mut from: ReadHalf<'_>,
    mut to: WriteHalf<'_>,
    mut position: StreamPosition,
    state: &State,
) -> Result<(), Abort> {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let count = from.read(&mut buffer).await.map_err(|_| Abort::Reset)?;
        if count == 0 {
            to.shutdown().await.ok();
            return Ok(());
        }
        let mut bytes = &buffer[..count];
        while let Some((offset, fault)) = state.next_fault(&position, bytes) {
            let (before, after) = bytes.split_at(offset);
            send(&mut to, &mut position, before).await?;
            bytes = after;
            // Subscribed before the fault is reported, so that no release is missed.
            let mut release = state.release.subscribe();
            state.fault_count.send_modify(|count| *count += 1);
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
                    send(&mut to, &mut position, &[first ^ 1]).await?;
                    bytes = rest;
                }
                NetworkFault::HalfClose => {
                    to.shutdown().await.ok();
                    discard(from).await;
                    return Ok(());
                }
            }
        }
        send(&mut to, &mut position, bytes).await?;
    }
}

async fn send(
    to: &mut WriteHalf<'_>,
    position: &mut StreamPosition,
    bytes: &[u8],
) -> Result<(), Abort> {
    position.advance(bytes);
    to.write_all(bytes).await.map_err(|_: io::Error| Abort::Reset)
}

/// Reads and drops everything, so that the sender can go on writing.
async fn discard(mut from: ReadHalf<'_>) {
    let mut buffer = vec![0; 16 * 1024];
    while from.read(&mut buffer).await.is_ok_and(|count| count > 0) {
        time::sleep(Duration::ZERO).await;
    }
}
