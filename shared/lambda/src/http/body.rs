//! Extractors for bodies, paths and query strings, whose rejections are [`Problem`]s.
#![expect(clippy::disallowed_types, reason = "our own types wrap those of axum")]

use super::json::BySchema;
use super::problem::Problem;
use axum::Json as AxumJson;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, Path as AxumPath, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::error::Category;
use serde_path_to_error::Segment;

/// A JSON body of a request or a response.
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let bytes = json_bytes(request, state).await?;
        parse(&bytes).map(Self)
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        AxumJson(self.0).into_response()
    }
}

/// The bytes of a body of any content type.
pub struct RawBody(pub Bytes);

impl<S: Send + Sync> FromRequest<S> for RawBody {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let bytes = Bytes::from_request(request, state).await;
        bytes.map(Self).map_err(|rejection| rejected(&rejection))
    }
}

/// The bytes of a body whose content type is JSON; 415 for all others.
pub(super) async fn json_bytes<S: Send + Sync>(
    request: Request,
    state: &S,
) -> Result<Bytes, Problem> {
    if !has_json_content_type(request.headers()) {
        let detail = "send the body as application/json";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_json", detail));
    }
    RawBody::from_request(request, state).await.map(|RawBody(bytes)| bytes)
}

fn rejected(rejection: &BytesRejection) -> Problem {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "the body is too large")
    } else {
        Problem::new(StatusCode::BAD_REQUEST, "bad_body", "the body could not be read")
    }
}

fn has_json_content_type(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = value.and_then(|value| value.split(';').next()).unwrap_or_default().trim();
    media_type.eq_ignore_ascii_case("application/json")
        || media_type.eq_ignore_ascii_case("application/merge-patch+json")
}

/// The parsed body. The error says where parsing failed.
pub(super) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(BySchema(&mut json)).map_err(|error| {
        let pointer = pointer(error.path());
        unparsable(&pointer, error.inner())
    })?;
    json.end().map_err(|error| unparsable("", &error))?;
    Ok(value)
}

fn unparsable(pointer: &str, error: &serde_json::Error) -> Problem {
    let code = match error.classify() {
        Category::Data => "bad_body",
        Category::Io | Category::Syntax | Category::Eof => "malformed_json",
    };
    Problem::unreadable(code, pointer, error.to_string())
}

/// As a JSON pointer (RFC 6901).
fn pointer(path: &serde_path_to_error::Path) -> String {
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => pointer.extend(["/", &index.to_string()]),
            Segment::Map { key } => {
                pointer.extend(["/", &key.replace('~', "~0").replace('/', "~1")]);
            }
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    pointer
}

/// The parameters of the path. One of the wrong form is answered with 404, like an id that does not exist.
pub struct Path<T>(pub T);

impl<T, S> FromRequestParts<S> for Path<T>
where
    T: DeserializeOwned + Send,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = AxumPath::from_request_parts(parts, state).await;
        path.map(|AxumPath(value)| Self(value))
            .map_err(|_| Problem::new(StatusCode::NOT_FOUND, "not_found", "there is no such thing"))
    }
}

/// The parameters of the query string. A malformed or unknown one is answered with 400. What advertisers add to links is
/// ignored.
pub struct Query<T>(pub T);

impl<T, S> FromRequestParts<S> for Query<T>
where
    T: DeserializeOwned,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        axum::extract::Query::try_from_uri(&without_tracking(&parts.uri))
            .map(|query| Self(query.0))
            .map_err(|rejection| Problem::unreadable("bad_query", "", rejection.body_text()))
    }
}

/// Refuses all parameters of the query string.
pub struct NoQuery;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NoParameters {}

impl<S: Send + Sync> FromRequestParts<S> for NoQuery {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        Query::<NoParameters>::from_request_parts(parts, state).await.map(|_| Self)
    }
}

/// The path and query without the parameters `utm_…`, `fbclid` and `gclid`.
fn without_tracking(uri: &Uri) -> Uri {
    let is_ours = |pair: &&str| {
        let name = pair.split('=').next().unwrap_or_default();
        !name.starts_with("utm_") && !["fbclid", "gclid"].contains(&name)
    };
    let pairs = uri.query().unwrap_or_default().split('&');
    let query: Vec<_> = pairs.filter(is_ours).collect();
    format!("{}?{}", uri.path(), query.join("&")).parse().unwrap_or_else(|_| uri.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_advertisers_add_to_a_link_is_ignored() {
        let query = |uri: &str| without_tracking(&uri.parse().unwrap()).query().map(str::to_owned);
        let link = "/v1/products?utm_source=news&q=mug&fbclid=x&limit=2&gclid=y&utm_id=1";
        assert_eq!(query(link).as_deref(), Some("q=mug&limit=2"));
        assert_eq!(
            query("/v1/products?q=utm_source&gclide=1").as_deref(),
            Some("q=utm_source&gclide=1")
        );
        assert_eq!(query("/v1/products?gclid=1").as_deref(), Some(""));
    }
}
