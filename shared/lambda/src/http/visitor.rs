//! Rate limits by client: the caller's IP address, and the `RateLimit` response headers.

use super::{App, Problem, TrustedProxies};
use axum::extract::{FromRef, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use domain::accounts::{self, Device, Origin, RateLimitStatus};
use lambda_http::request::RequestContext;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::{Arc, OnceLock};
use utoipa::openapi::{Content, Ref, RefOr, Response as Described, ResponseBuilder};
use utoipa::{IntoResponses, ToSchema};

const STATE: HeaderName = HeaderName::from_static("ratelimit");
const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
// Of older drafts, which more clients know.
const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("ratelimit-reset");

/// The sender of a request, known by IP address and `User-Agent` only.
pub struct Visitor(pub accounts::Visitor);

/// The visitor of a request, once its route has asked for it.
type Asked = Arc<OnceLock<accounts::Visitor>>;

/// Adds the headers `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-11) and the three of older drafts
/// to the responses of rate-limited routes.
pub async fn add_rate_limit_headers(mut request: Request, next: Next) -> Response {
    let asked = Asked::default();
    request.extensions_mut().insert(asked.clone());
    let mut response = next.run(request).await;
    if let Some(left) = asked.get().and_then(accounts::Visitor::rate_limit_status) {
        let RateLimitStatus { policy, limit, window, remaining, reset } = left;
        let headers = response.headers_mut();
        for (name, number) in [(LIMIT, limit), (REMAINING, remaining), (RESET, reset)] {
            headers.insert(name, HeaderValue::from(number));
        }
        let state = format!("\"{policy}\";r={remaining};t={reset}");
        let policy = format!("\"{policy}\";q={limit};w={window}");
        for (name, text) in [(STATE, state), (POLICY, policy)] {
            if let Ok(value) = HeaderValue::try_from(text) {
                headers.insert(name, value);
            }
        }
    }
    response
}

/// Where a request comes from: the address that called API Gateway, or whom a trusted proxy at that address names.
fn origin(proxies: &TrustedProxies, parts: &Parts) -> Origin {
    let source = match parts.extensions.get() {
        Some(RequestContext::ApiGatewayV2(context)) => context.http.source_ip.as_deref(),
        _ => None,
    };
    let source: Option<IpAddr> = source.and_then(|source| source.parse().ok());
    source.map_or(Origin::UNKNOWN, |source| proxies.client(source, &parts.headers).into())
}

fn device(parts: &Parts) -> Option<Device> {
    let header = parts.headers.get(header::USER_AGENT)?;
    Device::from_user_agent(&String::from_utf8_lossy(header.as_bytes()))
}

impl<S> FromRequestParts<S> for Visitor
where
    S: Send + Sync,
    App: FromRef<S>,
{
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let origin = || origin(&App::from_ref(state).trusted_proxies, parts);
        let new = || accounts::Visitor::from(origin()).with(device(parts));
        Ok(Self(match parts.extensions.get::<Asked>() {
            Some(asked) => asked.get_or_init(new).clone(),
            None => new(),
        }))
    }
}

/// Documents the 429 response of rate-limited routes.
pub struct Throttled;

impl IntoResponses for Throttled {
    fn responses() -> BTreeMap<String, RefOr<Described>> {
        let problem = Content::new(Some(Ref::from_schema_name(Problem::name())));
        let response = ResponseBuilder::new()
            .description("`too_many_requests`")
            .content("application/json", problem);
        BTreeMap::from([("429".to_owned(), response.build().into())])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_gateway_says_where_a_request_comes_from() {
        let from = |source: Option<&str>, forwarded: &str, proxies: &str| {
            let (mut parts, ()) = Request::new(()).into_parts();
            parts.headers.insert("x-forwarded-for", forwarded.parse().unwrap());
            if let Some(source) = source {
                let http = json!({"method": "POST", "sourceIp": source});
                let context = serde_json::from_value(json!({"http": http, "timeEpoch": 0}));
                parts.extensions.insert(RequestContext::ApiGatewayV2(context.unwrap()));
            }
            origin(&proxies.parse().unwrap(), &parts)
        };
        let address = |text: &str| Origin::from(text.parse::<IpAddr>().unwrap());

        assert_eq!(from(Some("192.0.2.7"), "203.0.113.9", ""), address("192.0.2.7"));
        assert_eq!(from(Some("192.0.2.7"), "203.0.113.9", "192.0.2.7"), address("203.0.113.9"));
        assert_eq!(from(Some("nonsense"), "203.0.113.9", "192.0.2.7"), Origin::UNKNOWN);
        assert_eq!(from(None, "203.0.113.9", "192.0.2.7"), Origin::UNKNOWN);
    }
}
