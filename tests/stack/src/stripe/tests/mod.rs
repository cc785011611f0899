//! The stand-in as a shop sees it: through its API and its events.

mod calls;
mod delivery;
mod disputes;
mod faults;
mod payments;
mod refunds;
mod sessions;

use super::{Options, StandIn, signature, state::now};
use axum::{Router, extract::Request, http::StatusCode};
use reqwest::{Client, Response, header::HeaderMap};
use serde_json::Value;
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};
use tokio::{net::TcpListener, sync::Notify};

/// A stand-in and somebody who calls it.
struct Bench {
    stripe: StandIn,
    client: Client,
}

impl Bench {
    async fn new() -> Self {
        let stripe = StandIn::start(Options::default()).await.unwrap();
        let client = Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        Self { stripe, client: client.build().unwrap() }
    }

    async fn with_shop() -> (Self, Shop) {
        let bench = Self::new().await;
        let shop = Shop::open().await;
        bench.stripe.set_webhook(&shop.url, ["whsec_one"]);
        (bench, shop)
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

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn id(object: &Value) -> String {
    text(&object["id"])
}

/// A shop's door for events, which answers what it is told to.
struct Shop {
    url: String,
    book: Arc<Mutex<Book>>,
    knocked: Arc<Notify>,
}

#[derive(Default)]
struct Book {
    letters: Vec<(HeaderMap, String)>,
    answers: VecDeque<u16>,
}

impl Shop {
    async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/webhook", listener.local_addr().unwrap());
        let book = Arc::new(Mutex::new(Book::default()));
        let knocked = Arc::new(Notify::new());
        let (door, bell) = (Arc::clone(&book), Arc::clone(&knocked));
        let router = Router::new().fallback(async move |request: Request| {
            bell.notify_one();
            let headers = request.headers().clone();
            let body = axum::body::to_bytes(request.into_body(), 1 << 20).await.unwrap();
            let mut book = door.lock().unwrap();
            book.letters.push((headers, String::from_utf8(body.to_vec()).unwrap()));
            StatusCode::from_u16(book.answers.pop_front().unwrap_or(200)).unwrap()
        });
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, book, knocked }
    }

    /// The next deliveries are answered so; those after them 200.
    fn will_answer(&self, statuses: impl IntoIterator<Item = u16>) {
        self.book.lock().unwrap().answers.extend(statuses);
    }

    fn letters(&self) -> Vec<(HeaderMap, String)> {
        self.book.lock().unwrap().letters.clone()
    }

    /// The types of the events that came, in their order.
    fn kinds(&self) -> Vec<String> {
        let letters = self.letters();
        let events = letters.iter().map(|(_, body)| serde_json::from_str::<Value>(body).unwrap());
        events.map(|event| text(&event["type"])).collect()
    }
}
