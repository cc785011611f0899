//! Responses with HTML pages, scripts, styles and other static files.

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY};
use axum::response::{IntoResponse, Response};

/// Scripts and styles from this origin only, none inline. Swagger UI loads its icons from `data:` URLs and images in
/// responses from `blob:` URLs, and calls the API of this origin.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; \
                      connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
/// The files change only with a deploy.
const ONE_HOUR: &str = "public, max-age=3600";

pub(crate) fn html(text: impl Into<Body>) -> Response {
    file("text/html; charset=utf-8", text)
}

/// A static file with its media type, cacheable for an hour.
pub(crate) fn file(content_type: &str, bytes: impl Into<Body>) -> Response {
    let headers = [
        (CONTENT_TYPE, content_type),
        (CACHE_CONTROL, ONE_HOUR),
        (CONTENT_SECURITY_POLICY, POLICY),
        (REFERRER_POLICY, "no-referrer"),
    ];
    (headers, bytes.into()).into_response()
}
