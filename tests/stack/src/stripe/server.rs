//! The HTTP server: parses a request, applies it to the state once, and writes the response.

use super::{
    Shared,
    api::{ApiResponse, Call},
    events::API_VERSION,
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

const BODY_LIMIT: usize = 1 << 20;

/// The connection of a request, so that it can be closed without a response.
#[derive(Clone)]
pub(super) struct ClientSocket(Option<Arc<net::TcpStream>>);

impl Connected<IncomingStream<'_, TcpListener>> for ClientSocket {
    fn connect_info(stream: IncomingStream<'_, TcpListener>) -> Self {
        let socket = stream.io().as_fd().try_clone_to_owned();
        Self(socket.ok().map(|socket| Arc::new(socket.into())))
    }
}

impl ClientSocket {
    fn close(&self) {
        if let Some(socket) = &self.0 {
            // Fails only if the client has closed it already.
            socket.shutdown(net::Shutdown::Both).ok();
        }
    }
}

pub(super) fn service(shared: Shared) -> IntoMakeServiceWithConnectInfo<Router, ClientSocket> {
    Router::new()
        .fallback(move |socket, request| answer(shared, socket, request))
        .into_make_service_with_connect_info()
}

async fn answer(shared: Shared, socket: ConnectInfo<ClientSocket>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_LIMIT).await else {
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
            .and_then(|value| Some(value.strip_prefix("Bearer ")?.to_owned())),
        key: text_of(&head.headers, "idempotency-key"),
        version: text_of(&head.headers, "stripe-version"),
    };
    if !call.path.starts_with("/v1/") {
        return hosted::answer(&mut lock(&shared), &call);
    }

    let response = lock(&shared).respond(&call);
    if let Some(delay) = response.delay {
        tokio::time::sleep(delay).await;
    }
    if response.disconnect {
        socket.0.close();
    }
    http_response(&call, &response)
}

fn http_response(call: &Call, response: &ApiResponse) -> Response {
    let version = call.version.as_deref().unwrap_or(API_VERSION);
    let mut builder = Response::builder()
        .status(response.status)
        .header("request-id", &response.request)
        .header("stripe-version", version);
    if let Some(key) = &call.key {
        builder = builder.header("idempotency-key", key);
    }
    if response.replayed {
        builder = builder.header("idempotent-replayed", "true");
    }
    if let Some(should_retry) = response.should_retry {
        builder = builder.header("stripe-should-retry", should_retry.to_string());
    }
    let (kind, body) = match response.page {
        Some(page) => ("text/html", page.to_owned()),
        None => ("application/json", format!("{:#}", response.body)),
    };
    builder
        .header(header::CONTENT_TYPE, kind)
        .body(Body::from(body))
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
