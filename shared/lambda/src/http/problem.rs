//! Answers that are no success (RFC 9457).

use crate::config::SecretExpired;
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::db::{DbError, Trouble};
use domain::failure::{Failure, Invalid, Kind, Refusal, chain};
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::borrow::Cow;
use utoipa::ToSchema;

/// The body of every answer that is not a success: `application/problem+json`.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Problem {
    /// Where the kind of problem is explained.
    #[serde(rename = "type")]
    #[schema(example = "/errors/out_of_stock")]
    kind: String,
    /// The HTTP status, in words.
    #[schema(example = "Conflict")]
    title: &'static str,
    #[schema(example = 409)]
    status: u16,
    /// A stable word for programs.
    #[schema(example = "out_of_stock")]
    code: &'static str,
    /// A sentence for people.
    detail: Cow<'static, str>,
    /// Tell us this when you ask us about the request.
    #[schema(value_type = String)]
    request_id: Option<String>,
    /// More for programs, by kind of problem: `errors`, `lines`, `allowed`, `retry_after`.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    details: Map<String, Value>,
    /// Seconds until another try makes sense.
    #[serde(skip)]
    retry_after: Option<u32>,
    #[serde(skip)]
    challenge: bool,
}

impl Problem {
    pub fn new(
        status: StatusCode,
        code: &'static str,
        detail: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            kind: format!("/errors/{code}"),
            title: status.canonical_reason().unwrap_or_default(),
            status: status.as_u16(),
            code,
            detail: detail.into(),
            request_id: None,
            details: Map::new(),
            retry_after: None,
            challenge: false,
        }
    }

    pub(super) fn no_such_route() -> Self {
        Self::new(StatusCode::NOT_FOUND, "no_such_route", "there is nothing at this address")
    }

    pub(super) fn no_such_method() -> Self {
        let detail = "this address does not take this method";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "no_such_method", detail)
    }

    /// A mistake of ours; the caller learns no more than that.
    pub(super) fn our_fault() -> Self {
        let detail = "something went wrong on our side";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "our_fault", detail)
    }

    /// The caller must show who they are.
    pub(super) fn sign_in(detail: &'static str) -> Self {
        Self { challenge: true, ..Self::new(StatusCode::UNAUTHORIZED, "sign_in", detail) }
    }

    /// The request cannot be read; `errors` says where.
    pub(super) fn unreadable(code: &'static str, pointer: &str, detail: String) -> Self {
        let errors = json!([{"pointer": pointer, "code": code, "detail": detail}]);
        let details = Map::from_iter([("errors".to_owned(), errors)]);
        Self { details, ..Self::new(StatusCode::BAD_REQUEST, code, detail) }
    }

    /// The shop said no.
    pub fn refused(refusal: &impl Refusal) -> Self {
        let status = match refusal.kind() {
            Kind::Malformed => StatusCode::BAD_REQUEST,
            Kind::Unproven => StatusCode::UNAUTHORIZED,
            Kind::Forbidden => StatusCode::FORBIDDEN,
            Kind::Missing => StatusCode::NOT_FOUND,
            Kind::Conflict => StatusCode::CONFLICT,
            Kind::Stale => StatusCode::PRECONDITION_FAILED,
            Kind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
            Kind::Throttled => StatusCode::TOO_MANY_REQUESTS,
        };
        let details = refusal.details();
        let retry_after = details.get("retry_after").and_then(Value::as_u64);
        Self {
            retry_after: retry_after.and_then(|seconds| seconds.try_into().ok()),
            challenge: status == StatusCode::UNAUTHORIZED,
            details,
            ..Self::new(status, refusal.code(), refusal.to_string())
        }
    }

    /// Somebody that we depend on let us down; the caller may try again.
    pub fn upstream(error: &(dyn std::error::Error + 'static), detail: &'static str) -> Self {
        tracing::error!(error = chain(error), "upstream failed");
        Self {
            retry_after: Some(2),
            ..Self::new(StatusCode::BAD_GATEWAY, "upstream_failed", detail)
        }
    }

    /// Somebody that we depend on is away; the caller learns no more than that.
    fn unavailable() -> Self {
        let detail = "we are not reachable right now";
        Self {
            retry_after: Some(2),
            ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail)
        }
    }

    pub(super) fn with_request_id(mut self, id: &str) -> Response {
        self.request_id = Some(id.to_owned());
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).expect("a problem is plain data");
        let mut response = (status, Body::from(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        if self.challenge {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl<R: Refusal> From<Failure<R>> for Problem {
    fn from(failure: Failure<R>) -> Self {
        match failure {
            Failure::Refused(refusal) => Self::refused(&refusal),
            Failure::Db(error) => error.into(),
        }
    }
}

impl From<Invalid> for Problem {
    fn from(invalid: Invalid) -> Self {
        Self::refused(&invalid)
    }
}

impl From<domain::page::BadPage> for Problem {
    fn from(bad: domain::page::BadPage) -> Self {
        Self::refused(&bad)
    }
}

/// The caller learns that we failed, never how.
impl From<DbError> for Problem {
    fn from(error: DbError) -> Self {
        tracing::error!(error = chain(&error), "database failed");
        match error.trouble() {
            Trouble::Busy => {
                let detail = "others are at it; try again";
                Self { retry_after: Some(1), ..Self::new(StatusCode::CONFLICT, "busy", detail) }
            }
            Trouble::Away => Self::unavailable(),
            Trouble::Bug => Self::our_fault(),
        }
    }
}

impl From<SecretExpired> for Problem {
    fn from(error: SecretExpired) -> Self {
        tracing::error!(error = chain(&error), "a secret is missing");
        Self::unavailable()
    }
}

/// Leaves the body to the outermost layer, which knows the request id.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}
