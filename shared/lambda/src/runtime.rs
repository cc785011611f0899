//! Serves the events of the Lambda Runtime API.
//!
//! Everything but the loop is `lambda_runtime`'s. Its own loop sets the environment variable `_X_AMZN_TRACE_ID` for each
//! event, and glibc never frees an earlier value: 185 bytes per event. This one hands the trace id to [`crate::trace`], from
//! which the requests to SQS take it.

use crate::trace;
use lambda_http::http::{HeaderMap, StatusCode};
use lambda_runtime::layers::TracingLayer;
use lambda_runtime::tower::{Layer, Service, ServiceExt as _};
use lambda_runtime::{Config, Context, Diagnostic, Error, LambdaEvent, LambdaInvocation, Runtime};
use lambda_runtime_api_client::body::Body;
use lambda_runtime_api_client::{PooledClient, build_request};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::cell::RefCell;
use std::fmt::Debug;
use std::future::{Ready, ready};
use std::sync::Arc;
use std::task::{self, Poll};

const NEXT: &str = "/2018-06-01/runtime/invocation/next";
const REQUEST_ID: &str = "lambda-runtime-aws-request-id";
const DEADLINE: &str = "lambda-runtime-deadline-ms";

/// Calls `handler` for one event after the other until Lambda stops the process, as `lambda_runtime::run` does. Without
/// `SnapStart`, which no function uses.
pub async fn run<A, F, R>(handler: F) -> Result<(), Error>
where
    A: DeserializeOwned,
    F: Service<LambdaEvent<A>, Response = R>,
    F::Error: Into<Diagnostic> + Debug,
    R: Serialize,
{
    let service = service_of(Runtime::new(handler).layer(TracingLayer::new()));
    let service = service.ok_or("the runtime has no service")?;
    serve(&PooledClient::builder().with_pool_size(1).build(), Config::from_env(), service).await
}

/// Calls the service for one event after the other. It sends the response itself.
async fn serve<S>(client: &PooledClient, config: Config, mut service: S) -> Result<(), Error>
where
    S: Service<LambdaInvocation, Response = (), Error = Error>,
{
    let config = Arc::new(config);
    loop {
        let next = build_request().uri(NEXT).body(Body::empty())?;
        let (parts, body) = client.call(next).await?.into_parts();
        // What `cargo lambda watch` answers while there is no event.
        if parts.status == StatusCode::NO_CONTENT {
            continue;
        }
        let body = http_body_util::BodyExt::collect(body).await?.to_bytes();
        let request_id = header(&parts.headers, REQUEST_ID)?;
        // Without it, the context would panic.
        header(&parts.headers, DEADLINE)?;
        let context = Context::new(request_id, Arc::clone(&config), &parts.headers)?;
        let trace_id = context.xray_trace_id.clone();
        let invocation = LambdaInvocation { parts, body, context };
        trace::scope(trace_id, service.ready().await?.call(invocation)).await?;
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Result<&'a str, Error> {
    let value = headers.get(name).ok_or_else(|| format!("the Runtime API sent no {name}"))?;
    Ok(value.to_str()?)
}

/// The service of a runtime: it reads an event, calls the handler, and sends the response. A runtime hands it to the layers
/// that are added to it.
fn service_of<S>(runtime: Runtime<S>) -> Option<S>
where
    S: Service<LambdaInvocation, Response = (), Error = Error>,
{
    let taken = Taken(RefCell::new(None));
    drop(runtime.layer(&taken));
    taken.0.into_inner()
}

/// A layer that keeps the service below it.
struct Taken<S>(RefCell<Option<S>>);

/// Stands where the service was.
struct Nothing;

impl<S> Layer<S> for Taken<S> {
    type Service = Nothing;

    fn layer(&self, inner: S) -> Nothing {
        self.0.replace(Some(inner));
        Nothing
    }
}

impl Service<LambdaInvocation> for Nothing {
    type Response = ();
    type Error = Error;
    type Future = Ready<Result<(), Error>>;

    fn poll_ready(&mut self, _: &mut task::Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Err("the service was taken out of the runtime".into()))
    }

    fn call(&mut self, _: LambdaInvocation) -> Self::Future {
        ready(Err("the service was taken out of the runtime".into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body as AxumBody;
    use axum::http::Response;
    use axum::routing::get;
    use axum::{Router, serve as listen};
    use lambda_runtime::service_fn;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicBool, Ordering};
    use tokio::net::TcpListener;

    /// A Runtime API that has nothing at first, then these headers and bodies as events. Afterwards it has none that can be
    /// read.
    async fn runtime_api(events: Vec<(&'static str, &'static str)>) -> PooledClient {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let left = Arc::new(Mutex::new(events.into_iter().enumerate()));
        let was_asked = Arc::new(AtomicBool::new(false));
        let next = get(async move || {
            if !was_asked.swap(true, Ordering::Relaxed) {
                let nothing = Response::builder().status(StatusCode::NO_CONTENT);
                return nothing.body(AxumBody::empty()).unwrap();
            }
            let Some((number, (trace_id, body))) = left.lock().unwrap().next() else {
                return Response::new(AxumBody::empty());
            };
            let response = Response::builder()
                .header(REQUEST_ID, format!("request-{number}"))
                .header(DEADLINE, "1542409706888")
                .header("lambda-runtime-trace-id", trace_id);
            response.body(AxumBody::from(body)).unwrap()
        });
        let router = Router::new().route(NEXT, next);
        tokio::spawn(async { listen(listener, router).await });
        PooledClient::builder().with_endpoint(url.parse().unwrap()).build()
    }

    #[tokio::test]
    async fn each_event_has_its_trace_id_and_the_environment_has_none() {
        let client = runtime_api(vec![("Root=1-a", "one"), ("Root=1-b", "two")]).await;
        let seen = Mutex::new(Vec::new());
        let service = service_fn(async |invocation: LambdaInvocation| {
            let body = String::from_utf8(invocation.body.to_vec()).unwrap();
            seen.lock().unwrap().push((body, invocation.context.request_id, trace::current()));
            Ok::<_, Error>(())
        });

        let ended = serve(&client, Config::default(), service).await.unwrap_err();

        assert!(ended.to_string().contains(REQUEST_ID), "{ended}");
        let event = |body: &str, id: &str, trace: &str| {
            (body.to_owned(), id.to_owned(), Some(trace.to_owned()))
        };
        assert_eq!(
            seen.into_inner().unwrap(),
            [event("one", "request-0", "Root=1-a"), event("two", "request-1", "Root=1-b")]
        );
        assert_eq!(std::env::vars_os().find(|(name, _)| name == "_X_AMZN_TRACE_ID"), None);
        assert_eq!(trace::current(), None);
    }
}
