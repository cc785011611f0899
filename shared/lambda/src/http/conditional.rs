//! Conditional requests: `ETag`, `If-Match` and `If-None-Match` (RFC 9110, section 13).

use super::problem::Problem;
use aws_lc_rs::digest::{SHA256, digest};
use axum::body::Body;
use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponseParts, Response, ResponseParts};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::Serialize;
use std::convert::Infallible;
use std::fmt;

/// The entity tag of a versioned resource: `"v3"`, or `"v3-8"` if its view also shows what the version does not cover.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ETag(String);

impl ETag {
    /// `"v3"` for version 3.
    pub fn version(version: i64) -> Self {
        Self(format!("\"v{version}\""))
    }

    /// Of what has no version: a digest of its bytes.
    pub(super) fn of_bytes(bytes: &[u8]) -> Self {
        let digest = digest(&SHA256, bytes);
        Self(format!("\"{}\"", BASE64_URL_SAFE_NO_PAD.encode(&digest.as_ref()[..16])))
    }

    /// Adds a digest of the view, for one that shows what changes by itself, such as prices. [`IfMatch`] ignores it.
    #[must_use]
    pub fn and_content(&self, view: &impl Serialize) -> Self {
        let json = serde_json::to_vec(view).expect("a view is plain data");
        let Self(digest) = Self::of_bytes(&json);
        self.and(digest.trim_matches('"'))
    }

    /// Adds a part of the view that may change while the version stays, such as the stock. [`IfMatch`] ignores it.
    #[must_use]
    pub fn and(&self, part: impl fmt::Display) -> Self {
        Self(format!("\"{}-{part}\"", self.0.trim_matches('"')))
    }
}

/// As the `ETag` header of a response.
impl IntoResponseParts for ETag {
    type Error = Infallible;

    fn into_response_parts(self, mut response: ResponseParts) -> Result<ResponseParts, Infallible> {
        if let Ok(tag) = HeaderValue::from_str(&self.0) {
            response.headers_mut().insert(header::ETAG, tag);
        }
        Ok(response)
    }
}

/// The versions of which the caller expects one; `None` without the header or with `*`: any version. Where no tag is one of
/// ours, the answer is 412.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IfMatch(pub Option<Vec<i64>>);

impl IfMatch {
    fn read(headers: &HeaderMap) -> Result<Self, Problem> {
        if !headers.contains_key(header::IF_MATCH) {
            return Ok(Self(None));
        }
        let tags = tags(headers, &header::IF_MATCH).ok_or_else(|| {
            let detail = "send entity tags in If-Match";
            Problem::new(StatusCode::BAD_REQUEST, "bad_if_match", detail)
        })?;
        if tags == ["*"] {
            return Ok(Self(None));
        }
        let versions: Vec<_> = tags.into_iter().filter_map(version).collect();
        if versions.is_empty() {
            let detail = "this is not the entity tag of the current version";
            return Err(Problem::new(StatusCode::PRECONDITION_FAILED, "stale", detail));
        }
        Ok(Self(Some(versions)))
    }
}

/// Like [`IfMatch`], for changes that must name the expected version: without the header the answer is 428.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequiredIfMatch(pub Option<Vec<i64>>);

impl RequiredIfMatch {
    fn read(headers: &HeaderMap) -> Result<Self, Problem> {
        if !headers.contains_key(header::IF_MATCH) {
            let detail = "send the ETag of the version that you read as If-Match";
            let status = StatusCode::PRECONDITION_REQUIRED;
            return Err(Problem::new(status, "precondition_required", detail));
        }
        IfMatch::read(headers).map(|IfMatch(versions)| Self(versions))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for RequiredIfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Self::read(&parts.headers)
    }
}

/// The version in one of our tags.
fn version(tag: &str) -> Option<i64> {
    let text = tag.strip_prefix("\"v")?.strip_suffix('"')?;
    text.split('-').next()?.parse().ok()
}

/// The entity tags in a header, which may be sent several times. Ours have no comma. `None` if it is not ASCII.
fn tags<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<Vec<&'a str>> {
    let values: Result<Vec<_>, _> = headers.get_all(name).iter().map(HeaderValue::to_str).collect();
    Some(values.ok()?.into_iter().flat_map(|value| value.split(',')).map(str::trim).collect())
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Self::read(&parts.headers)
    }
}

