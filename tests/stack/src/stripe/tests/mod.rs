//! Tests of the Stripe stand-in through its API and its events.

mod abilities;
mod calls;
mod delivery;
mod disputes;
mod faults;
mod payments;
mod refunds;
mod refusals;
mod sessions;

use super::{Options, StandIn, clock::Clock, signature};
use axum::{Router, extract::Request, http::StatusCode};
use reqwest::{Client, Response, header::HeaderMap};
use serde_json::Value;
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};
use tokio::{net::TcpListener, sync::Notify};

/// A Stripe stand-in and a client of it.
struct Fixture {
    stripe: StandIn,
    client: Client,
}

impl Fixture {
    async fn new() -> Self {
        let stripe = StandIn::start(Options::default()).await.unwrap();
        let client = Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        Self { stripe, client: client.build().unwrap() }
    }

    async fn with_receiver() -> (Self, WebhookReceiver) {
        let fixture = Self::new().await;
        let receiver = WebhookReceiver::start().await;
        fixture.stripe.set_webhook(&receiver.url, ["whsec_one"]);
        (fixture, receiver)
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.stripe.url())
    }

    async fn send(&self, path: &str, form: &str, key: &str) -> reqwest::Result<Response> {
        let mut request = self.client.post(self.url(path)).bearer_auth("sk_test_1");
        if !key.is_empty() {
            request = request.header("idempotency-key", key);
        }
        let kind = "application/x-www-form-urlencoded";
        request.header("content-type", kind).body(form.to_owned()).send().await
    }

    async fn post(&self, path: &str, form: &str) -> (u16, Value) {
        read(self.send(path, form, "").await.unwrap()).await
    }

    async fn post_with_key(&self, path: &str, form: &str, key: &str) -> (u16, Value) {
        read(self.send(path, form, key).await.unwrap()).await
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        let request = self.client.get(self.url(path)).bearer_auth("sk_test_1");
        read(request.send().await.unwrap()).await
    }

    /// The id of a new payment intent.
    async fn intent(&self, amount: i64) -> String {
        let form = format!("amount={amount}&currency=eur&metadata[order_id]=7");
        let (status, intent) = self.post("v1/payment_intents", &form).await;
        assert_eq!(status, 200, "{intent}");
        id(&intent)
    }

    /// The types of all events so far.
    fn kinds(&self) -> Vec<String> {
        let events = self.stripe.events();
        events.iter().map(|event| text(&event["type"])).collect()
    }
}

async fn read(response: Response) -> (u16, Value) {
    let status = response.status().as_u16();
    (status, response.json().await.unwrap())
}

/// In seconds since the epoch.
fn now() -> i64 {
    Clock::default().now()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn id(object: &Value) -> String {
    text(&object["id"])
}

/// A webhook endpoint that records requests and answers with given statuses.
struct WebhookReceiver {
    url: String,
    received: Arc<Mutex<Received>>,
    arrived: Arc<Notify>,
}

#[derive(Default)]
struct Received {
    requests: Vec<(HeaderMap, String)>,
    statuses: VecDeque<u16>,
}

impl WebhookReceiver {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/webhook", listener.local_addr().unwrap());
        let received = Arc::new(Mutex::new(Received::default()));
        let arrived = Arc::new(Notify::new());
        let (state, notify) = (Arc::clone(&received), Arc::clone(&arrived));
        let router = Router::new().fallback(async move |request: Request| {
            notify.notify_one();
            let headers = request.headers().clone();
            let body = axum::body::to_bytes(request.into_body(), 1 << 20).await.unwrap();
            let mut received = state.lock().unwrap();
            received.requests.push((headers, String::from_utf8(body.to_vec()).unwrap()));
            StatusCode::from_u16(received.statuses.pop_front().unwrap_or(200)).unwrap()
        });
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, received, arrived }
    }

    /// The statuses of the next responses; afterwards 200.
    fn respond_with(&self, statuses: impl IntoIterator<Item = u16>) {
        self.received.lock().unwrap().statuses.extend(statuses);
    }

    fn requests(&self) -> Vec<(HeaderMap, String)> {
        self.received.lock().unwrap().requests.clone()
    }

    /// The types of the received events, in order.
    fn kinds(&self) -> Vec<String> {
        let requests = self.requests();
        let events = requests.iter().map(|(_, body)| serde_json::from_str::<Value>(body).unwrap());
        events.map(|event| text(&event["type"])).collect()
    }
}
