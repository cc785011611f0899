//! A function's routes, called in process as API Gateway would.

use crate::Person;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Method, Request, header, request};
use books::{Note, Notes};
use http_body_util::BodyExt as _;
use serde_json::Value;
use std::future::IntoFuture;
use std::pin::Pin;
use tower::ServiceExt as _;

/// The door of one function. It remembers what it answered.
#[derive(Clone)]
pub struct Door {
    router: Router,
    notes: Notes,
}

/// A request about to be sent: `.await` sends it.
#[must_use = "a request is sent by awaiting it"]
pub struct Call {
    router: Router,
    notes: Notes,
    who: Option<String>,
    request: request::Builder,
    body: Body,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub bytes: Bytes,
    /// The JSON body; null if there is none.
    pub body: Value,
}

impl Door {
    pub fn new<S: Clone + Send + Sync + 'static>(routes: Router<S>, state: S) -> Self {
        Self { router: lambda::http::router(routes, state), notes: Notes::default() }
    }

    /// What was answered here.
    pub fn notes(&self) -> &Notes {
        &self.notes
    }

    pub fn call(&self, method: Method, path: &str) -> Call {
        let request = Request::builder().method(method).uri(path);
        let (router, notes) = (self.router.clone(), self.notes.clone());
        Call { router, notes, who: None, request, body: Body::empty() }
    }

    pub fn get(&self, path: &str) -> Call {
        self.call(Method::GET, path)
    }

    pub fn post(&self, path: &str, body: &Value) -> Call {
        self.call(Method::POST, path).json(body)
    }

    pub fn patch(&self, path: &str, body: &Value) -> Call {
        self.call(Method::PATCH, path).json(body)
    }

    pub fn delete(&self, path: &str) -> Call {
        self.call(Method::DELETE, path)
    }
}

impl Call {
    pub fn by(mut self, person: &Person) -> Self {
        self.who = Some(person.email.clone());
        self.header("authorization", &format!("Bearer {}", person.token))
    }

    /// Sets the `Idempotency-Key`.
    pub fn key(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    pub fn json(self, body: &Value) -> Self {
        self.raw("application/json", body.to_string())
    }

    pub fn raw(mut self, kind: &str, body: impl Into<Body>) -> Self {
        self.body = body.into();
        self.header(header::CONTENT_TYPE.as_str(), kind)
    }
}

impl IntoFuture for Call {
    type Output = Answer;
    type IntoFuture = Pin<Box<dyn Future<Output = Answer> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let request = self.request.body(self.body).unwrap();
            let call = format!("{} {}", request.method(), request.uri());
            let key = request.headers().get("idempotency-key");
            let key = key.and_then(|key| key.to_str().ok()).map(str::to_owned);
            let response = self.router.oneshot(request).await.unwrap();
            let (parts, body) = response.into_parts();
            let bytes = body.collect().await.unwrap().to_bytes();
            let body = if bytes.is_empty() {
                Value::Null
            } else {
                serde_json::from_slice(&bytes)
                    .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&bytes).into_owned()))
            };
            let status = parts.status.as_u16();
            self.notes.add(Note { who: self.who, call, key, status, body: body.clone() });
            Answer { status, headers: parts.headers, bytes, body }
        })
    }
}

/// Sends requests at once, as many clients would, and waits for every answer.
pub async fn all(calls: impl IntoIterator<Item = Call>) -> Vec<Answer> {
    let sent: Vec<_> = calls.into_iter().map(|call| tokio::spawn(call.into_future())).collect();
    let mut answers = Vec::new();
    for answer in sent {
        answers.push(answer.await.unwrap());
    }
    answers
}

impl Answer {
    /// Status and code: what tells one refusal from another.
    pub fn refusal(&self) -> (u16, &str) {
        (self.status, self.body["code"].as_str().unwrap_or_default())
    }

    pub fn text(&self, pointer: &str) -> &str {
        self.body.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}
