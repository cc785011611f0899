//! The door itself: request in, event to the function, answer out.

use super::{
    Door, Error, InvokeError, answer,
    event::{self, Arrival},
    pool::{Function, InvokeResult},
    route::Routes,
};
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{ConnectInfo, Request, State},
    http::{HeaderValue, Response, StatusCode},
    serve::ListenerExt,
};
use std::{collections::BTreeMap, net::SocketAddr, sync::Arc};
use time::OffsetDateTime;
use tokio::{net::TcpListener, runtime::Runtime};
use uuid::Uuid;

/// What API Gateway takes.
const BODY_LIMIT: usize = 10 * 1024 * 1024;

struct Reception {
    port: u16,
    routes: Routes,
    functions: BTreeMap<String, Arc<Function>>,
}

pub(super) fn serve(
    runtime: &Runtime,
    door: Door,
    routes: Routes,
    functions: BTreeMap<String, Arc<Function>>,
) -> Result<(), Error> {
    let port = door.address.port();
    let _inside = runtime.enter();
    let listener =
        TcpListener::from_std(door.listener).map_err(|source| Error::Port { port, source })?;
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    let reception = Arc::new(Reception { port, routes, functions });
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
    let mut response = reception.respond(peer, &request_id, request).await;
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
        let Ok(body) = to_bytes(body, BODY_LIMIT).await else {
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
        match call.await {
            Ok(outcome) => respond(outcome),
            Err(_) => answer::own(StatusCode::INTERNAL_SERVER_ERROR),
        }
    }
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
