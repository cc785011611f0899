//! What a response tells beside its result. Pure.

use serde::Serialize;
use utoipa::ToSchema;

/// Something that the reader should look at, though the request was accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Notice {
    /// For programs, such as `doubtful_postal_code`. More may be added.
    pub code: &'static str,
    pub severity: Severity,
    /// What it is about: a JSON pointer into the response.
    #[schema(example = "/shipping_address/postal_code")]
    pub pointer: String,
    /// For people, in English.
    pub detail: String,
}

/// How much a notice matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// It may be wrong, and is kept as it is.
    Warning,
}

impl Notice {
    pub fn warning(
        pointer: impl Into<String>,
        code: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        Self { code, severity: Severity::Warning, pointer: pointer.into(), detail: detail.into() }
    }
}
