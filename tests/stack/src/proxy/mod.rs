//! Stands on the line between a client and its server, and breaks it where it is told to.
//!
//! One proxy serves PostgreSQL, SQS, SES and Stripe alike: it knows bytes and nothing else. It also says when it struck,
//! so that a test can kill the client at exactly that moment: a process ended by SIGKILL while the proxy holds its
//! `COMMIT` has died before the commit, and one that waits for the answer to it has died after.

mod line;
mod watch;

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch as channel,
    task::AbortHandle,
};
use watch::Watch;

/// The way that bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    ToServer,
    ToClient,
}

/// Where on its way a line breaks. What comes before has arrived, what comes after has not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum At {
    /// After so many bytes of one connection.
    Byte(u64),
    /// Before these bytes, on whichever connection they come first.
    Text(Vec<u8>),
}

impl At {
    pub fn text(text: &str) -> Self {
        Self::Text(text.as_bytes().to_vec())
    }
}

/// How a line breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Break {
    /// Both ends see an orderly end.
    Cut,
    /// Both ends see a reset.
    Reset,
    /// Nothing passes any more this way, and nobody hears of it.
    Stall,
    /// The same, until [`Proxy::let_go`].
    Hold,
    /// What comes after arrives late.
    Delay(Duration),
    /// The receiver sees the end; the other way goes on.
    HalfClose,
}

/// A line that can be broken; it is gone when this is dropped.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    shared: Shared,
    door: AbortHandle,
}

type Shared = Arc<State>;

#[derive(Debug)]
struct State {
    plan: Mutex<Plan>,
    /// How many breaks have happened.
    struck: channel::Sender<usize>,
    /// Raised to let what is held pass.
    let_go: channel::Sender<u64>,
    /// Raised to end all connections that there are.
    epoch: channel::Sender<u64>,
}

#[derive(Debug)]
struct Plan {
    server: SocketAddr,
    is_open: bool,
    breaks: Vec<(Way, At, Break)>,
}

impl Proxy {
    /// A sound line to `server`, such as `127.0.0.1:5432`.
    pub async fn before(server: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(State {
            plan: Mutex::new(Plan { server, is_open: true, breaks: Vec::new() }),
            struck: channel::Sender::new(0),
            let_go: channel::Sender::new(0),
            epoch: channel::Sender::new(0),
        });
        let door = tokio::spawn(answer(listener, Arc::clone(&shared))).abort_handle();
        Ok(Self { address, shared, door })
    }

    /// A sound line to the server of a URL such as `postgres://app_rw@127.0.0.1:5432/shop`.
    pub async fn before_url(url: &str) -> io::Result<Self> {
        let (from, to) = host(url);
        let address = url[from..to].parse();
        Self::before(address.map_err(|_| io::Error::other(format!("no address in {url}")))?).await
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The same URL, by way of this proxy.
    pub fn url(&self, url: &str) -> String {
        let (from, to) = host(url);
        format!("{}{}{}", &url[..from], self.address, &url[to..])
    }

    /// The next bytes that get there break the line, once; several breaks strike one after the other.
    pub fn script(&self, way: Way, at: At, how: Break) {
        self.plan().breaks.push((way, at, how));
    }

    /// How many breaks have happened until now.
    pub fn struck(&self) -> usize {
        *self.shared.struck.borrow()
    }

    /// Waits until so many breaks have happened in all.
    pub async fn has_struck(&self, times: usize) {
        let mut struck = self.shared.struck.subscribe();
        // Cannot fail: the sender lives in the state.
        struck.wait_for(|count| *count >= times).await.ok();
    }

    /// What is held passes, and what comes after it.
    pub fn let_go(&self) {
        self.shared.let_go.send_modify(|times| *times += 1);
    }

    /// Ends all connections that there are; new ones are sound.
    pub fn cut(&self) {
        self.shared.epoch.send_modify(|epoch| *epoch += 1);
    }

    /// Ends all connections and takes no new ones until [`Proxy::mend`].
    pub fn close(&self) {
        self.plan().is_open = false;
        self.cut();
    }

    /// Forgets the breaks that have not happened, ends what stalls, and takes connections again.
    pub fn mend(&self) {
        let mut plan = self.plan();
        (plan.is_open, plan.breaks) = (true, Vec::new());
        drop(plan);
        self.cut();
    }

    /// New connections lead to another server.
    pub fn lead_to(&self, server: SocketAddr) {
        self.plan().server = server;
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.shared.plan()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.door.abort();
        self.cut();
    }
}

impl State {
    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The break that these bytes meet, and how many of them still pass. Each strikes once.
    fn strike(&self, watch: &Watch, bytes: &[u8]) -> Option<(usize, Break)> {
        let mut plan = self.plan();
        let meets = |(way, at, _): &(Way, At, Break)| {
            if *way == watch.way { watch.meets(at, bytes) } else { None }
        };
        let (place, pass) =
            plan.breaks.iter().enumerate().find_map(|(place, line)| Some((place, meets(line)?)))?;
        let (.., how) = plan.breaks.remove(place);
        Some((pass, how))
    }
}

async fn answer(listener: TcpListener, shared: Shared) {
    while let Ok((client, _)) = listener.accept().await {
        let (server, is_open) = {
            let plan = shared.plan();
            (plan.server, plan.is_open)
        };
        if is_open {
            let shared = Arc::clone(&shared);
            let ended = shared.epoch.subscribe();
            tokio::spawn(async move {
                if let Ok(server) = TcpStream::connect(server).await {
                    line::join(client, server, &shared, ended).await;
                }
            });
        }
    }
}

/// Where in a URL host and port stand.
fn host(url: &str) -> (usize, usize) {
    let from = url.find("://").map_or(0, |at| at + 3);
    let to = url[from..].find('/').map_or(url.len(), |at| from + at);
    let from = url[from..to].rfind('@').map_or(from, |at| from + at + 1);
    (from, to)
}

#[cfg(test)]
mod tests;
