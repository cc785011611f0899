//! The path of a request, put together from its route and its parameters. API Gateway decodes the path itself: with `/`,
//! `?` or `#` in a parameter it would lead elsewhere.

use axum::http::uri::PathAndQuery;
use axum::http::{Request, Uri};
use lambda_http::RequestExt as _;
use lambda_http::request::RequestContext;
use std::fmt::Write as _;

/// The request with the path of its route. Unchanged without parameters, and for the route `$default`.
pub(super) fn with_route_path<B>(mut request: Request<B>) -> Request<B> {
    if let Some(uri) = uri(&request) {
        *request.uri_mut() = uri;
    }
    request
}

fn uri<B>(request: &Request<B>) -> Option<Uri> {
    let Some(RequestContext::ApiGatewayV2(context)) = request.extensions().get() else {
        return None;
    };
    let (_, route) = context.route_key.as_deref()?.split_once(' ')?;
    let parameters = request.path_parameters_ref()?;
    let mut path = String::new();
    for segment in route.split('/').skip(1) {
        path.push('/');
        match segment.strip_prefix('{').and_then(|segment| segment.strip_suffix('}')) {
            Some(name) => encode(parameters.first(name)?, &mut path),
            None => path.push_str(segment),
        }
    }
    // A decoded `?` or `#` was read as the end of the path, and what follows it as the query.
    let is_cut = request.raw_http_path().contains(['?', '#']);
    if let Some(query) = request.uri().query().filter(|_| !is_cut) {
        path = format!("{path}?{query}");
    }
    let mut parts = request.uri().clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(path).ok()?);
    Uri::from_parts(parts).ok()
}

/// Percent-encodes everything but the unreserved characters of RFC 3986.
fn encode(text: &str, into: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            into.push(char::from(byte));
        } else {
            let _ = write!(into, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lambda_http::request::from_str;
    use serde_json::json;

    /// The path and query that a function sees of an event.
    fn seen(route: &str, raw_path: &str, parameters: &serde_json::Value, query: &str) -> String {
        let event = json!({
            "version": "2.0",
            "routeKey": route,
            "rawPath": raw_path,
            "rawQueryString": query,
            "headers": {"host": "api.example.com"},
            "pathParameters": parameters,
            "requestContext": {
                "http": {"method": "GET", "path": raw_path},
                "routeKey": route,
                "stage": "$default",
                "timeEpoch": 0,
            },
            "isBase64Encoded": false,
        });
        let request = from_str(&event.to_string()).unwrap();
        with_route_path(request).uri().path_and_query().unwrap().to_string()
    }

    #[test]
    fn a_decoded_parameter_stays_within_its_segment() {
        for (sku, encoded) in [
            ("MUG-01", "MUG-01"),
            ("a/b", "a%2Fb"),
            ("a?b=c", "a%3Fb%3Dc"),
            ("a#b", "a%23b"),
            ("..", ".."),
            ("50% off", "50%25%20off"),
            ("ü", "%C3%BC"),
        ] {
            let path = format!("/v1/inventory/{sku}/movements");
            let parameters = json!({"sku": sku});

            let seen = seen("GET /v1/inventory/{sku}/movements", &path, &parameters, "");

            assert_eq!(seen, format!("/v1/inventory/{encoded}/movements"), "{sku}");
        }
    }

    #[test]
    fn the_query_stays_and_a_route_without_parameters_is_as_it_came() {
        let (order, id) = ("GET /v1/orders/{order_id}", json!({"order_id": "ord_1"}));
        assert_eq!(
            seen(order, "/v1/orders/ord_1", &id, "expand=a%20b"),
            "/v1/orders/ord_1?expand=a%20b"
        );
        assert_eq!(
            seen("GET /v1/orders", "/v1/orders", &json!({}), "limit=1"),
            "/v1/orders?limit=1"
        );
        assert_eq!(seen("$default", "/v1/no pe", &json!({}), ""), "/v1/no%20pe");
    }
}
