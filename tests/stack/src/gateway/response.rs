//! Turns the response of a function into an HTTP response, by the rules of payload format 2.0.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde::Deserialize;
use serde_json::{Map, Value, json};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FunctionResponse {
    status_code: u16,
    #[serde(default)]
    headers: Option<Map<String, Value>>,
    #[serde(default)]
    multi_value_headers: Option<Map<String, Value>>,
    #[serde(default)]
    cookies: Option<Vec<String>>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
}

/// `None` if the response is malformed, for which API Gateway answers 500.
pub(super) fn http(method: &Method, response: &[u8]) -> Option<Response<Body>> {
    let value: Value = serde_json::from_slice(response).ok()?;
    if value.get("statusCode").is_none() {
        // Without `statusCode` the whole JSON is the body.
        return Some(json_response(StatusCode::OK, value.to_string()));
    }
    let parsed = FunctionResponse::deserialize(value).ok()?;
    let body = parsed.body.unwrap_or_default();
    let body = if parsed.is_base64_encoded {
        BASE64_STANDARD.decode(body).ok()?
    } else {
        body.into_bytes()
    };
    let mut headers = HeaderMap::new();
    for (name, value) in parsed.headers.unwrap_or_default() {
        headers.append(header_name(&name)?, header_value(&value)?);
    }
    let single = headers.clone();
    for (name, values) in parsed.multi_value_headers.unwrap_or_default() {
        let name = header_name(&name)?;
        for value in values.as_array()?.iter().filter(|_| !single.contains_key(&name)) {
            headers.append(name.clone(), header_value(value)?);
        }
    }
    for cookie in parsed.cookies.unwrap_or_default() {
        headers.append(header::SET_COOKIE, HeaderValue::from_str(&cookie).ok()?);
    }
    // The server sets the length itself, but for HEAD, where the function knows that of the body it left out.
    if method != Method::HEAD {
        headers.remove(header::CONTENT_LENGTH);
    }
    if !body.is_empty() && !headers.contains_key(header::CONTENT_TYPE) {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain;charset=utf-8"));
    }
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(parsed.status_code).ok()?;
    *response.headers_mut() = headers;
    Some(response)
}

/// An error response of API Gateway itself.
pub(super) fn error(status: StatusCode) -> Response<Body> {
    let message = match status {
        StatusCode::PAYLOAD_TOO_LARGE => "Request Entity Too Large",
        other => other.canonical_reason().unwrap_or_default(),
    };
    json_response(status, json!({"message": message}).to_string())
}

fn json_response(status: StatusCode, body: String) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

fn header_name(name: &str) -> Option<HeaderName> {
    HeaderName::from_bytes(name.as_bytes()).ok()
}

fn header_value(value: &Value) -> Option<HeaderValue> {
    match value {
        Value::String(text) => HeaderValue::from_str(text).ok(),
        Value::Number(_) | Value::Bool(_) => HeaderValue::from_str(&value.to_string()).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_keeps_its_status_headers_and_cookies() {
        let answer = json!({
            "statusCode": 201,
            "headers": {"location": "/v1/orders/1"},
            "cookies": ["a=1", "b=2"],
            "body": "e30=",
            "isBase64Encoded": true,
        });

        let response = http(&Method::GET, answer.to_string().as_bytes()).unwrap();

        assert_eq!(response.status(), StatusCode::CREATED);
        assert_eq!(response.headers()["location"], "/v1/orders/1");
        assert_eq!(response.headers().get_all("set-cookie").iter().count(), 2);
    }

    #[test]
    fn an_answer_to_head_keeps_the_length_of_the_body_it_left_out() {
        let answer = json!({"statusCode": 200, "headers": {"content-length": "7"}});
        let length = |method: Method| {
            let response = http(&method, answer.to_string().as_bytes()).unwrap();
            response.headers().get("content-length").cloned()
        };

        assert_eq!(length(Method::HEAD).unwrap(), "7");
        assert_eq!(length(Method::GET), None);
    }

    #[test]
    fn an_answer_without_a_status_is_the_body() {
        let response = http(&Method::GET, br#"{"hello":"you"}"#).unwrap();

        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "application/json");
    }

    #[test]
    fn an_answer_that_makes_no_sense_is_none() {
        for answer in [
            r#"{"statusCode":"x"}"#,
            r#"{"statusCode":200,"body":{}}"#,
            r#"{"statusCode":20}"#,
            "<",
        ] {
            assert!(http(&Method::GET, answer.as_bytes()).is_none(), "{answer}");
        }
    }
}
