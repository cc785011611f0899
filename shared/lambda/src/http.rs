//! HTTP: extractors for requests, types for responses, and what every route has in common.

mod app;
mod bill;
mod body;
pub mod caller;
mod conditional;
mod idempotency;
mod interface;
mod json;
mod list;
mod problem;
mod proxies;
mod route_path;
pub mod shopper;
pub mod token;
mod visitor;

pub use app::App;
pub use bill::{BillView, ShippingMethodView, TaxView, with_bill};
pub use body::{Json, NoQuery, Path, Query, RawBody};
pub use conditional::{ETag, IfMatch, RequiredIfMatch};
pub use idempotency::{
    IdempotentJson, IdempotentResponse, MaybeIdempotentJson, OptionalIdempotencyKey,
};
pub use list::{List, count_that_fits, count_that_fits_beside};
pub use problem::Problem;
pub use proxies::{BadRange, TrustedProxies};
pub use visitor::{Throttled, Visitor, add_rate_limit_headers};

#[doc(hidden)]
pub use utoipa_axum;

use crate::logging::start_logging;
use crate::runtime;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use conditional::IfNoneMatch;
use futures_util::FutureExt as _;
use lambda_http::request::RequestContext;
use lambda_http::{Adapter, Error};
use std::panic::AssertUnwindSafe;
use tower::util::MapRequest;
use uuid::Uuid;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// In bytes. A larger body is answered with 413.
const BODY_LIMIT: usize = 256 * 1024;

/// Serves a function's routes until Lambda stops the process.
pub async fn serve<S>(routes: Router<S>, state: S) -> Result<(), Error>
where
    S: Clone + Send + Sync + 'static,
{
    start_logging();
    let service = MapRequest::new(router(routes, state), route_path::with_route_path);
    runtime::run(Adapter::from(service)).await
}

/// A function's routes with what they have in common: 404 and 405, the body limit, the request id and safe headers.
pub fn router<S>(routes: Router<S>, state: S) -> Router
where
    S: Clone + Send + Sync + 'static,
{
    routes
        .with_state(state)
        .fallback(async || Problem::no_such_route())
        .method_not_allowed_fallback(async || Problem::no_such_method())
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(middleware::from_fn(finish_response))
}

/// Logs the request, turns a panic into a 500, answers 304 for what the caller has, and adds the request id and safe
/// headers to the response.
async fn finish_response(request: Request, next: Next) -> Response {
    let id = request_id(&request);
    let cached = IfNoneMatch::of(&request);
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    // Unwind safe: a panic inside a transaction drops it, which rolls it back.
    let response = AssertUnwindSafe(next.run(request)).catch_unwind().await;
    let mut response = response.unwrap_or_else(|_| {
        tracing::error!(request.id = id, "a request handler panicked");
        Problem::our_fault().into_response()
    });
    response = cached.shorten(response);

    let status = response.status().as_u16();
    tracing::info!(request.id = id, %method, path, status, "{method} {path} {status}");
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        let headers = std::mem::take(response.headers_mut());
        response = problem.with_request_id(&id);
        merge_headers(headers, response.headers_mut());
    }
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID, id);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Adds the headers that a route's own layers set before the [`Problem`] was rendered, unless the problem sets them
/// too.
fn merge_headers(from: HeaderMap, into: &mut HeaderMap) {
    for (name, value) in from {
        if let Some(name) = name.filter(|name| name != header::CONTENT_LENGTH) {
            into.entry(name).or_insert(value);
        }
    }
}

/// The client's `X-Request-Id` if it is 1 to 100 letters, digits, `-`, `_` or `.`; else API Gateway's id; else a new
/// one.
fn request_id(request: &Request) -> String {
    let from_client = request.headers().get(REQUEST_ID).and_then(|value| value.to_str().ok());
    let is_valid = |id: &&str| {
        (1..=100).contains(&id.len())
            && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
    };
    if let Some(id) = from_client.filter(is_valid) {
        return id.to_owned();
    }
    match request.extensions().get() {
        Some(RequestContext::ApiGatewayV2(context)) => context.request_id.clone(),
        _ => None,
    }
    .unwrap_or_else(|| Uuid::now_v7().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use axum::http::StatusCode;
    use axum::routing::get;
    use tower::ServiceExt as _;

    async fn bug() -> StatusCode {
        panic!("a bug with ann@example.com in its message")
    }

    #[tokio::test]
    async fn a_handler_that_panics_is_our_fault_and_the_next_request_is_served() {
        let routes = Router::new()
            .route("/broken", get(bug))
            .route("/whole", get(async || StatusCode::NO_CONTENT));
        let app = router(routes, ());
        let get = async |path: &str| {
            let request = Request::builder().uri(path).header(REQUEST_ID, "r-1");
            app.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
        };

        let (broken, whole) = (get("/broken").await, get("/whole").await);

        assert_eq!(broken.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(broken.headers()[header::CONTENT_TYPE], "application/problem+json");
        let body = axum::body::to_bytes(broken.into_body(), BODY_LIMIT).await.unwrap();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!((&body["code"], &body["request_id"]), (&"our_fault".into(), &"r-1".into()));
        assert!(!body.to_string().contains("ann@"), "{body}");
        assert_eq!(whole.status(), StatusCode::NO_CONTENT);
    }
}
