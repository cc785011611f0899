//! Calls the routes of a function in process, as API Gateway would.

use crate::User;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Method, Request, header, request};
use http_body_util::BodyExt as _;
use invariants::{Exchange, ExchangeLog};
use lambda_http::request::RequestContext;
use serde_json::{Value, json};
use std::future::IntoFuture;
use std::pin::Pin;
use tower::ServiceExt as _;

/// A client of the routes of one function. It records requests with their responses.
#[derive(Clone)]
pub struct ApiClient {
    router: Router,
    exchanges: ExchangeLog,
}

/// A request, which is sent by awaiting it.
#[must_use = "a request is sent by awaiting it"]
pub struct Call {
    router: Router,
    exchanges: ExchangeLog,
    user: Option<String>,
    request: request::Builder,
    body: Body,
}

/// The response to a request.
#[derive(Clone, Debug)]
pub struct Response {
    pub status: u16,
    pub headers: HeaderMap,
    pub bytes: Bytes,
    /// The body as JSON: null if it is empty, a string if it is not JSON.
    pub body: Value,
}

impl ApiClient {
    pub fn new<S: Clone + Send + Sync + 'static>(routes: Router<S>, state: S) -> Self {
        Self { router: lambda::http::router(routes, state), exchanges: ExchangeLog::default() }
    }

    /// All requests and responses so far.
    pub fn exchanges(&self) -> &ExchangeLog {
        &self.exchanges
    }

    pub fn call(&self, method: Method, path: &str) -> Call {
        let request = Request::builder().method(method).uri(path);
        let (router, exchanges) = (self.router.clone(), self.exchanges.clone());
        Call { router, exchanges, user: None, request, body: Body::empty() }
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
    /// Authenticates the request as this user.
    pub fn by(mut self, user: &User) -> Self {
        self.user = Some(user.email.clone());
        self.header("authorization", &format!("Bearer {}", user.token))
    }

    /// Sets the `Idempotency-Key`.
    pub fn key(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    /// Sends the request from this IP address, as API Gateway reports it.
    pub fn sent_from(mut self, source: &str) -> Self {
        let context = json!({"http": {"method": "GET", "sourceIp": source}, "timeEpoch": 0});
        let context = serde_json::from_value(context).unwrap();
        self.request = self.request.extension(RequestContext::ApiGatewayV2(context));
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
    type Output = Response;
    type IntoFuture = Pin<Box<dyn Future<Output = Response> + Send>>;

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
            self.exchanges.add(Exchange { user: self.user, call, key, status, body: body.clone() });
            Response { status, headers: parts.headers, bytes, body }
        })
    }
}

/// Sends requests concurrently, and returns the responses in the order of the requests.
pub async fn send_all(calls: impl IntoIterator<Item = Call>) -> Vec<Response> {
    let sent: Vec<_> = calls.into_iter().map(|call| tokio::spawn(call.into_future())).collect();
    let mut responses = Vec::new();
    for response in sent {
        responses.push(response.await.unwrap());
    }
    responses
}

impl Response {
    /// The status and the problem `code` of an error response.
    pub fn refusal(&self) -> (u16, &str) {
        (self.status, self.body["code"].as_str().unwrap_or_default())
    }

    /// The string at a JSON pointer; empty if there is none.
    pub fn text(&self, pointer: &str) -> &str {
        self.body.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}
