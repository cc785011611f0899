//! A TCP proxy between a function and PostgreSQL that records the statements.

use std::io;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

/// The recorded statements.
#[derive(Clone, Debug, Default)]
pub struct StatementRecorder(Arc<Mutex<Vec<String>>>);

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
                let ((from_client, mut to_client), (mut from_server, to_server)) =
                    (client.into_split(), server.into_split());
                tokio::spawn(async move { copy(&mut from_server, &mut to_client).await });
                tokio::spawn(shared.clone().forward(from_client, to_server));
            }
        });
        (recorder, address)
    }

    /// Takes the statements since the last call, `begin` and `commit` included. The empty query that checks a
    /// connection is not recorded.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }

    async fn forward(self, mut from: OwnedReadHalf, mut to: OwnedWriteHalf) -> io::Result<()> {
        let mut prepared = std::collections::HashMap::new();
        // The first message of a connection has no type byte.
        let mut kind = None;
        loop {
            let length = from.read_u32().await?;
            let mut body = vec![0; usize::try_from(length).unwrap() - 4];
            from.read_exact(&mut body).await?;
            let mut texts = body.split(|byte| *byte == 0);
            let mut next_text =
                || String::from_utf8_lossy(texts.next().unwrap_or_default()).into_owned();
            match kind {
                // Parse: the name and the text of a statement.
                Some(b'P') => drop(prepared.insert(next_text(), next_text())),
                // Bind: a portal and the name of the statement to execute.
                Some(b'B') => {
                    let (_portal, name) = (next_text(), next_text());
                    self.record(prepared.get(&name).cloned().unwrap_or(name));
                }
                Some(b'Q') => self.record(next_text()),
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

    fn record(&self, statement: String) {
        if !statement.is_empty() {
            self.0.lock().unwrap().push(statement);
        }
    }
}
