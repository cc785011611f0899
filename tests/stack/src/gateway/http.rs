//! The door itself: request in, event to the function, answer out.

use super::{
    Door, Error, InvokeError, answer,
    event::{self, Arrival},
    pool::{Function, InvokeResult},
    route::Routes,
};
use crate::Progress;
use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Request, State},
    http::{HeaderValue, Response, StatusCode},
    serve::ListenerExt,
};
use http_body_util::BodyExt;
use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};
use time::OffsetDateTime;
use tokio::{net::TcpListener, runtime::Runtime, time::timeout};
use uuid::Uuid;

/// What API Gateway takes.
const BODY_LIMIT: usize = 10 * 1024 * 1024;
/// How long API Gateway waits for a function, whatever the function's own timeout is.
const INTEGRATION_LIMIT: Duration = Duration::from_secs(30);

struct Reception {
    port: u16,
    routes: Routes,
    functions: BTreeMap<String, Arc<Function>>,
    progress: Progress,
}

pub(super) fn serve(
    runtime: &Runtime,
    door: Door,
    routes: Routes,
    functions: BTreeMap<String, Arc<Function>>,
    progress: Progress,
) -> Result<(), Error> {
    let port = door.address.port();
    let _inside = runtime.enter();
    let listener =
        TcpListener::from_std(door.listener).map_err(|source| Error::Port { port, source })?;
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    let reception = Arc::new(Reception { port, routes, functions, progress });
    let app = Router::new().fallback(receive).with_state(reception);
    runtime.spawn(async move {
        let _ =
            axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>()).await;
    });
    Ok(())
}

async fn receive(
    State(reception): State<Arc<Reception>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response<Body> {
    let request_id = Uuid::new_v4().to_string();
    let (begin, what) = (Instant::now(), format!("{} {}", request.method(), request.uri().path()));
    let mut response = reception.respond(peer, &request_id, request).await;
    let took = begin.elapsed().as_millis();
    reception.progress.say(&format!("{what} -> {} in {took} ms", response.status().as_u16()));
    if let Ok(id) = HeaderValue::from_str(&request_id) {
        response.headers_mut().insert("apigw-requestid", id);
    }
    response
}

impl Reception {
    async fn respond(
        &self,
        peer: SocketAddr,
        request_id: &str,
        request: Request,
    ) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let found = self.routes.find(parts.method.as_str(), parts.uri.path());
        let Some((found, function)) = found.and_then(|found| {
            let function = self.functions.get(&found.function)?.clone();
            Some((found, function))
        }) else {
            return answer::own(StatusCode::NOT_FOUND);
        };
        let Some(body) = read(body).await else {
            return answer::own(StatusCode::PAYLOAD_TOO_LARGE);
        };
        let arrival = Arrival {
            peer,
            port: self.port,
            now: OffsetDateTime::now_utc(),
            request_id: request_id.to_owned(),
        };
        let payload = event::http(&parts, &body, &found, &arrival).to_string();
        // A task of its own, because Lambda finishes its work even if the client hangs up.
        let call = tokio::spawn(async move { function.invoke(payload.into()).await });
        match timeout(INTEGRATION_LIMIT, call).await {
            Ok(Ok(outcome)) => respond(outcome),
            Ok(Err(_)) => answer::own(StatusCode::INTERNAL_SERVER_ERROR),
            Err(_) => answer::own(StatusCode::SERVICE_UNAVAILABLE),
        }
    }
}

/// Reads to the end even beyond the limit, since a client that still sends does not hear the refusal.
async fn read(mut body: Body) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut fits = true;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.ok()?.into_data() else { continue };
        fits = fits && bytes.len() + data.len() <= BODY_LIMIT;
        if fits {
            bytes.extend_from_slice(&data);
        }
    }
    fits.then_some(bytes)
}

fn respond(outcome: InvokeResult) -> Response<Body> {
    match outcome {
        Ok(answered) => answer::http(&answered.bytes)
            .unwrap_or_else(|| answer::own(StatusCode::INTERNAL_SERVER_ERROR)),
        Err(InvokeError::TimedOut { .. } | InvokeError::Closed { .. }) => {
            answer::own(StatusCode::SERVICE_UNAVAILABLE)
        }
        Err(InvokeError::TooLarge { .. }) => answer::own(StatusCode::PAYLOAD_TOO_LARGE),
        Err(_) => answer::own(StatusCode::INTERNAL_SERVER_ERROR),
    }
}
