use super::*;
use axum::{body::Body, http::Request};
use time::macros::datetime;

fn event(request: axum::http::request::Builder, body: &[u8]) -> Value {
    let (parts, _) = request.body(Body::empty()).unwrap().into_parts();
    let route = RouteMatch {
        key: "POST /v1/orders/{order_id}".to_owned(),
        function: "Orders".to_owned(),
        params: BTreeMap::from([("order_id".to_owned(), "a b".to_owned())]),
    };
    let context = RequestContext {
        peer: SocketAddr::from(([127, 0, 0, 1], 4711)),
        port: 9000,
        now: datetime!(2026-03-01 12:30:05 UTC),
        request_id: "r-1".to_owned(),
    };
    http(&parts, body, &route, &context)
}

fn post(path: &str) -> axum::http::request::Builder {
    Request::post(path).header("host", "shop.example:9000")
}

#[test]
fn a_request_becomes_a_payload_of_format_two() {
    let request = post("/v1/orders/a%20b?limit=5&tag=x%2Cy&tag=z+1").header("User-Agent", "curl/8");

    let event = event(request, b"");

    assert_eq!(event["version"], "2.0");
    assert_eq!(event["routeKey"], "POST /v1/orders/{order_id}");
    assert_eq!(event["rawPath"], "/v1/orders/a b");
    assert_eq!(event["rawQueryString"], "limit=5&tag=x%2Cy&tag=z+1");
    assert_eq!(event["queryStringParameters"], json!({"limit": "5", "tag": "x,y,z 1"}));
    assert_eq!(event["pathParameters"], json!({"order_id": "a b"}));
    assert_eq!(event.get("body"), None);
    assert_eq!(
        event["requestContext"],
        json!({
            "accountId": "000000000000",
            "apiId": "local",
            "domainName": "shop.example",
            "domainPrefix": "shop",
            "http": {
                "method": "POST",
                "path": "/v1/orders/a b",
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": "curl/8",
            },
            "requestId": "r-1",
            "routeKey": "POST /v1/orders/{order_id}",
            "stage": "$default",
            "time": "01/Mar/2026:12:30:05 +0000",
            "timeEpoch": 1_772_368_205_000_i64,
        })
    );
}

#[test]
fn repeated_headers_are_joined_and_cookies_stand_apart() {
    let request = post("/").header("X-Tag", "a").header("X-Tag", "b").header("Cookie", "s=1; t=2");

    let event = event(request, b"");

    assert_eq!(event["headers"]["x-tag"], "a,b");
    assert_eq!(event["headers"].get("cookie"), None);
    assert_eq!(event["cookies"], json!(["s=1", "t=2"]));
    assert_eq!(event["headers"]["x-forwarded-for"], "127.0.0.1");
}

#[test]
fn json_travels_as_text_and_everything_else_as_base64() {
    let json = post("/").header("content-type", "application/problem+json; charset=utf-8");
    let form = post("/").header("content-type", "application/x-www-form-urlencoded");
    let broken = post("/").header("content-type", "application/json");

    let (json, form, broken) = (event(json, b"{}"), event(form, b"a=b"), event(broken, &[0xff]));

    assert_eq!((&json["body"], &json["isBase64Encoded"]), (&json!("{}"), &json!(false)));
    assert_eq!((&form["body"], &form["isBase64Encoded"]), (&json!("YT1i"), &json!(true)));
    assert_eq!((&broken["body"], &broken["isBase64Encoded"]), (&json!("/w=="), &json!(true)));
}

#[test]
fn a_tick_looks_like_one_of_eventbridge() {
    let event = scheduled("Sweep", datetime!(2026-03-01 12:30:05.25 UTC));

    assert_eq!(event["detail-type"], "Scheduled Event");
    assert_eq!(event["time"], "2026-03-01T12:30:05Z");
}