/// The entity tags of the representations that the caller of a `GET` or `HEAD` has cached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct IfNoneMatch(Vec<String>);

impl IfNoneMatch {
    pub(super) fn of(request: &Request) -> Self {
        if matches!(*request.method(), Method::GET | Method::HEAD) {
            Self::read(request.headers())
        } else {
            Self::default()
        }
    }

    fn read(headers: &HeaderMap) -> Self {
        let tags = tags(headers, &header::IF_NONE_MATCH).unwrap_or_default();
        Self(tags.into_iter().map(str::to_owned).collect())
    }

    /// The response, or 304 in place of a body that the caller has already.
    pub(super) fn shorten(&self, response: Response) -> Response {
        let tag = response.headers().get(header::ETAG).and_then(|tag| tag.to_str().ok());
        if response.status() != StatusCode::OK || !tag.is_some_and(|tag| self.matches(tag)) {
            return response;
        }
        let (mut parts, _) = response.into_parts();
        parts.status = StatusCode::NOT_MODIFIED;
        parts.headers.remove(header::CONTENT_TYPE);
        parts.headers.remove(header::CONTENT_LENGTH);
        Response::from_parts(parts, Body::empty())
    }

    /// Weak comparison, because a proxy that compresses the body makes the tag weak.
    fn matches(&self, tag: &str) -> bool {
        self.0.iter().any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::response::IntoResponse as _;

    fn if_match(value: &[u8]) -> Result<Option<Vec<i64>>, StatusCode> {
        let value = HeaderValue::from_bytes(value).unwrap();
        IfMatch::read(&HeaderMap::from_iter([(header::IF_MATCH, value)]))
            .map(|IfMatch(versions)| versions)
            .map_err(|problem| problem.into_response().status())
    }

    #[test]
    fn a_tag_of_ours_names_the_version_to_change() {
        assert_eq!(if_match(b"\"v3\""), Ok(Some(vec![3])));
        assert_eq!(if_match(b"\"v3-8\""), Ok(Some(vec![3])));
        assert_eq!(if_match(b"\"v3\", \"x\",\"v4-1\""), Ok(Some(vec![3, 4])));
        assert_eq!(if_match(b"*"), Ok(None));
        assert_eq!(IfMatch::read(&HeaderMap::new()).ok(), Some(IfMatch(None)));
    }

    #[test]
    fn a_tag_that_is_not_ours_is_out_of_date() {
        for strange in ["\"abc\"", "W/\"v3\"", "v3", "\"v\"", "", "\"a\", W/\"v3\"", "*, \"a\""] {
            let answer = if_match(strange.as_bytes());
            assert_eq!(answer, Err(StatusCode::PRECONDITION_FAILED), "{strange}");
        }
        assert_eq!(if_match(b"\"v3\xfc\""), Err(StatusCode::BAD_REQUEST));
    }

    #[test]
    fn a_change_that_must_not_be_blind_needs_a_tag() {
        let missing =
            RequiredIfMatch::read(&HeaderMap::new()).unwrap_err().into_response().status();
        let any = HeaderMap::from_iter([(header::IF_MATCH, "*".parse().unwrap())]);
        let third = HeaderMap::from_iter([(header::IF_MATCH, "\"v3-8\"".parse().unwrap())]);

        assert_eq!(missing, StatusCode::PRECONDITION_REQUIRED);
        assert_eq!(RequiredIfMatch::read(&any).ok(), Some(RequiredIfMatch(None)));
        assert_eq!(RequiredIfMatch::read(&third).ok(), Some(RequiredIfMatch(Some(vec![3]))));
    }

    #[test]
    fn a_view_that_the_caller_holds_is_not_sent_again() {
        let matches = |value: &str, tag| {
            let headers = HeaderMap::from_iter([(header::IF_NONE_MATCH, value.parse().unwrap())]);
            let ETag(tag) = tag;
            IfNoneMatch::read(&headers).matches(&tag)
        };
        assert!(matches("\"v3\"", ETag::version(3)));
        assert!(matches("\"v1\", W/\"v3-8\"", ETag::version(3).and(8)));
        assert!(matches("*", ETag::version(3)));
        assert!(!matches("\"v3\"", ETag::version(3).and(8)));
        assert!(!matches("\"v3\"", ETag::version(30)));
        assert!(!IfNoneMatch::default().matches("\"v3\""));
    }
}
