//! Error responses: problem details (RFC 9457).

use crate::secret::SecretExpired;
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::db::{DbError, DbErrorKind};
use domain::failure::{Failure, Invalid, Kind, Refusal, chain};
use domain::page::BadPage;
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::borrow::Cow;
use utoipa::ToSchema;

/// The body of every error response: `application/problem+json`.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Problem {
    /// Where this kind of problem is explained.
    #[serde(rename = "type")]
    #[schema(example = "/errors/out_of_stock")]
    kind: String,
    /// The reason phrase of the HTTP status.
    #[schema(example = "Conflict")]
    title: &'static str,
    #[schema(example = 409)]
    status: u16,
    /// For programs. Never changes for the same problem.
    #[schema(example = "out_of_stock")]
    code: &'static str,
    /// For people. May change.
    detail: Cow<'static, str>,
    /// Identifies the request in our logs. Include it when you contact us.
    #[schema(value_type = String)]
    request_id: Option<String>,
    /// Further members, which depend on the code: `errors`, `lines`, `allowed`, `retry_after` and others.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    details: Map<String, Value>,
    /// `Retry-After`, in seconds.
    #[serde(skip)]
    retry_after: Option<u32>,
    /// Whether to send `WWW-Authenticate`.
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

    pub fn no_such_route() -> Self {
        Self::new(StatusCode::NOT_FOUND, "no_such_route", "there is nothing at this address")
    }

    pub fn no_such_method() -> Self {
        let detail = "this address does not take this method";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "no_such_method", detail)
    }

    /// 500: a bug. The response tells no details.
    pub(super) fn our_fault() -> Self {
        let detail = "something went wrong on our side";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "our_fault", detail)
    }

    /// 401, with a `WWW-Authenticate` header.
    pub(super) fn sign_in(detail: &'static str) -> Self {
        Self { challenge: true, ..Self::new(StatusCode::UNAUTHORIZED, "sign_in", detail) }
    }

    /// 400: the request cannot be parsed. `pointer` says where, as a JSON pointer.
    pub(super) fn unreadable(code: &'static str, pointer: &str, detail: String) -> Self {
        let errors = json!([{"pointer": pointer, "code": code, "detail": detail}]);
        let details = Map::from_iter([("errors".to_owned(), errors)]);
        Self { details, ..Self::new(StatusCode::BAD_REQUEST, code, detail) }
    }

    /// The response for a refusal of the domain.
    pub fn refused(refusal: &impl Refusal) -> Self {
        let status = match refusal.kind() {
            Kind::Malformed => StatusCode::BAD_REQUEST,
            Kind::Unauthenticated => StatusCode::UNAUTHORIZED,
            Kind::Forbidden => StatusCode::FORBIDDEN,
            Kind::NotFound => StatusCode::NOT_FOUND,
            Kind::Conflict => StatusCode::CONFLICT,
            Kind::PreconditionFailed => StatusCode::PRECONDITION_FAILED,
            Kind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
            Kind::RateLimited => StatusCode::TOO_MANY_REQUESTS,
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

    /// 502: an external service failed. Logs `error`; the response has only `detail`.
    pub fn upstream(error: &(dyn std::error::Error + 'static), detail: &'static str) -> Self {
        tracing::error!(error = chain(error), "upstream failed");
        Self {
            retry_after: Some(2),
            ..Self::new(StatusCode::BAD_GATEWAY, "upstream_failed", detail)
        }
    }

    /// 503: a setting or a secret is wrong, which an operator has to change. Logs `error`; the response tells no details.
    pub fn misconfigured(error: &(dyn std::error::Error + 'static)) -> Self {
        tracing::error!(error = chain(error), "misconfigured");
        Self::unavailable()
    }

    /// 503: the database or a secret is not available. The response tells no details.
    fn unavailable() -> Self {
        let detail = "the service is not available right now; try again";
        Self {
            retry_after: Some(2),
            ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail)
        }
    }

    /// With another member beside those of its code.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: &impl Serialize) -> Self {
        let value = serde_json::to_value(value).expect("a view is plain data");
        self.details.insert(name.to_owned(), value);
        self
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

impl From<BadPage> for Problem {
    fn from(bad: BadPage) -> Self {
        Self::refused(&bad)
    }
}

/// The error itself is logged and not part of the response.
impl From<DbError> for Problem {
    fn from(error: DbError) -> Self {
        tracing::error!(error = chain(&error), "database failed");
        match error.kind() {
            DbErrorKind::Contention => {
                let detail = "another request changes the same data; try again";
                Self { retry_after: Some(1), ..Self::new(StatusCode::CONFLICT, "busy", detail) }
            }
            DbErrorKind::Unavailable => Self::unavailable(),
            DbErrorKind::Bug => Self::our_fault(),
        }
    }
}

impl From<SecretExpired> for Problem {
    fn from(error: SecretExpired) -> Self {
        tracing::error!(error = chain(&error), "a secret has expired");
        Self::unavailable()
    }
}

/// Has no body yet: the outermost layer, which knows the request id, renders the problem from the extension.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}
