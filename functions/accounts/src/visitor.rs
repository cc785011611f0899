//! Rate limits of requests without a session: the caller's IP address, and the `RateLimit-*` response headers.

use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use domain::accounts;
use lambda::http::Problem;
use lambda_http::request::RequestContext;
use std::collections::BTreeMap;
use std::convert::Infallible;
use utoipa::openapi::{Content, Ref, RefOr, Response as Described, ResponseBuilder};
use utoipa::{IntoResponses, ToSchema};

const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("ratelimit-reset");

/// The sender of a request, known by IP address only.
pub(crate) struct Visitor(pub(crate) accounts::Visitor);

/// Adds the `RateLimit-*` headers to responses of rate-limited routes (draft-ietf-httpapi-ratelimit-headers).
pub(crate) async fn add_rate_limit_headers(mut request: Request, next: Next) -> Response {
    let visitor = accounts::Visitor::from(origin(request.extensions().get()));
    request.extensions_mut().insert(visitor.clone());
    let mut response = next.run(request).await;
    if let Some(left) = visitor.rate_limit_status() {
        let numbers = [(LIMIT, left.limit), (REMAINING, left.remaining), (RESET, left.reset)];
        for (name, number) in numbers {
            response.headers_mut().insert(name, HeaderValue::from(number));
        }
    }
    response
}

/// The caller's IP address as seen by API Gateway. Never `X-Forwarded-For`: clients can set it to anything.
fn origin(context: Option<&RequestContext>) -> String {
    let address = match context {
        Some(RequestContext::ApiGatewayV2(context)) => context.http.source_ip.clone(),
        _ => None,
    };
    address.unwrap_or_else(|| "unknown".to_owned())
}

impl<S: Send + Sync> FromRequestParts<S> for Visitor {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let existing = parts.extensions.get::<accounts::Visitor>().cloned();
        let new = || accounts::Visitor::from(origin(parts.extensions.get()));
        Ok(Self(existing.unwrap_or_else(new)))
    }
}

/// Documents the 429 response of rate-limited routes.
pub(crate) struct Throttled;

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
        let http = json!({"method": "POST", "sourceIp": "192.0.2.7"});
        let context = serde_json::from_value(json!({"http": http, "timeEpoch": 0})).unwrap();

        assert_eq!(origin(Some(&RequestContext::ApiGatewayV2(context))), "192.0.2.7");
        assert_eq!(origin(None), "unknown");
    }
}
