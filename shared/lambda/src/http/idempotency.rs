//! The `Idempotency-Key` header, and responses that are recorded and replayed under such a key.

use super::body::{json_bytes, parse};
use super::problem::Problem;
use aws_lc_rs::digest::{Context, SHA256};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::idempotency::{IdempotentRequest, Key, RecordedResponse};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// A JSON body with an `Idempotency-Key`. A request without the header is answered with 400.
pub struct IdempotentJson<T> {
    pub request: IdempotentRequest,
    pub body: T,
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for IdempotentJson<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let missing = || {
            let detail = "send an Idempotency-Key, so that a repeated request has no second effect";
            Problem::new(StatusCode::BAD_REQUEST, "idempotency_key_required", detail)
        };
        let key = key(request.headers())?.ok_or_else(missing)?;
        let route = request.uri().path().to_owned();
        let bytes = json_bytes(request, state).await?;
        let request = idempotent_request(key, route, parse(&bytes)?);
        Ok(Self { request, body: parse(&bytes)? })
    }
}

/// A JSON body, with or without an `Idempotency-Key`.
pub struct MaybeIdempotentJson<T> {
    pub request: Option<IdempotentRequest>,
    pub body: T,
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for MaybeIdempotentJson<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let key = key(request.headers())?;
        let route = request.uri().path().to_owned();
        let bytes = json_bytes(request, state).await?;
        let body = parse(&bytes)?;
        let request = match key {
            Some(key) => Some(idempotent_request(key, route, parse(&bytes)?)),
            None => None,
        };
        Ok(Self { request, body })
    }
}

/// The `Idempotency-Key` of a request without a body, if it has one.
pub struct OptionalIdempotencyKey(pub Option<IdempotentRequest>);

impl<S: Send + Sync> FromRequestParts<S> for OptionalIdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let key = key(&parts.headers)?;
        let route = parts.uri.path().to_owned();
        Ok(Self(key.map(|key| idempotent_request(key, route, Value::Null))))
    }
}

fn key(headers: &HeaderMap) -> Result<Option<Key>, Problem> {
    let Some(value) = headers.get(KEY) else { return Ok(None) };
    let key = Key::parse(value.to_str().unwrap_or_default());
    key.map(Some).map_err(|refusal| Problem::refused(&refusal))
}

fn idempotent_request(key: Key, route: String, body: Value) -> IdempotentRequest {
    let fingerprint = fingerprint(&route, body);
    IdempotentRequest { key, method: "POST", route, fingerprint }
}

/// SHA-256 of method, path and body. The order of JSON members and white space between them do not change it.
fn fingerprint(route: &str, mut body: Value) -> [u8; 32] {
    body.sort_all_objects();
    let mut hash = Context::new(&SHA256);
    for part in ["POST", route, &body.to_string()] {
        hash.update(part.as_bytes());
        hash.update(b"\n");
    }
    hash.finish().as_ref().try_into().expect("SHA-256 has 32 bytes")
}

/// A recorded response as an HTTP response. When it is replayed, it has the header `Idempotent-Replayed: true`.
pub struct IdempotentResponse {
    recorded: RecordedResponse,
    location: Option<HeaderValue>,
}

/// The part of a created resource's body that its URL needs.
#[derive(Deserialize)]
struct Created {
    id: String,
}

impl IdempotentResponse {
    /// A response in the form in which it is recorded, with `view` as its JSON body.
    pub fn record(status: StatusCode, view: &impl Serialize) -> RecordedResponse {
        let body = serde_json::to_vec(view).expect("a view is plain data");
        RecordedResponse { status: status.as_u16(), body, replayed: false }
    }

    /// With the header `Location: {collection}/{id}`, where `id` is that of the body.
    pub fn created(recorded: RecordedResponse, collection: &str) -> Self {
        let created = serde_json::from_slice::<Created>(&recorded.body).ok();
        let location = created.map(|Created { id }| format!("{collection}/{id}"));
        let location = location.and_then(|location| HeaderValue::try_from(location).ok());
        Self { recorded, location }
    }

    /// With the header `Location: {location}`, for something that was created without a URL of its own.
    pub fn with_location(recorded: RecordedResponse, location: String) -> Self {
        Self { recorded, location: HeaderValue::try_from(location).ok() }
    }
}

impl From<RecordedResponse> for IdempotentResponse {
    fn from(recorded: RecordedResponse) -> Self {
        Self { recorded, location: None }
    }
}

impl IntoResponse for IdempotentResponse {
    fn into_response(self) -> Response {
        let RecordedResponse { status, body, replayed } = self.recorded;
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(location) = self.location {
            headers.insert(header::LOCATION, location);
        }
        if replayed {
            headers.insert(REPLAYED, HeaderValue::from_static("true"));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_body_that_says_the_same_has_the_same_fingerprint() {
        let one = fingerprint("/v1/orders", json!({"a": 1, "b": {"c": [1, 2], "d": null}}));
        let two = fingerprint("/v1/orders", json!({"b": {"d": null, "c": [1, 2]}, "a": 1}));
        let other = fingerprint("/v1/orders", json!({"b": {"d": null, "c": [2, 1]}, "a": 1}));

        assert_eq!(one, two);
        assert_ne!(one, other);
        assert_ne!(one, fingerprint("/v1/refunds", json!({"a": 1, "b": {"c": [1, 2], "d": null}})));
    }
}
