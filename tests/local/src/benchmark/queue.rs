//! A stand-in for SQS that accepts and drops every message, so that it takes almost no CPU time.

use axum::Router;
use serde_json::{Value, json};
use std::io;
use std::net::Ipv4Addr;
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

/// The server, which stops when this is dropped.
pub(super) struct Queue {
    url: String,
    server: AbortHandle,
}

impl Queue {
    pub(super) async fn open() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let server = axum::serve(listener, Router::new().fallback(accept));
        let server = tokio::spawn(async { server.await }).abort_handle();
        Ok(Self { url, server })
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// `SendMessageBatch`, the only call of the functions while they serve a request.
async fn accept(body: String) -> String {
    let batch: Value = serde_json::from_str(&body).unwrap_or_default();
    let entries = batch["Entries"].as_array().into_iter().flatten();
    let sent = entries
        .map(|entry| json!({"Id": entry["Id"], "MessageId": entry["Id"], "MD5OfMessageBody": ""}));
    json!({"Successful": sent.collect::<Vec<_>>(), "Failed": []}).to_string()
}
