//! Where a request comes from.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use lambda_http::request::RequestContext;
use std::convert::Infallible;

/// The caller's IP address as API Gateway saw it. Never `X-Forwarded-For`: everybody can write that.
pub(crate) struct Origin(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for Origin {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let address = match parts.extensions.get() {
            Some(RequestContext::ApiGatewayV2(context)) => context.http.source_ip.clone(),
            _ => None,
        };
        Ok(Self(address.unwrap_or_else(|| "unknown".to_owned())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Request;
    use serde_json::json;

    async fn origin(context: Option<RequestContext>) -> String {
        let mut request = Request::builder().header("x-forwarded-for", "203.0.113.9");
        if let Some(context) = context {
            request = request.extension(context);
        }
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        let Ok(Origin(address)) = Origin::from_request_parts(&mut parts, &()).await;
        address
    }

    #[tokio::test]
    async fn the_gateway_says_where_a_request_comes_from_and_the_caller_does_not() {
        let http = json!({"method": "POST", "sourceIp": "192.0.2.7"});
        let context = serde_json::from_value(json!({"http": http, "timeEpoch": 0})).unwrap();

        assert_eq!(origin(Some(RequestContext::ApiGatewayV2(context))).await, "192.0.2.7");
        assert_eq!(origin(None).await, "unknown");
    }
}
