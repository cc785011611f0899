//! Errors of Stripe's API: an HTTP status and a body `{"error": {…}}`.

use serde_json::{Map, Value, json};

/// An error response of Stripe's API.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct ApiError {
    /// The HTTP status.
    pub status: u16,
    /// Stripe's error code, such as `amount_too_large`.
    pub code: Option<&'static str>,
    /// Stripe's message for the developer.
    pub message: String,
    kind: &'static str,
    members: Vec<(&'static str, Value)>,
}

impl ApiError {
    pub(super) fn new(status: u16, kind: &'static str, message: impl Into<String>) -> Self {
        Self { status, code: None, message: message.into(), kind, members: Vec::new() }
    }

    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, "invalid_request_error", message)
    }

    pub(super) fn unauthorized(message: &str) -> Self {
        Self::new(401, "invalid_request_error", message)
    }

    pub(super) fn no_such(what: &str, id: &str) -> Self {
        let message = format!("No such {what}: '{id}'");
        Self::new(404, "invalid_request_error", message).code("resource_missing")
    }

    pub(super) fn no_such_url(method: &str, path: &str) -> Self {
        let message = format!("Unrecognized request URL ({method}: {path}).");
        Self::new(404, "invalid_request_error", message)
    }

    pub(super) fn missing_param(name: &str) -> Self {
        Self::invalid(format!("Missing required param: {name}."))
            .code("parameter_missing")
            .param(name)
    }

    pub(super) fn card(code: &'static str, message: &str) -> Self {
        Self::new(402, "card_error", message).code(code)
    }

    pub(super) fn other_params(key: &str) -> Self {
        Self::new(
            400,
            "idempotency_error",
            format!(
                "Keys for idempotent requests can only be used with the same parameters they were first used with. \
                 Try using a key other than '{key}' if you meant to execute a different request."
            ),
        )
    }

    pub(super) fn rate_limit() -> Self {
        Self::new(429, "invalid_request_error", "Request rate limit exceeded.").code("rate_limit")
    }

    pub(super) fn internal_error() -> Self {
        Self::new(500, "api_error", "An unknown error occurred.")
    }

    pub(super) fn code(mut self, code: &'static str) -> Self {
        self.code = Some(code);
        self
    }

    pub(super) fn param(self, name: &str) -> Self {
        self.with("param", name)
    }

    pub(super) fn with(mut self, key: &'static str, value: impl Into<Value>) -> Self {
        self.members.push((key, value.into()));
        self
    }

    /// Whether the parameters are invalid. Stripe does not store such responses under the idempotency key.
    pub(super) fn is_validation(&self) -> bool {
        match self.code {
            Some(code) => code.starts_with("parameter_"),
            None => self.members.iter().any(|(key, _)| *key == "param"),
        }
    }

    pub(super) fn body(&self) -> Value {
        let mut error = Map::new();
        if let Some(code) = self.code {
            let page = code.replace('_', "-");
            let page = format!("https://stripe.com/docs/error-codes/{page}");
            error.insert("code".to_owned(), code.into());
            error.insert("doc_url".to_owned(), page.into());
        }
        for (key, value) in &self.members {
            error.insert((*key).to_owned(), value.clone());
        }
        error.insert("message".to_owned(), self.message.as_str().into());
        error.insert("type".to_owned(), self.kind.into());
        json!({"error": error})
    }
}
