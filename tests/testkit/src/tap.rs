//! Listens on the line between a function and PostgreSQL, and writes down every statement that goes over it.

use std::io;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

/// A tapped line.
#[derive(Clone, Debug, Default)]
pub struct Tap(Arc<Mutex<Vec<String>>>);

impl Tap {
    /// Passes on what comes to a new address; what leads there instead of to the `server` is heard.
    pub(crate) async fn before(server: String) -> (Self, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let tap = Self::default();
        let heard = tap.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(&server).await.unwrap();
                let ((from_client, mut to_client), (mut from_server, to_server)) =
                    (client.into_split(), server.into_split());
                tokio::spawn(async move { copy(&mut from_server, &mut to_client).await });
                tokio::spawn(heard.clone().pass_on(from_client, to_server));
            }
        });
        (tap, address)
    }

    /// The statements since the last time, with `begin` and `commit`; not the empty one that checks a connection.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }

    async fn pass_on(self, mut from: OwnedReadHalf, mut to: OwnedWriteHalf) -> io::Result<()> {
        let mut known = std::collections::HashMap::new();
        // The first message of a connection has no kind.
        let mut kind = None;
        loop {
            let length = from.read_u32().await?;
            let mut body = vec![0; usize::try_from(length).unwrap() - 4];
            from.read_exact(&mut body).await?;
            let mut words = body.split(|byte| *byte == 0);
            let mut word =
                || String::from_utf8_lossy(words.next().unwrap_or_default()).into_owned();
            match kind {
                // Parse: the name of a statement, and its text.
                Some(b'P') => drop(known.insert(word(), word())),
                // Bind: a portal, and the name of the statement that will be executed.
                Some(b'B') => {
                    let (_portal, name) = (word(), word());
                    self.note(known.get(&name).cloned().unwrap_or(name));
                }
                Some(b'Q') => self.note(word()),
                _ => {}
            }
            if let Some(kind) = kind {
                to.write_u8(kind).await?;
            }
            to.write_u32(length).await?;
            to.write_all(&body).await?;
            kind = Some(from.read_u8().await?);
        }
    }

    fn note(&self, statement: String) {
        if !statement.is_empty() {
            self.0.lock().unwrap().push(statement);
        }
    }
}
