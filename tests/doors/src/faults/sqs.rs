//! As much of SQS as sending takes: it remembers what it took.

use crate::send_email::ses::at;
use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use lambda::dispatch::Dispatch;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

#[derive(Clone)]
pub(super) struct Queue {
    address: String,
    calls: Arc<Mutex<Vec<Call>>>,
}

/// The messages of one call.
type Call = Vec<String>;

impl Queue {
    pub(super) async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let queue = Self { address, calls: Arc::default() };
        let door = queue.clone();
        let router = Router::new().fallback(async move |body: String| door.keep(&body));
        tokio::spawn(async { axum::serve(listener, router).await });
        queue
    }

    /// To a mail and an inventory queue here.
    pub(super) fn dispatch(&self) -> Dispatch {
        let url = |queue: &str| format!("http://queues.test/{queue}");
        Dispatch::through(&at(&self.address), url("mail"), url("inventory"))
    }

    /// The messages that came since the last time.
    pub(super) fn take(&self) -> Vec<String> {
        self.take_calls().concat()
    }

    /// As [`Self::take`], by the calls that brought them.
    pub(super) fn take_calls(&self) -> Vec<Call> {
        std::mem::take(&mut *self.calls.lock().unwrap())
    }

    fn keep(&self, batch: &str) -> impl IntoResponse + use<> {
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
