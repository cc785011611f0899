//! The Lambda Runtime API for one instance: here it asks for events and leaves its answers.

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

/// Lambda's limit for events and answers.
pub(super) const PAYLOAD_LIMIT: usize = 6 * 1024 * 1024;

/// One event on its way to the instance.
pub(super) struct Job {
    pub(super) payload: Bytes,
    pub(super) timeout: Duration,
    pub(super) answer: oneshot::Sender<Answer>,
}

pub(super) enum Answer {
    Done(Bytes),
    Failed { kind: String, message: String },
}

/// Our end of the desk.
pub(super) struct Desk {
    pub(super) address: SocketAddr,
    jobs: mpsc::Sender<Job>,
    asked: watch::Receiver<bool>,
    server: JoinHandle<()>,
}

/// The instance's end.
struct Counter {
    arn: String,
    jobs: tokio::sync::Mutex<mpsc::Receiver<Job>>,
    open: Mutex<Option<(String, oneshot::Sender<Answer>)>>,
    asked: watch::Sender<bool>,
}

impl Desk {
    pub(super) async fn open(function: &str) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (send, receive) = mpsc::channel(1);
        let (tell, asked) = watch::channel(false);
        let counter = Counter {
            arn: format!("arn:aws:lambda:us-east-1:000000000000:function:{function}"),
            jobs: tokio::sync::Mutex::new(receive),
            open: Mutex::new(None),
            asked: tell,
        };
        let router = Router::new().fallback(serve).with_state(Arc::new(counter));
        let server = tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { address, jobs: send, asked, server })
    }

    /// Waits until the instance has asked for its first event.
    pub(super) async fn asked(&mut self) {
        let _ = self.asked.wait_for(|asked| *asked).await;
    }

    pub(super) async fn hand_over(&self, job: Job) {
        let _ = self.jobs.send(job).await;
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(State(counter): State<Arc<Counter>>, request: Request) -> Response<Body> {
    let path = request.uri().path().to_owned();
    let words: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    match (request.method(), words.as_slice()) {
        (&Method::GET, ["2018-06-01", "runtime", "invocation", "next"]) => counter.next().await,
        (
            &Method::POST,
            ["2018-06-01", "runtime", "invocation", id, outcome @ ("response" | "error")],
        ) => counter.settle(id, *outcome == "response", request.into_body()).await,
        // The process ends by itself after this, which is what we look at.
        (&Method::POST, ["2018-06-01", "runtime", "init", "error"]) => {
            reply(StatusCode::ACCEPTED, "OK")
        }
        _ => reply(StatusCode::NOT_FOUND, "there is no such call in the Runtime API"),
    }
}

impl Counter {
    async fn next(&self) -> Response<Body> {
        self.asked.send_replace(true);
        let Some(job) = self.jobs.lock().await.recv().await else {
            return reply(StatusCode::GONE, "the instance is no longer needed");
        };
        let id = Uuid::new_v4().to_string();
        let now = OffsetDateTime::now_utc();
        self.put(Some((id.clone(), job.answer)));
        Response::builder()
            .header("lambda-runtime-aws-request-id", id)
            .header("lambda-runtime-deadline-ms", epoch_millis(now + job.timeout).to_string())
            .header("lambda-runtime-invoked-function-arn", &self.arn)
            .header("lambda-runtime-trace-id", format!("{};Sampled=0", trace_id(now)))
            .header("content-type", "application/json")
            .body(Body::from(job.payload))
            .unwrap_or_default()
    }

    async fn settle(&self, id: &str, done: bool, body: Body) -> Response<Body> {
        let Some((_, answer)) = self.put(None).filter(|(open, _)| open == id) else {
            return reply(StatusCode::BAD_REQUEST, "this request is not open");
        };
        let Ok(body) = to_bytes(body, PAYLOAD_LIMIT).await else {
            let message = "the answer is larger than Lambda lets through".to_owned();
            let _ = answer
                .send(Answer::Failed { kind: "Function.ResponseSizeTooLarge".to_owned(), message });
            return reply(StatusCode::PAYLOAD_TOO_LARGE, "the answer is too large");
        };
        let _ = answer.send(if done { Answer::Done(body) } else { failure(&body) });
        reply(StatusCode::ACCEPTED, "OK")
    }

    fn put(
        &self,
        open: Option<(String, oneshot::Sender<Answer>)>,
    ) -> Option<(String, oneshot::Sender<Answer>)> {
        std::mem::replace(&mut *self.open.lock().unwrap_or_else(PoisonError::into_inner), open)
    }
}

fn failure(body: &[u8]) -> Answer {
    let said: Value = serde_json::from_slice(body).unwrap_or_default();
    let word = |key: &str| said[key].as_str().unwrap_or("unknown").to_owned();
    Answer::Failed { kind: word("errorType"), message: word("errorMessage") }
}

fn reply(status: StatusCode, text: &str) -> Response<Body> {
    let mut response = Response::new(Body::from(json!({"status": text}).to_string()));
    *response.status_mut() = status;
    response
}
