//! The two ways in which something does not happen: the shop refuses, or we fail.

mod database;
mod migration;

pub(crate) use database::Source;
pub use database::{DbError, DbErrorKind};
pub(crate) use migration::{MigrationFailure, MigrationRefusal};

use serde_json::{Map, Value, json};

/// Why the shop refuses. The same request gets the same refusal until something changes.
pub trait Refusal: std::error::Error + Send + Sync + 'static {
    fn kind(&self) -> Kind;

    /// A stable code for programs, such as `out_of_stock`. Part of the API: never renamed once published.
    fn code(&self) -> &'static str;

    /// What a program needs to react, by member name, such as `allowed` or `lines`.
    fn details(&self) -> Map<String, Value> {
        Map::new()
    }
}

/// What sort of refusal it is. `shared/lambda` maps each to an HTTP status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The request cannot be parsed.
    Malformed,
    /// The caller is not known, or the credentials are not valid.
    Unauthenticated,
    /// The caller may not do this.
    Forbidden,
    /// There is no such thing, or the caller may not know that there is.
    NotFound,
    /// The current state does not allow it.
    Conflict,
    /// The caller saw an older version of the thing.
    PreconditionFailed,
    /// The request can be parsed, but a value in it is not allowed.
    Invalid,
    /// Too many requests in too short a time.
    RateLimited,
}

/// Why a use case did not happen: a [`Refusal`], or a database that failed.
#[derive(Debug, thiserror::Error)]
pub enum Failure<R: Refusal> {
    #[error(transparent)]
    Refused(R),
    #[error(transparent)]
    Db(#[from] DbError),
}

impl<R: Refusal> From<R> for Failure<R> {
    fn from(refusal: R) -> Self {
        Self::Refused(refusal)
    }
}

/// A value that is not allowed, and where it stands in the request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{pointer}: {detail}")]
pub struct Invalid {
    /// A JSON pointer into the body, such as `/lines/0/quantity`, or a query parameter's name.
    pub pointer: String,
    pub code: &'static str,
    pub detail: String,
}

impl Invalid {
    pub fn new(pointer: impl Into<String>, code: &'static str, detail: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), code, detail: detail.into() }
    }
}

impl Refusal for Invalid {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }

    fn code(&self) -> &'static str {
        "invalid_value"
    }

    fn details(&self) -> Map<String, Value> {
        let error = json!({"pointer": self.pointer, "code": self.code, "detail": self.detail});
        Map::from_iter([("errors".to_owned(), json!([error]))])
    }
}

/// The refusal of use cases that the shop never refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("never")]
pub enum Never {}

impl Refusal for Never {
    fn kind(&self) -> Kind {
        match *self {}
    }

    fn code(&self) -> &'static str {
        match *self {}
    }
}

/// An error with all of its causes, on one line.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        line = format!("{line}: {error}");
        cause = error.source();
    }
    line
}
