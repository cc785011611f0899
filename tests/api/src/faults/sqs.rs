//! A stand-in for SQS's `SendMessageBatch` that records the messages it gets.

use crate::send_email::ses::at;
use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use lambda::dispatcher::OutboxDispatcher;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

#[derive(Clone)]
pub(super) struct Queue {
    address: String,
    calls: Arc<Mutex<Vec<Call>>>,
}

/// The message bodies of one call.
type Call = Vec<String>;

impl Queue {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let queue = Self { address, calls: Arc::default() };
        let server = queue.clone();
        let router = Router::new().fallback(async move |body: String| server.record(&body));
        tokio::spawn(async { axum::serve(listener, router).await });
        queue
    }

    /// To a mail and an inventory queue here.
    pub(super) fn dispatcher(&self) -> OutboxDispatcher {
        let url = |queue: &str| format!("http://queues.test/{queue}");
        OutboxDispatcher::with_config(&at(&self.address), url("mail"), url("inventory"))
    }

    /// The messages sent since the last call.
    pub(super) fn take(&self) -> Vec<String> {
        self.take_calls().concat()
    }

    /// As [`Self::take`], grouped by API call.
    pub(super) fn take_calls(&self) -> Vec<Call> {
        std::mem::take(&mut *self.calls.lock().unwrap())
    }

    fn record(&self, batch: &str) -> impl IntoResponse + use<> {
        let batch: Value = serde_json::from_str(batch).unwrap();
        let (mut call, mut taken) = (Call::new(), Vec::new());
        for entry in batch["Entries"].as_array().unwrap() {
            call.push(entry["MessageBody"].as_str().unwrap().to_owned());
            taken
                .push(json!({"Id": entry["Id"], "MessageId": entry["Id"], "MD5OfMessageBody": ""}));
        }
        self.calls.lock().unwrap().push(call);
        let json = [(header::CONTENT_TYPE, "application/x-amz-json-1.0")];
        (json, json!({"Successful": taken, "Failed": []}).to_string())
    }
}
