//! The door: reads a request, asks the state once, answers.

use super::{
    Shared,
    api::{Call, Reply},
    form::Form,
    hosted, lock,
};
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{
        ConnectInfo, Request,
        connect_info::{Connected, IntoMakeServiceWithConnectInfo},
    },
    http::{HeaderMap, StatusCode, header},
    response::Response,
    serve::IncomingStream,
};
use std::{net, os::fd::AsFd, sync::Arc};
use tokio::net::TcpListener;

const LARGEST_BODY: usize = 1 << 20;

/// The connection a request came on, so that it can be closed without an answer.
#[derive(Clone)]
pub(super) struct Wire(Option<Arc<net::TcpStream>>);

impl Connected<IncomingStream<'_, TcpListener>> for Wire {
    fn connect_info(stream: IncomingStream<'_, TcpListener>) -> Self {
        let socket = stream.io().as_fd().try_clone_to_owned();
        Self(socket.ok().map(|socket| Arc::new(socket.into())))
    }
}

impl Wire {
    fn cut(&self) {
        if let Some(socket) = &self.0 {
            // Fails only if the other side was quicker.
            socket.shutdown(net::Shutdown::Both).ok();
        }
    }
}

pub(super) fn service(shared: Shared) -> IntoMakeServiceWithConnectInfo<Router, Wire> {
    Router::new()
        .fallback(move |wire, request| answer(shared, wire, request))
        .into_make_service_with_connect_info()
}

async fn answer(shared: Shared, wire: ConnectInfo<Wire>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let Ok(body) = to_bytes(body, LARGEST_BODY).await else {
        return status(StatusCode::PAYLOAD_TOO_LARGE);
    };
    let body = String::from_utf8_lossy(&body);
    let text = match head.uri.query() {
        Some(query) if body.is_empty() => query,
        _ => &body,
    };
    let call = Call {
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        form: Form::parse(text),
        secret: text_of(&head.headers, "authorization")
            .and_then(|shown| Some(shown.strip_prefix("Bearer ")?.to_owned())),
        key: text_of(&head.headers, "idempotency-key"),
    };
    if !call.path.starts_with("/v1/") {
        return hosted::answer(&mut lock(&shared), &call);
    }

    let reply = lock(&shared).reply(&call);
    if let Some(late) = reply.late {
        tokio::time::sleep(late).await;
    }
    if reply.silent {
        wire.0.cut();
    }
    write(&call, &reply)
}

fn write(call: &Call, reply: &Reply) -> Response {
    let mut response = Response::builder()
        .status(reply.status)
        .header(header::CONTENT_TYPE, "application/json")
        .header("request-id", &reply.request);
    if let Some(key) = &call.key {
        response = response.header("idempotency-key", key);
    }
    if reply.replayed {
        response = response.header("idempotent-replayed", "true");
    }
    response
        .body(Body::from(format!("{:#}", reply.body)))
        .unwrap_or_else(|_| status(StatusCode::BAD_REQUEST))
}

fn status(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

fn text_of(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}
