//! One connection through the proxy: two ways, each with its own breaks.

use super::{Break, State, Way, watch::Watch};
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

/// How a way ended that did not end by itself.
enum End {
    Cut,
    Reset,
}

/// Carries bytes both ways until both are done, one breaks, or `ended` says so.
pub(super) async fn join(
    mut client: TcpStream,
    mut server: TcpStream,
    state: &State,
    mut ended: Receiver<u64>,
) {
    let small_is_fast = client.set_nodelay(true).and_then(|()| server.set_nodelay(true));
    if small_is_fast.is_err() {
        return;
    }
    let end = {
        let (from_client, to_client) = client.split();
        let (from_server, to_server) = server.split();
        let ways = async {
            tokio::try_join!(
                carry(from_client, to_server, Watch::new(Way::ToServer), state),
                carry(from_server, to_client, Watch::new(Way::ToClient), state),
            )
        };
        tokio::select! {
            done = ways => done.map(drop),
            _ = ended.changed() => Err(End::Cut),
        }
    };
    if matches!(end, Err(End::Reset)) {
        // A socket that does not linger says so with a reset.
        client.set_zero_linger().and_then(|()| server.set_zero_linger()).ok();
    }
}

async fn carry(
    mut from: ReadHalf<'_>,
    mut to: WriteHalf<'_>,
    mut watch: Watch,
    state: &State,
) -> Result<(), End> {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let count = from.read(&mut buffer).await.map_err(|_| End::Reset)?;
        if count == 0 {
            to.shutdown().await.ok();
            return Ok(());
        }
        let mut bytes = &buffer[..count];
        while let Some((pass, how)) = state.strike(&watch, bytes) {
            let (before, after) = bytes.split_at(pass);
            send(&mut to, &mut watch, before).await?;
            bytes = after;
            // Before anybody can know that something is held.
            let mut let_go = state.let_go.subscribe();
            state.struck.send_modify(|count| *count += 1);
            match how {
                Break::Cut => return Err(End::Cut),
                Break::Reset => return Err(End::Reset),
                Break::Stall => std::future::pending().await,
                Break::Hold => {
                    // Cannot fail: the sender lives in the state.
                    let_go.changed().await.ok();
                }
                Break::Delay(pause) => time::sleep(pause).await,
                Break::HalfClose => {
                    to.shutdown().await.ok();
                    swallow(from).await;
                    return Ok(());
                }
            }
        }
        send(&mut to, &mut watch, bytes).await?;
    }
}

async fn send(to: &mut WriteHalf<'_>, watch: &mut Watch, bytes: &[u8]) -> Result<(), End> {
    watch.pass(bytes);
    to.write_all(bytes).await.map_err(|_: io::Error| End::Reset)
}

/// The sender does not notice: it may write as much as it likes.
async fn swallow(mut from: ReadHalf<'_>) {
    let mut buffer = vec![0; 16 * 1024];
    while from.read(&mut buffer).await.is_ok_and(|count| count > 0) {
        time::sleep(Duration::ZERO).await;
    }
}
