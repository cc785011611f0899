//! The Lambda Runtime API server of one instance: the instance polls it for events and posts its responses.

use super::event::{epoch_millis, trace_id};
use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::{Method, Response, StatusCode},
};
use serde_json::{Value, json};
use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use time::OffsetDateTime;
use tokio::{
    net::TcpListener,
    sync::{mpsc, oneshot, watch},
    task::JoinHandle,
};
use uuid::Uuid;

/// Lambda's limit for events and responses of synchronous invocations.
pub(super) const PAYLOAD_LIMIT: usize = 6 * 1024 * 1024;

/// An event for the instance, and where its outcome goes.
pub(super) struct Invocation {
    pub(super) payload: Bytes,
    pub(super) timeout: Duration,
    pub(super) outcome: oneshot::Sender<Outcome>,
}

pub(super) enum Outcome {
    Response(Bytes),
    Error { kind: String, message: String },
}

/// The gateway's side. The server stops when this is dropped.
pub(super) struct RuntimeApi {
    pub(super) address: SocketAddr,
    invocations: mpsc::Sender<Invocation>,
    polled: watch::Receiver<bool>,
    server: JoinHandle<()>,
}

/// The state of the HTTP server that the instance calls.
struct Server {
    arn: String,
    invocations: tokio::sync::Mutex<mpsc::Receiver<Invocation>>,
    /// The request id of the current invocation, and where its outcome goes.
    current: Mutex<Option<(String, oneshot::Sender<Outcome>)>>,
    polled: watch::Sender<bool>,
}

impl RuntimeApi {
    pub(super) async fn start(function: &str) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (send, receive) = mpsc::channel(1);
        let (set_polled, polled) = watch::channel(false);
        let server = Server {
            arn: format!("arn:aws:lambda:us-east-1:000000000000:function:{function}"),
            invocations: tokio::sync::Mutex::new(receive),
            current: Mutex::new(None),
            polled: set_polled,
        };
        let router = Router::new().fallback(serve).with_state(Arc::new(server));
        let server = tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { address, invocations: send, polled, server })
    }

    /// Waits until the instance has asked for its first event.
    pub(super) async fn polled(&mut self) {
        let _ = self.polled.wait_for(|polled| *polled).await;
    }

    pub(super) async fn send(&self, invocation: Invocation) {
        let _ = self.invocations.send(invocation).await;
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(State(server): State<Arc<Server>>, request: Request) -> Response<Body> {
    let path = request.uri().path().to_owned();
    let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    match (request.method(), segments.as_slice()) {
        (&Method::GET, ["2018-06-01", "runtime", "invocation", "next"]) => server.next().await,
        (
            &Method::POST,
            ["2018-06-01", "runtime", "invocation", id, outcome @ ("response" | "error")],
        ) => server.complete(id, *outcome == "response", request.into_body()).await,
        // The process exits after this, which the gateway observes.
        (&Method::POST, ["2018-06-01", "runtime", "init", "error"]) => {
            reply(StatusCode::ACCEPTED, "OK")
        }
        _ => reply(StatusCode::NOT_FOUND, "the Runtime API has no such call"),
    }
}

impl Server {
    async fn next(&self) -> Response<Body> {
        self.polled.send_replace(true);
        let Some(invocation) = self.invocations.lock().await.recv().await else {
            return reply(StatusCode::GONE, "the instance is no longer needed");
        };
        let id = Uuid::new_v4().to_string();
        let now = OffsetDateTime::now_utc();
        self.replace_current(Some((id.clone(), invocation.outcome)));
        Response::builder()
            .header("lambda-runtime-aws-request-id", id)
            .header(
                "lambda-runtime-deadline-ms",
                epoch_millis(now + invocation.timeout).to_string(),
            )
            .header("lambda-runtime-invoked-function-arn", &self.arn)
            .header("lambda-runtime-trace-id", format!("{};Sampled=0", trace_id(now)))
            .header("content-type", "application/json")
            .body(Body::from(invocation.payload))
            .unwrap_or_default()
    }

    async fn complete(&self, id: &str, succeeded: bool, body: Body) -> Response<Body> {
        let current = self.replace_current(None);
        let Some((_, outcome)) = current.filter(|(current, _)| current == id) else {
            return reply(StatusCode::BAD_REQUEST, "this is not the id of the current request");
        };
        let Ok(body) = to_bytes(body, PAYLOAD_LIMIT).await else {
            let message = "the response is larger than the limit of Lambda".to_owned();
            let _ = outcome
                .send(Outcome::Error { kind: "Function.ResponseSizeTooLarge".to_owned(), message });
            return reply(StatusCode::PAYLOAD_TOO_LARGE, "the response is too large");
        };
        let _ = outcome.send(if succeeded { Outcome::Response(body) } else { failure(&body) });
        reply(StatusCode::ACCEPTED, "OK")
    }

    fn replace_current(
        &self,
        current: Option<(String, oneshot::Sender<Outcome>)>,
    ) -> Option<(String, oneshot::Sender<Outcome>)> {
        std::mem::replace(
            &mut *self.current.lock().unwrap_or_else(PoisonError::into_inner),
            current,
        )
    }
}

fn failure(body: &[u8]) -> Outcome {
    let error: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |key: &str| error[key].as_str().unwrap_or("unknown").to_owned();
    Outcome::Error { kind: text("errorType"), message: text("errorMessage") }
}

fn reply(status: StatusCode, text: &str) -> Response<Body> {
    let mut response = Response::new(Body::from(json!({"status": text}).to_string()));
    *response.status_mut() = status;
    response
}
