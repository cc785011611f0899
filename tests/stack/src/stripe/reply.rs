//! Answers that tests put in place of a call's own.

use super::ApiError;

/// An answer of Stripe, or of the servers before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reply {
    status: u16,
    content: Content,
    /// The header `Stripe-Should-Retry`.
    pub(super) should_retry: Option<bool>,
    /// Whether the answer is kept under the idempotency key.
    pub(super) is_stored: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Content {
    Error {
        kind: &'static str,
        code: Option<&'static str>,
        param: Option<&'static str>,
        message: &'static str,
    },
    Html(&'static str),
    Empty,
}

impl Reply {
    /// Another request with this key is in progress.
    pub const KEY_IN_USE: Self = Self::error(
        409,
        "idempotency_error",
        Some("idempotency_key_in_use"),
        "There is currently another in-progress request using this Idempotent Key.",
    )
    .should_retry(true);

    /// Another request holds the lock of the object.
    pub const LOCK_TIMEOUT: Self = Self::error(
        429,
        "invalid_request_error",
        Some("lock_timeout"),
        "This object cannot be accessed right now because another API request is currently accessing it.",
    )
    .should_retry(true);

    /// The key lacks a permission.
    pub const FORBIDDEN: Self = Self::error(
        403,
        "invalid_request_error",
        None,
        "The provided key does not have the required permissions for this endpoint.",
    );

    /// The object does not exist, or belongs to another account.
    pub const RESOURCE_MISSING: Self = Self::error(
        404,
        "invalid_request_error",
        Some("resource_missing"),
        "No such payment_intent: it does not exist for this key.",
    )
    .param("intent");

    /// The balance is too small for a refund. This error has no code.
    pub const INSUFFICIENT_BALANCE: Self = Self::error(
        400,
        "invalid_request_error",
        None,
        "Insufficient funds in your Stripe balance to refund this amount.",
    );

    /// The key was used with other parameters.
    pub const IDEMPOTENCY_ERROR: Self = Self::error(
        400,
        "idempotency_error",
        None,
        "Keys for idempotent requests can only be used with the same parameters they were first used with.",
    );

    pub const CHARGE_ALREADY_REFUNDED: Self = Self::error(
        400,
        "invalid_request_error",
        Some("charge_already_refunded"),
        "This charge has already been refunded.",
    );

    pub const CHARGE_DISPUTED: Self = Self::error(
        400,
        "invalid_request_error",
        Some("charge_disputed"),
        "This charge has been charged back; cannot issue a refund.",
    );

    /// The amount is below the least that Stripe charges.
    pub const AMOUNT_TOO_SMALL: Self = Self::error(
        400,
        "invalid_request_error",
        Some("amount_too_small"),
        "The amount is below the minimum charge of its currency.",
    )
    .param("amount");

    /// An error that a repetition with the same key gets again.
    pub const STORED_500_NO_RETRY: Self =
        Self::error(500, "api_error", None, "An unknown error occurred.")
            .should_retry(false)
            .stored();

    /// A page of the servers before the API.
    pub const HTML_503: Self = Self::page(
        503,
        Content::Html("<html><body><h1>503 Service Temporarily Unavailable</h1></body></html>"),
    );

    /// An answer without a body.
    pub const EMPTY_502: Self = Self::page(502, Content::Empty);

    const fn error(
        status: u16,
        kind: &'static str,
        code: Option<&'static str>,
        message: &'static str,
    ) -> Self {
        Self::page(status, Content::Error { kind, code, param: None, message })
    }

    const fn page(status: u16, content: Content) -> Self {
        Self { status, content, should_retry: None, is_stored: false }
    }

    const fn param(mut self, name: &'static str) -> Self {
        if let Content::Error { kind, code, message, .. } = self.content {
            self.content = Content::Error { kind, code, param: Some(name), message };
        }
        self
    }

    const fn should_retry(self, should_retry: bool) -> Self {
        Self { should_retry: Some(should_retry), ..self }
    }

    const fn stored(self) -> Self {
        Self { is_stored: true, ..self }
    }

    pub(super) fn status(self) -> u16 {
        self.status
    }

    /// The error; none if the answer is not from the API.
    pub(super) fn api_error(self) -> Option<ApiError> {
        let Content::Error { kind, code, param, message } = self.content else { return None };
        let mut error = ApiError::new(self.status, kind, message);
        error.code = code;
        Some(match param {
            Some(name) => error.param(name),
            None => error,
        })
    }

    /// The text of an answer that is not from the API.
    pub(super) fn page_text(self) -> Option<&'static str> {
        match self.content {
            Content::Error { .. } => None,
            Content::Html(text) => Some(text),
            Content::Empty => Some(""),
        }
    }
}
