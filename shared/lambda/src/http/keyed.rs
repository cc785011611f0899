//! Requests that may come twice, and answers that are kept.

use super::Problem;
use super::body::{json_bytes, parse};
use aws_lc_rs::digest::{Context, SHA256};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::idempotency::{Answer, Key, Ticket};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// A JSON body that came with an `Idempotency-Key`.
pub struct Keyed<T> {
    pub ticket: Ticket,
    pub wish: T,
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Keyed<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let missing = || {
            let detail = "send an Idempotency-Key, so that a repetition has no second effect";
            Problem::new(StatusCode::BAD_REQUEST, "idempotency_key_required", detail)
        };
        let key = key(request.headers())?.ok_or_else(missing)?;
        let route = request.uri().path().to_owned();
        let bytes = json_bytes(request, state).await?;
        Ok(Self { ticket: ticket(key, route, parse(&bytes)?), wish: parse(&bytes)? })
    }
}

/// A JSON body that may have come with an `Idempotency-Key`.
pub struct MaybeKeyed<T> {
    pub ticket: Option<Ticket>,
    pub wish: T,
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for MaybeKeyed<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let key = key(request.headers())?;
        let route = request.uri().path().to_owned();
        let bytes = json_bytes(request, state).await?;
        let wish = parse(&bytes)?;
        let ticket = match key {
            Some(key) => Some(ticket(key, route, parse(&bytes)?)),
            None => None,
        };
        Ok(Self { ticket, wish })
    }
}

/// A request without a body that may have come with an `Idempotency-Key`.
pub struct MaybeKey(pub Option<Ticket>);

impl<S: Send + Sync> FromRequestParts<S> for MaybeKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let key = key(&parts.headers)?;
        Ok(Self(key.map(|key| ticket(key, parts.uri.path().to_owned(), Value::Null))))
    }
}

fn key(headers: &HeaderMap) -> Result<Option<Key>, Problem> {
    let key = headers.get(KEY).map(|key| Key::parse(key.to_str().unwrap_or_default()));
    key.transpose().map_err(|no| Problem::refused(&no))
}

fn ticket(key: Key, route: String, body: Value) -> Ticket {
    let fingerprint = fingerprint(&route, body);
    Ticket { key, method: "POST", route, fingerprint }
}

/// The same for bodies that say the same, whatever the order of their fields and the space between.
fn fingerprint(route: &str, mut body: Value) -> [u8; 32] {
    body.sort_all_objects();
    let mut hash = Context::new(&SHA256);
    for part in ["POST", route, &body.to_string()] {
        hash.update(part.as_bytes());
        hash.update(b"\n");
    }
    hash.finish().as_ref().try_into().expect("SHA-256 has 32 bytes")
}

/// An answer that is kept, and says so when it is repeated.
pub struct Reply {
    answer: Answer,
    location: Option<HeaderValue>,
}

/// What every created thing shows of itself.
#[derive(Deserialize)]
struct Created {
    id: String,
}

impl Reply {
    /// The answer in the form in which it is kept.
    pub fn answer(status: StatusCode, view: &impl Serialize) -> Answer {
        let body = serde_json::to_vec(view).expect("a view is plain data");
        Answer { status: status.as_u16(), body, replayed: false }
    }

    /// The answer with the address of what was created below `collection`, also when it is repeated.
    pub fn created(answer: Answer, collection: &str) -> Self {
        let created = serde_json::from_slice::<Created>(&answer.body).ok();
        let location = created.map(|Created { id }| format!("{collection}/{id}"));
        let location = location.and_then(|location| HeaderValue::try_from(location).ok());
        Self { answer, location }
    }

    /// The answer with the address where what was made can be seen, if it has none of its own.
    pub fn seen_at(answer: Answer, place: String) -> Self {
        Self { answer, location: HeaderValue::try_from(place).ok() }
    }
}

impl From<Answer> for Reply {
    fn from(answer: Answer) -> Self {
        Self { answer, location: None }
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let Answer { status, body, replayed } = self.answer;
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
