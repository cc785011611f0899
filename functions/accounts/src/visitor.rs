//! Who is at the door before they have shown who they are, and what they are told of their tries.

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

/// Whoever sent the request.
pub(crate) struct Visitor(pub(crate) accounts::Visitor);

/// Tells every answer how many tries are left, if the route counts them (draft-ietf-httpapi-ratelimit-headers).
pub(crate) async fn tell_allowance(mut request: Request, next: Next) -> Response {
    let visitor = accounts::Visitor::from(origin(request.extensions().get()));
    request.extensions_mut().insert(visitor.clone());
    let mut response = next.run(request).await;
    if let Some(left) = visitor.allowance() {
        let numbers = [(LIMIT, left.limit), (REMAINING, left.remaining), (RESET, left.reset)];
        for (name, number) in numbers {
            response.headers_mut().insert(name, HeaderValue::from(number));
        }
    }
    response
}

/// The caller's IP address as API Gateway saw it. Never `X-Forwarded-For`: everybody can write that.
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
        let met = parts.extensions.get::<accounts::Visitor>().cloned();
        let new = || accounts::Visitor::from(origin(parts.extensions.get()));
        Ok(Self(met.unwrap_or_else(new)))
    }
}

/// The answer of a route that counts tries, when there are none left.
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
