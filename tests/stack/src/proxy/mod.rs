//! A TCP proxy that injects network faults between a client and its server.
//!
//! It is independent of the protocol: PostgreSQL, SQS, SES and Stripe. It reports when a fault has occurred, so that a
//! test can kill the client at exactly that moment: if the proxy holds the `COMMIT` of a process that is then killed,
//! the process has crashed before the commit; if it holds the response, after.

mod connection;
mod delay_line;
mod position;

use delay_line::DelayLine;
use position::StreamPosition;
use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::AbortHandle,
};

/// The direction of a byte stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    ToServer,
    ToClient,
}

/// Where in a byte stream a fault occurs. The bytes before it are forwarded first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// After this number of bytes of a connection.
    Byte(u64),
    /// Before the first occurrence of these bytes, on any connection. At most 256 bytes.
    Text(Vec<u8>),
}

impl Trigger {
    pub fn text(text: &str) -> Self {
        Self::Text(text.as_bytes().to_vec())
    }
}

/// What happens to a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NetworkFault {
    /// Both ends are closed in order.
    Close,
    /// Both ends are reset.
    Reset,
    /// Nothing more is forwarded in this direction, and the connection stays open.
    Stall,
    /// The same, until [`Proxy::release`].
    Hold,
    /// The following bytes are forwarded after this time.
    Delay(Duration),
    /// The receiver sees the end of the stream; the other direction continues.
    HalfClose,
    /// The next byte arrives as another one.
    Garble,
}

/// A running proxy. It stops, and closes all connections, when this is dropped.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    shared: Shared,
    accept_task: AbortHandle,
}

type Shared = Arc<State>;

#[derive(Debug)]
struct State {
    plan: Mutex<Plan>,
    /// How many faults have occurred.
    fault_count: watch::Sender<usize>,
    /// Incremented to forward what is held.
    release: watch::Sender<u64>,
    /// Incremented to close all current connections.
    epoch: watch::Sender<u64>,
}

#[derive(Debug)]
struct Plan {
    server: SocketAddr,
    is_open: bool,
    faults: Vec<(Direction, Trigger, NetworkFault)>,
    delay: Option<DelayLine>,
}

impl Proxy {
    /// A proxy to `server`, such as `127.0.0.1:5432`, without faults.
    pub async fn to(server: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(State {
            plan: Mutex::new(Plan { server, is_open: true, faults: Vec::new(), delay: None }),
            fault_count: watch::Sender::new(0),
            release: watch::Sender::new(0),
            epoch: watch::Sender::new(0),
        });
        let accept_task = tokio::spawn(accept(listener, Arc::clone(&shared))).abort_handle();
        Ok(Self { address, shared, accept_task })
    }

    /// A proxy to the server of a URL such as `postgres://app_rw@127.0.0.1:5432/shop`. Fails if the host is not an IP
    /// address with a port.
    pub async fn to_url(url: &str) -> io::Result<Self> {
        let (from, to) = host(url);
        let address = url[from..to].parse();
        Self::to(address.map_err(|_| io::Error::other(format!("no address in {url}")))?).await
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL with the address of this proxy.
    pub fn url(&self, url: &str) -> String {
        let (from, to) = host(url);
        format!("{}{}{}", &url[..from], self.address, &url[to..])
    }

    /// Adds a fault, which occurs once. Several faults occur one after the other.
    pub fn inject(&self, direction: Direction, trigger: Trigger, fault: NetworkFault) {
        self.plan().faults.push((direction, trigger, fault));
    }

    /// Delays every byte of new connections by this time, in each direction, without limiting throughput: what is sent
    /// together arrives together.
    pub fn set_delay(&self, delay: Duration) -> io::Result<()> {
        self.plan().delay = if delay.is_zero() { None } else { Some(DelayLine::start(delay)?) };
        Ok(())
    }

    /// How many faults have occurred so far.
    pub fn fault_count(&self) -> usize {
        *self.shared.fault_count.borrow()
    }

    /// Waits until `total` faults have occurred since the start.
    pub async fn wait_for_faults(&self, total: usize) {
        let mut fault_count = self.shared.fault_count.subscribe();
        // Cannot fail: the sender lives in the state.
        fault_count.wait_for(|count| *count >= total).await.ok();
    }

    /// Forwards everything that is held.
    pub fn release(&self) {
        self.shared.release.send_modify(|times| *times += 1);
    }

    /// Closes all current connections; new ones are accepted.
    pub fn close_connections(&self) {
        self.shared.epoch.send_modify(|epoch| *epoch += 1);
    }

    /// Closes all connections and refuses new ones until [`Proxy::restore`].
    pub fn disable(&self) {
        self.plan().is_open = false;
        self.close_connections();
    }

    /// Removes the faults that have not occurred, closes all connections, and accepts new ones again.
    pub fn restore(&self) {
        let mut plan = self.plan();
        (plan.is_open, plan.faults) = (true, Vec::new());
        drop(plan);
        self.close_connections();
    }

    /// Connects new connections to another server.
    pub fn redirect_to(&self, server: SocketAddr) {
        self.plan().server = server;
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.shared.plan()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accept_task.abort();
        self.close_connections();
    }
}

impl State {
    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the first fault that is triggered within these bytes, with the number of bytes before it.
    fn next_fault(&self, position: &StreamPosition, bytes: &[u8]) -> Option<(usize, NetworkFault)> {
        let mut plan = self.plan();
        let offset_of = |(direction, trigger, _): &(Direction, Trigger, NetworkFault)| {
            if *direction == position.direction { position.offset_of(trigger, bytes) } else { None }
        };
        let mut faults = plan.faults.iter().enumerate();
        let (index, offset) = faults.find_map(|(index, fault)| Some((index, offset_of(fault)?)))?;
        let (.., fault) = plan.faults.remove(index);
        Some((offset, fault))
    }
}

async fn accept(listener: TcpListener, shared: Shared) {
    while let Ok((client, _)) = listener.accept().await {
        let (server, is_open, delay) = {
            let plan = shared.plan();
            (plan.server, plan.is_open, plan.delay.clone())
        };
        if is_open {
            let shared = Arc::clone(&shared);
            let closed = shared.epoch.subscribe();
            tokio::spawn(async move {
                if let Ok(server) = TcpStream::connect(server).await {
                    connection::forward(client, server, &shared, delay.as_ref(), closed).await;
                }
            });
        }
    }
}

/// The byte range of host and port in a URL.
fn host(url: &str) -> (usize, usize) {
    let from = url.find("://").map_or(0, |at| at + 3);
    let to = url[from..].find('/').map_or(url.len(), |at| from + at);
    let from = url[from..to].rfind('@').map_or(from, |at| from + at + 1);
    (from, to)
}

#[cfg(test)]
mod tests;
