//! Requests that depend on what the caller knows already (RFC 9110, section 13).

use super::Problem;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, IntoResponseParts, Response, ResponseParts};
use std::convert::Infallible;
use std::fmt;

/// The entity tag of something with a version: `"v3"`, or `"v3-8"` if its view shows more than the version covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag(String);

impl Tag {
    pub fn version(version: i64) -> Self {
        Self(format!("\"v{version}\""))
    }

    /// Adds what may change in the view while the version stays, such as a count of stock. [`IfMatch`] does not look at it.
    #[must_use]
    pub fn and(&self, shown: impl fmt::Display) -> Self {
        Self(format!("\"{}-{shown}\"", self.0.trim_matches('"')))
    }
}

/// As the `ETag` header of an answer.
impl IntoResponseParts for Tag {
    type Error = Infallible;

    fn into_response_parts(self, mut response: ResponseParts) -> Result<ResponseParts, Infallible> {
        if let Ok(tag) = HeaderValue::from_str(&self.0) {
            response.headers_mut().insert(header::ETAG, tag);
        }
        Ok(response)
    }
}

/// The version that the caller wants to change; `None` if any will do. A tag that is not ours is out of date: 412.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IfMatch(pub Option<i64>);

impl IfMatch {
    fn read(headers: &HeaderMap) -> Result<Self, Problem> {
        let Some(tag) = only(headers, &header::IF_MATCH)? else { return Ok(Self(None)) };
        if tag == "*" {
            return Ok(Self(None));
        }
        let stale = || {
            let detail = "this is not the entity tag of what is there now";
            Problem::new(StatusCode::PRECONDITION_FAILED, "stale", detail)
        };
        version(tag).map(|version| Self(Some(version))).ok_or_else(stale)
    }
}

/// The same where a change must not be blind: who does not say what they saw gets 428. `*` says that any will do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MustMatch(pub Option<i64>);

impl MustMatch {
    fn read(headers: &HeaderMap) -> Result<Self, Problem> {
        if !headers.contains_key(header::IF_MATCH) {
            let detail = "send the ETag of what you saw as If-Match";
            let status = StatusCode::PRECONDITION_REQUIRED;
            return Err(Problem::new(status, "precondition_required", detail));
        }
        IfMatch::read(headers).map(|IfMatch(version)| Self(version))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for MustMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Self::read(&parts.headers)
    }
}

/// The version that a tag of ours tells of.
fn version(tag: &str) -> Option<i64> {
    let text = tag.strip_prefix("\"v")?.strip_suffix('"')?;
    text.split('-').next()?.parse().ok()
}

fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, Problem> {
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

/// The tags of the views that the caller holds already.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IfNoneMatch(Vec<String>);

impl IfNoneMatch {
    fn read(headers: &HeaderMap) -> Self {
        let values = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|v| v.to_str().ok());
        let tags = values.flat_map(|value| value.split(',')).map(|tag| tag.trim().to_owned());
        Self(tags.collect())
    }

    /// The body under its tag, or 304 if the caller holds it already.
    pub fn answer(&self, tag: Tag, body: impl IntoResponse) -> Response {
        if self.holds(&tag) {
            (StatusCode::NOT_MODIFIED, tag, ()).into_response()
        } else {
            (tag, body).into_response()
        }
    }

    /// The weak comparison: a proxy that compresses weakens the tag.
    fn holds(&self, tag: &Tag) -> bool {
        self.0.iter().any(|held| held == "*" || held.strip_prefix("W/").unwrap_or(held) == tag.0)
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
        let missing = MustMatch::read(&HeaderMap::new()).unwrap_err().into_response().status();
        let any = HeaderMap::from_iter([(header::IF_MATCH, "*".parse().unwrap())]);
        let third = HeaderMap::from_iter([(header::IF_MATCH, "\"v3-8\"".parse().unwrap())]);

        assert_eq!(missing, StatusCode::PRECONDITION_REQUIRED);
        assert_eq!(MustMatch::read(&any).ok(), Some(MustMatch(None)));
        assert_eq!(MustMatch::read(&third).ok(), Some(MustMatch(Some(3))));
    }

    #[test]
    fn a_view_that_the_caller_holds_is_not_sent_again() {
        let held = |value: &str, tag| {
            let headers = HeaderMap::from_iter([(header::IF_NONE_MATCH, value.parse().unwrap())]);
            IfNoneMatch::read(&headers).holds(&tag)
        };
        assert!(held("\"v3\"", Tag::version(3)));
        assert!(held("\"v1\", W/\"v3-8\"", Tag::version(3).and(8)));
        assert!(held("*", Tag::version(3)));
        assert!(!held("\"v3\"", Tag::version(3).and(8)));
        assert!(!held("\"v3\"", Tag::version(30)));
        assert!(!IfNoneMatch::default().holds(&Tag::version(3)));
    }
}
