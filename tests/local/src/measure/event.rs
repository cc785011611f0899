//! A request as an API Gateway event.

use serde_json::{Value, json};

/// An event of payload format 2.0, without authentication and body.
pub(crate) fn event(method: &str, path: &str) -> Value {
    let route = format!("{method} {path}");
    json!({
        "version": "2.0",
        "routeKey": route,
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"host": "localhost", "content-type": "application/json"},
        "requestContext": {
            "accountId": "0", "apiId": "load", "domainName": "localhost", "domainPrefix": "load",
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "load"},
            "requestId": "load", "routeKey": route, "stage": "$default",
            "time": "01/Jan/2026:00:00:00 +0000", "timeEpoch": 0,
        },
        "isBase64Encoded": false,
    })
}
