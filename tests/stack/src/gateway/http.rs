//! The HTTP server: turns requests into events, invokes the function of the route, and returns its response.

use super::{
    Error, InvokeError, Listener,
    cors::{self, CorsPolicy},
    event::{self, RequestContext},
    pool::{Function, InvokeResult},
    response,
    route::Routes,
    throttle::Throttles,
};
use crate::Progress;
use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Request, State},
    http::{HeaderValue, Method, Response, StatusCode},
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

/// API Gateway's limit for request bodies.
const BODY_LIMIT: usize = 10 * 1024 * 1024;
/// The integration timeout of API Gateway, which is independent of the function's timeout.
const INTEGRATION_LIMIT: Duration = Duration::from_secs(30);

struct HttpApi {
    port: u16,
    routes: Routes,
    throttles: Throttles,
    cors: CorsPolicy,
    functions: BTreeMap<String, Arc<Function>>,
    progress: Progress,
}

pub(super) fn serve(
    runtime: &Runtime,
    listener: Listener,
    routes: Routes,
    throttles: Throttles,
    cors: CorsPolicy,
    functions: BTreeMap<String, Arc<Function>>,
    progress: Progress,
) -> Result<(), Error> {
    let port = listener.address.port();
    let _inside = runtime.enter();
    let listener =
        TcpListener::from_std(listener.socket).map_err(|source| Error::Port { port, source })?;
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    let api = Arc::new(HttpApi { port, routes, throttles, cors, functions, progress });
    let app = Router::new().fallback(receive).with_state(api);
    runtime.spawn(async move {
        let _ =
            axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>()).await;
    });
    Ok(())
}

async fn receive(
    State(api): State<Arc<HttpApi>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response<Body> {
    let request_id = Uuid::new_v4().to_string();
    let (begin, what) = (Instant::now(), format!("{} {}", request.method(), request.uri().path()));
    let origin = cors::local_origin(request.headers());
    let mut response = api.respond(peer, &request_id, request).await;
    let took = begin.elapsed().as_millis();
    api.progress.say(&format!("{what} -> {} in {took} ms", response.status().as_u16()));
    api.cors.allow(origin, response.headers_mut());
    if let Ok(id) = HeaderValue::from_str(&request_id) {
        response.headers_mut().insert("apigw-requestid", id);
    }
    response
}

impl HttpApi {
    async fn respond(
        &self,
        peer: SocketAddr,
        request_id: &str,
        request: Request,
    ) -> Response<Body> {
        let (parts, body) = request.into_parts();
        if let Some(preflight) = self.cors.preflight(&parts) {
            return preflight;
        }
        let found = self.routes.find(parts.method.as_str(), parts.uri.path());
        let Some((found, function)) = found.and_then(|found| {
            let function = self.functions.get(&found.function)?.clone();
            Some((found, function))
        }) else {
            return response::error(StatusCode::NOT_FOUND);
        };
        if !self.throttles.admits(&found.key) {
            return response::error(StatusCode::TOO_MANY_REQUESTS);
        }
        let Some(body) = read(body).await else {
            return response::error(StatusCode::PAYLOAD_TOO_LARGE);
        };
        let context = RequestContext {
            peer,
            port: self.port,
            now: OffsetDateTime::now_utc(),
            request_id: request_id.to_owned(),
        };
        let payload = event::http(&parts, &body, &found, &context).to_string();
        // A separate task, because Lambda completes an invocation even if the client disconnects.
        let call = tokio::spawn(async move { function.invoke(payload.into()).await });
        match timeout(INTEGRATION_LIMIT, call).await {
            Ok(Ok(outcome)) => respond(&parts.method, outcome),
            Ok(Err(_)) => response::error(StatusCode::INTERNAL_SERVER_ERROR),
            Err(_) => response::error(StatusCode::SERVICE_UNAVAILABLE),
        }
    }
}

/// Reads to the end even beyond the limit, since a client that is still sending does not read the response. `None` if
/// the body is too large or cannot be read.
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

fn respond(method: &Method, outcome: InvokeResult) -> Response<Body> {
    match outcome {
        Ok(invoked) => response::http(method, &invoked.bytes)
            .unwrap_or_else(|| response::error(StatusCode::INTERNAL_SERVER_ERROR)),
        Err(
            InvokeError::TimedOut { .. } | InvokeError::Closed { .. } | InvokeError::Busy { .. },
        ) => response::error(StatusCode::SERVICE_UNAVAILABLE),
        Err(InvokeError::TooLarge { .. }) => response::error(StatusCode::PAYLOAD_TOO_LARGE),
        Err(_) => response::error(StatusCode::INTERNAL_SERVER_ERROR),
    }
}
