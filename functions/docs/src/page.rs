//! How pages and their parts are answered.

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY};
use axum::response::{IntoResponse, Response};

/// Scripts and styles from here only, none of them inline. Swagger UI has its icons in `data:` addresses,
/// shows images that an answer holds from `blob:` ones, and calls this very shop.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; \
                      connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
/// None of it changes but with a deploy.
const AN_HOUR: &str = "public, max-age=3600";

pub(crate) fn html(text: impl Into<Body>) -> Response {
    file("text/html; charset=utf-8", text)
}

/// Anything that a browser shows or that a page needs.
pub(crate) fn file(kind: &str, bytes: impl Into<Body>) -> Response {
    let headers = [
        (CONTENT_TYPE, kind),
        (CACHE_CONTROL, AN_HOUR),
        (CONTENT_SECURITY_POLICY, POLICY),
        (REFERRER_POLICY, "no-referrer"),
    ];
    (headers, bytes.into()).into_response()
}
