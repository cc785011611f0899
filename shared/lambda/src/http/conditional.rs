//! Conditional requests: `ETag`, `If-Match` and `If-None-Match` (RFC 9110, section 13).

use super::problem::Problem;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, IntoResponseParts, Response, ResponseParts};
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

/// The version that the caller expects; `None` without the header or with `*`: any version. A tag that is not one of
/// ours is answered with 412.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IfMatch(pub Option<i64>);

impl IfMatch {
    fn read(headers: &HeaderMap) -> Result<Self, Problem> {
        let Some(tag) = single(headers, &header::IF_MATCH)? else { return Ok(Self(None)) };
        if tag == "*" {
            return Ok(Self(None));
        }
        let stale = || {
            let detail = "this is not the entity tag of the current version";
            Problem::new(StatusCode::PRECONDITION_FAILED, "stale", detail)
        };
        version(tag).map(|version| Self(Some(version))).ok_or_else(stale)
    }
}

/// Like [`IfMatch`], for changes that must name the expected version: without the header the answer is 428.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequiredIfMatch(pub Option<i64>);

impl RequiredIfMatch {
    fn read(headers: &HeaderMap) -> Result<Self, Problem> {
        if !headers.contains_key(header::IF_MATCH) {
            let detail = "send the ETag of the version that you read as If-Match";
            let status = StatusCode::PRECONDITION_REQUIRED;
            return Err(Problem::new(status, "precondition_required", detail));
        }
        IfMatch::read(headers).map(|IfMatch(version)| Self(version))
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

/// The value of a header that may be sent once, with one tag.
fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, Problem> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    match value.to_str() {
        Ok(tag) if values.next().is_none() && !tag.contains(',') => Ok(Some(tag.trim())),
        _ => {
            let detail = "send one entity tag in If-Match";
            Err(Problem::new(StatusCode::BAD_REQUEST, "bad_if_match", detail))
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Self::read(&parts.headers)
    }
}

/// The entity tags of the representations that the caller has cached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IfNoneMatch(Vec<String>);

impl IfNoneMatch {
    fn read(headers: &HeaderMap) -> Self {
        let values = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|v| v.to_str().ok());
        let tags = values.flat_map(|value| value.split(',')).map(|tag| tag.trim().to_owned());
        Self(tags.collect())
    }

    /// The body with its `ETag`, or 304 if the caller has it already.
    pub fn respond(&self, tag: ETag, body: impl IntoResponse) -> Response {
        if self.matches(&tag) {
            (StatusCode::NOT_MODIFIED, tag, ()).into_response()
        } else {
            (tag, body).into_response()
        }
    }

    /// Weak comparison, because a proxy that compresses the body makes the tag weak.
    fn matches(&self, tag: &ETag) -> bool {
        self.0.iter().any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag.0)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfNoneMatch {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::read(&parts.headers))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn if_match(value: &str) -> Result<Option<i64>, StatusCode> {
        let headers = HeaderMap::from_iter([(header::IF_MATCH, value.parse().unwrap())]);
        IfMatch::read(&headers)
            .map(|IfMatch(version)| version)
            .map_err(|problem| problem.into_response().status())
    }

    #[test]
    fn a_tag_of_ours_names_the_version_to_change() {
        assert_eq!(if_match("\"v3\""), Ok(Some(3)));
        assert_eq!(if_match("\"v3-8\""), Ok(Some(3)));
        assert_eq!(if_match("*"), Ok(None));
        assert_eq!(IfMatch::read(&HeaderMap::new()).ok(), Some(IfMatch(None)));
    }

    #[test]
    fn a_tag_that_is_not_ours_is_out_of_date() {
        for strange in ["\"abc\"", "W/\"v3\"", "v3", "\"v\"", ""] {
            assert_eq!(if_match(strange), Err(StatusCode::PRECONDITION_FAILED), "{strange}");
        }
        assert_eq!(if_match("\"v3\", \"v4\""), Err(StatusCode::BAD_REQUEST));
    }

    #[test]
    fn a_change_that_must_not_be_blind_needs_a_tag() {
        let missing =
            RequiredIfMatch::read(&HeaderMap::new()).unwrap_err().into_response().status();
        let any = HeaderMap::from_iter([(header::IF_MATCH, "*".parse().unwrap())]);
        let third = HeaderMap::from_iter([(header::IF_MATCH, "\"v3-8\"".parse().unwrap())]);

        assert_eq!(missing, StatusCode::PRECONDITION_REQUIRED);
        assert_eq!(RequiredIfMatch::read(&any).ok(), Some(RequiredIfMatch(None)));
        assert_eq!(RequiredIfMatch::read(&third).ok(), Some(RequiredIfMatch(Some(3))));
    }

    #[test]
    fn a_view_that_the_caller_holds_is_not_sent_again() {
        let matches = |value: &str, tag| {
            let headers = HeaderMap::from_iter([(header::IF_NONE_MATCH, value.parse().unwrap())]);
            IfNoneMatch::read(&headers).matches(&tag)
        };
        assert!(matches("\"v3\"", ETag::version(3)));
        assert!(matches("\"v1\", W/\"v3-8\"", ETag::version(3).and(8)));
        assert!(matches("*", ETag::version(3)));
        assert!(!matches("\"v3\"", ETag::version(3).and(8)));
        assert!(!matches("\"v3\"", ETag::version(30)));
        assert!(!IfNoneMatch::default().matches(&ETag::version(3)));
    }
}
