//! From HTTP requests to domain calls, and from outcomes to answers.

mod body;
mod conditional;
mod interface;
mod keyed;
mod list;
mod problem;
pub mod token;

pub use body::{Json, Path, Query, Raw};
pub use conditional::{IfMatch, IfNoneMatch, MustMatch, Tag};
pub use keyed::{Keyed, MaybeKey, MaybeKeyed, Reply};
pub use list::List;
pub use problem::Problem;

#[doc(hidden)]
pub use utoipa_axum;

use crate::config::Clock;
use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRef, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use domain::db::Db;
use futures_util::FutureExt as _;
use lambda_http::request::RequestContext;
use std::panic::AssertUnwindSafe;
use uuid::Uuid;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const BODY_LIMIT: usize = 256 * 1024;

/// What every HTTP function has at hand.
#[derive(Clone)]
pub struct App {
    pub db: Db,
    pub verifier: token::Verifier,
    pub clock: Clock,
}

impl FromRef<App> for Db {
    fn from_ref(app: &App) -> Self {
        app.db.clone()
    }
}

/// Serves a function's routes until Lambda stops the process.
pub async fn serve<S>(routes: Router<S>, state: S) -> Result<(), crate::Error>
where
    S: Clone + Send + Sync + 'static,
{
    crate::start_logging();
    lambda_http::run(router(routes, state)).await
}

/// A function's routes as API Gateway meets them: unknown ones refused, every answer finished alike.
pub fn router<S>(routes: Router<S>, state: S) -> Router
where
    S: Clone + Send + Sync + 'static,
{
    routes
        .with_state(state)
        .fallback(async || Problem::no_such_route())
        .method_not_allowed_fallback(async || Problem::no_such_method())
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(middleware::from_fn(finish))
}

/// Gives every answer its request id and safe headers, and writes the line that the night shift reads.
async fn finish(request: Request, next: Next) -> Response {
    let id = request_id(&request);
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    // What a panic leaves in the middle of a transaction is rolled back with it.
    let answer = AssertUnwindSafe(next.run(request)).catch_unwind().await;
    let mut response = answer.unwrap_or_else(|_| {
        tracing::error!(request.id = id, "a request made us panic");
        Problem::our_fault().into_response()
    });

    let status = response.status().as_u16();
    tracing::info!(request.id = id, %method, path, status, "{method} {path} {status}");
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        let told = std::mem::take(response.headers_mut());
        response = problem.with_request_id(&id);
        keep(told, response.headers_mut());
    }
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID, id);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// What a route's own layers say of an answer stays said when it turns out to be a [`Problem`].
fn keep(told: HeaderMap, headers: &mut HeaderMap) {
    for (name, value) in told {
        if let Some(name) = name.filter(|name| name != header::CONTENT_LENGTH) {
            headers.entry(name).or_insert(value);
        }
    }
}

/// The caller's own id if it looks like one, else API Gateway's.
fn request_id(request: &Request) -> String {
    let theirs = request.headers().get(REQUEST_ID).and_then(|value| value.to_str().ok());
    let looks_fine = |id: &&str| {
        (1..=100).contains(&id.len())
            && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
    };
    if let Some(id) = theirs.filter(looks_fine) {
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
        panic!("a bug that tells ann@example.com")
    }

    #[tokio::test]
    async fn a_handler_that_panics_is_our_fault_and_the_next_request_is_served() {
        let routes = Router::new()
            .route("/broken", get(bug))
            .route("/whole", get(async || StatusCode::NO_CONTENT));
        let door = router(routes, ());
        let knock = async |path: &str| {
            let request = Request::builder().uri(path).header(REQUEST_ID, "r-1");
            door.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
        };

        let (broken, whole) = (knock("/broken").await, knock("/whole").await);

        assert_eq!(broken.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(broken.headers()[header::CONTENT_TYPE], "application/problem+json");
        let body = axum::body::to_bytes(broken.into_body(), BODY_LIMIT).await.unwrap();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!((&body["code"], &body["request_id"]), (&"our_fault".into(), &"r-1".into()));
        assert!(!body.to_string().contains("ann@"), "{body}");
        assert_eq!(whole.status(), StatusCode::NO_CONTENT);
    }
}
