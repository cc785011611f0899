//! A TCP proxy between a function and PostgreSQL that records the statements, and in which flights they came.

use std::collections::HashMap;
use std::io;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

/// Bytes that are read at once.
const CHUNK: usize = 64 * 1024;

/// The recorded statements of each flight: those that were sent without waiting for an answer between them.
#[derive(Clone, Debug, Default)]
pub struct StatementRecorder(Arc<Mutex<Vec<Vec<String>>>>);

impl StatementRecorder {
    /// Starts a proxy to `server` and returns its address.
    pub(crate) async fn start(server: String) -> (Self, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let recorder = Self::default();
        let shared = recorder.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(&server).await.unwrap();
                let ((from_client, to_client), (from_server, to_server)) =
                    (client.into_split(), server.into_split());
                let waiting = Arc::new(AtomicI64::new(0));
                tokio::spawn(answer(from_server, to_client, Arc::clone(&waiting)));
                tokio::spawn(shared.clone().forward(from_client, to_server, waiting));
            }
        });
        (recorder, address)
    }

    /// Takes the statements since the last call, `begin` and `commit` included, by flight. The empty query that checks a
    /// connection is not recorded, nor is what only prepares statements.
    pub fn take(&self) -> Vec<Vec<String>> {
        let mut flights = std::mem::take(&mut *self.0.lock().unwrap());
        flights.retain(|statements| !statements.is_empty());
        flights
    }

    /// `waiting` is how many answers the client waits for.
    async fn forward(
        self,
        mut from: OwnedReadHalf,
        mut to: OwnedWriteHalf,
        waiting: Arc<AtomicI64>,
    ) -> io::Result<()> {
        let mut prepared = HashMap::new();
        // The first message of a connection has no type byte.
        let (mut received, mut head) = (Vec::with_capacity(CHUNK), 0);
        while from.read_buf(&mut received).await? > 0 {
            if waiting.load(Ordering::SeqCst) == 0 {
                self.0.lock().unwrap().push(Vec::new());
            }
            let mut forwarded = 0;
            while let Some(message) = first_message(&received[forwarded..], head) {
                let (kind, body) = (message[0], &message[head + 4..]);
                let mut texts = body.split(|byte| *byte == 0);
                let mut next_text =
                    || String::from_utf8_lossy(texts.next().unwrap_or_default()).into_owned();
                let is_answered = match kind {
                    _ if head == 0 => true,
                    // Parse: the name and the text of a statement.
                    b'P' => {
                        prepared.insert(next_text(), next_text());
                        false
                    }
                    // Bind: a portal and the name of the statement to execute.
                    b'B' => {
                        let (_portal, name) = (next_text(), next_text());
                        self.record(prepared.get(&name).cloned().unwrap_or(name));
                        false
                    }
                    b'Q' => {
                        self.record(next_text());
                        true
                    }
                    b'S' => true,
                    _ => false,
                };
                waiting.fetch_add(i64::from(is_answered), Ordering::SeqCst);
                (forwarded, head) = (forwarded + message.len(), 1);
            }
            to.write_all(&received[..forwarded]).await?;
            received.drain(..forwarded);
            received.reserve(CHUNK);
        }
        Ok(())
    }

    fn record(&self, statement: String) {
        if let (false, Some(flight)) = (statement.is_empty(), self.0.lock().unwrap().last_mut()) {
            flight.push(statement);
        }
    }
}

/// Forwards what the server answers, and counts the answers that are over.
async fn answer(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    waiting: Arc<AtomicI64>,
) -> io::Result<()> {
    let mut received = Vec::with_capacity(CHUNK);
    while from.read_buf(&mut received).await? > 0 {
        let mut forwarded = 0;
        while let Some(message) = first_message(&received[forwarded..], 1) {
            let is_ready = message[0] == b'Z';
            waiting.fetch_sub(i64::from(is_ready), Ordering::SeqCst);
            forwarded += message.len();
        }
        to.write_all(&received[..forwarded]).await?;
        received.drain(..forwarded);
        received.reserve(CHUNK);
    }
    Ok(())
}

/// The first message, if all of it is there: `head` bytes of type, then a length that includes itself.
fn first_message(bytes: &[u8], head: usize) -> Option<&[u8]> {
    let length = bytes.get(head..head + 4)?.try_into().expect("four bytes");
    bytes.get(..head + usize::try_from(u32::from_be_bytes(length)).unwrap())
}
