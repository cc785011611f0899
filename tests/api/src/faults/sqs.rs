//! A stand-in for SQS's `SendMessageBatch` that records the messages it gets, and for dead-letter queues of one message each.

use crate::send_email::ses::at;
use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use domain::outbox::Topic;
use lambda::dead_letters::{DeadLetters, SourceQueue};
use lambda::dispatcher::OutboxDispatcher;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

#[derive(Clone)]
pub(crate) struct Queue {
    address: String,
    calls: Arc<Mutex<Vec<Call>>>,
}

/// The message bodies of one call.
type Call = Vec<String>;

impl Queue {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let queue = Self { address, calls: Arc::default() };
        let server = queue.clone();
        let router = Router::new().fallback(async move |body: String| server.record(&body));
        tokio::spawn(async { axum::serve(listener, router).await });
        queue
    }

    /// To a mail and an inventory queue here.
    pub(crate) fn dispatcher(&self) -> OutboxDispatcher {
        let url = |queue: &str| format!("http://queues.test/{queue}");
        OutboxDispatcher::with_config(&at(&self.address), url("mail"), url("inventory"))
    }

    /// Two dead-letter queues here, with a message each.
    pub(crate) fn dead_letters(&self) -> DeadLetters {
        let url = |queue: &str| format!("http://queues.test/{queue}");
        let queue = |topic| SourceQueue { topic, url: url("source"), dlq_url: url("dead") };
        DeadLetters::with_config(&at(&self.address), queue(Topic::Mail), queue(Topic::Inventory))
    }

    /// The messages sent since the last call.
    pub(crate) fn take(&self) -> Vec<String> {
        self.take_calls().concat()
    }

    /// As [`Self::take`], grouped by API call.
    pub(crate) fn take_calls(&self) -> Vec<Call> {
        std::mem::take(&mut *self.calls.lock().unwrap())
    }

    fn record(&self, request: &str) -> impl IntoResponse + use<> {
        let json = [(header::CONTENT_TYPE, "application/x-amz-json-1.0")];
        let batch: Value = serde_json::from_str(request).unwrap();
        if batch["AttributeNames"].is_array() {
            let attributes = json!({"ApproximateNumberOfMessages": "1"});
            return (json, json!({"Attributes": attributes}).to_string());
        }
        let (mut call, mut taken) = (Call::new(), Vec::new());
        for entry in batch["Entries"].as_array().unwrap() {
            call.push(entry["MessageBody"].as_str().unwrap().to_owned());
            taken
                .push(json!({"Id": entry["Id"], "MessageId": entry["Id"], "MD5OfMessageBody": ""}));
        }
        self.calls.lock().unwrap().push(call);
        (json, json!({"Successful": taken, "Failed": []}).to_string())
    }
}
