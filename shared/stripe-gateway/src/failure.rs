//! Why a call to Stripe failed, and what that means for the caller.

mod codes;

pub use codes::ERROR_CODES;

use stripe::StripeError;
use stripe_shared::{ApiErrors, ApiErrorsType};

#[derive(Debug, thiserror::Error)]
pub enum StripeFailure {
    /// Stripe answered with an error.
    #[error("Stripe refuses ({status} {code}): {message}")]
    Refused { kind: RefusalKind, status: u16, code: String, message: String },
    /// It is unknown whether the request was processed: repeat it with the same idempotency key.
    #[error("Stripe did not answer: {0}")]
    Unavailable(String),
    /// Stripe answered with an internal error, which it stores under the idempotency key: only a new key helps.
    #[error("Stripe failed: {0}")]
    ServerError(String),
    /// The response lacks or contradicts something that we rely on.
    #[error("invalid response of Stripe: {0}")]
    InvalidResponse(String),
    /// The secret key, the URL or the mode is wrong.
    #[error("{0}")]
    Configuration(String),
}

/// What can be done about a refusal. From <https://docs.stripe.com/error-codes> and
/// <https://docs.stripe.com/error-low-level>, API version 2026-09-30.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalKind {
    /// The same request will always be refused.
    Final,
    /// Refused because of an amount or currency: the catalogue or the client can change it.
    Client,
    /// The object does not exist, or belongs to another account or mode.
    Missing,
    /// Not executed. It may succeed later.
    Retry,
    /// It may have been executed under the same idempotency key.
    Doubtful,
    /// The API key, its rights or the account have to be changed by an operator.
    Configuration,
}

/// Codes after which a refund can never be made. Others may be a matter of time, of our key or of a lost response.
const FINAL_FOR_REFUNDS: [&str; 4] = [
    "charge_already_refunded",
    "charge_disputed",
    "charge_not_refundable",
    "refund_disputed_payment",
];

/// The type of an error about a key that was used for another request, which has no code.
const IDEMPOTENCY_ERROR: &str = "idempotency_error";

/// What `async-stripe` reports for an error response that is not Stripe's JSON, such as an HTML page of a proxy.
const NOT_JSON: [&str; 2] = ["error deserializing Stripe error", "Response was not valid UTF-8"];

impl StripeFailure {
    /// Whether a payment that Stripe has not confirmed yet should be given up: the same request under the same key fails
    /// again, and only a new payment, with a new key, may succeed.
    pub fn needs_new_payment(&self) -> bool {
        match self {
            // With other parameters under the same key, as after a deploy that changed them.
            Self::Refused { code, .. } if code == IDEMPOTENCY_ERROR => true,
            Self::Refused { kind, .. } => {
                matches!(kind, RefusalKind::Final | RefusalKind::Client | RefusalKind::Missing)
            }
            Self::ServerError(_) | Self::InvalidResponse(_) => true,
            Self::Unavailable(_) | Self::Configuration(_) => false,
        }
    }

    /// Whether a refund can never be made: by its code, or because its amount is more than is left or not payable.
    pub fn is_final_for_refund(&self) -> bool {
        match self {
            Self::Refused { kind: RefusalKind::Client, .. } => true,
            Self::Refused { code, .. } => FINAL_FOR_REFUNDS.contains(&code.as_str()),
            _ => false,
        }
    }

    /// Whether the request may have been executed, although Stripe answered with an error.
    pub(crate) fn is_doubtful(&self) -> bool {
        matches!(self, Self::Refused { kind: RefusalKind::Doubtful, .. })
    }

    /// Whether the object does not exist for our key.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Refused { kind: RefusalKind::Missing, .. })
    }

    /// Whether the catalogue or the client can change what Stripe refuses.
    pub fn is_for_client(&self) -> bool {
        matches!(self, Self::Refused { kind: RefusalKind::Client, .. })
    }

    /// Whether the same request, with the same idempotency key, may succeed in a moment.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Unavailable(_) | Self::ServerError(_) => true,
            Self::Refused { status, .. } => matches!(status, 409 | 424 | 429),
            Self::InvalidResponse(_) | Self::Configuration(_) => false,
        }
    }

    /// Stripe's code, or the HTTP status if there is none. None if Stripe refused nothing.
    pub fn code(&self) -> Option<String> {
        match self {
            Self::Refused { code, status, .. } if code.is_empty() => Some(status.to_string()),
            Self::Refused { code, .. } => Some(code.clone()),
            _ => None,
        }
    }
}

impl From<StripeError> for StripeFailure {
    fn from(error: StripeError) -> Self {
        match error {
            StripeError::Stripe(error, status @ 500) => {
                Self::ServerError(format!("{status} {}", error.message.unwrap_or_default()))
            }
            StripeError::Stripe(error, status @ 501..) => {
                Self::Unavailable(format!("{status} {}", error.message.unwrap_or_default()))
            }
            StripeError::Stripe(error, status) => Self::Refused {
                kind: kind(status, code(&error), error.param.as_deref()),
                status,
                code: code(&error).to_owned(),
                message: error.message.unwrap_or_default(),
            },
            StripeError::JSONDeserialize(why) if NOT_JSON.contains(&why.as_str()) => {
                Self::Unavailable("the error response is not JSON".to_owned())
            }
            StripeError::JSONDeserialize(why) => Self::InvalidResponse(why),
            StripeError::ConfigError(why) => Self::Configuration(why),
            StripeError::ClientError(why) => Self::Unavailable(why),
            StripeError::Timeout => Self::Unavailable("timeout".to_owned()),
        }
    }
}

/// Stripe's code. The type says as much as a code would if a key was used for another request.
fn code(error: &ApiErrors) -> &str {
    match (&error.code, &error.type_) {
        (Some(code), _) => code.as_str(),
        (None, ApiErrorsType::IdempotencyError) => IDEMPOTENCY_ERROR,
        (None, _) => "",
    }
}

fn kind(status: u16, code: &str, param: Option<&str>) -> RefusalKind {
    let listed = ERROR_CODES.iter().find(|(_, codes)| codes.contains(&code));
    match (listed, status) {
        _ if code == IDEMPOTENCY_ERROR => RefusalKind::Doubtful,
        (Some((kind, _)), _) => *kind,
        (None, 401 | 403) => RefusalKind::Configuration,
        (None, 404) => RefusalKind::Missing,
        (None, 409) => RefusalKind::Doubtful,
        (None, 424 | 429) => RefusalKind::Retry,
        (None, 400) if matches!(param, Some("amount" | "currency")) => RefusalKind::Client,
        _ => RefusalKind::Final,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use RefusalKind::{Client, Configuration, Doubtful, Final, Missing, Retry};

    #[test]
    fn a_refusal_is_judged_by_its_code_and_else_by_its_status() {
        for (status, code, param, expected) in [
            (400, "parameter_unknown", Some("x"), Final),
            (400, "charge_already_refunded", None, Final),
            (400, "amount_too_small", Some("amount"), Client),
            (400, "", Some("currency"), Client),
            (400, "", None, Final),
            (400, "idempotency_error", None, Doubtful),
            (400, "balance_insufficient", None, Retry),
            (400, "a_code_of_tomorrow", None, Final),
            (401, "", None, Configuration),
            (401, "api_key_expired", None, Configuration),
            (402, "card_declined", None, Final),
            (403, "", None, Configuration),
            (404, "resource_missing", Some("intent"), Missing),
            (404, "", None, Missing),
            (409, "idempotency_key_in_use", None, Doubtful),
            (409, "", None, Doubtful),
            (429, "lock_timeout", None, Retry),
            (429, "", None, Retry),
        ] {
            assert_eq!(kind(status, code, param), expected, "{status} {code} {param:?}");
        }
    }

    #[test]
    fn only_four_codes_and_an_impossible_amount_end_a_refund() {
        let failure = |status, code: &str| StripeFailure::Refused {
            kind: kind(status, code, None),
            status,
            code: code.to_owned(),
            message: String::new(),
        };
        for code in FINAL_FOR_REFUNDS {
            assert!(failure(400, code).is_final_for_refund(), "{code}");
        }
        for (status, code) in
            [(400, ""), (400, "idempotency_error"), (404, ""), (403, ""), (402, "")]
        {
            assert!(!failure(status, code).is_final_for_refund(), "{status} {code}");
        }
        let too_much = StripeFailure::Refused {
            kind: kind(400, "", Some("amount")),
            status: 400,
            code: String::new(),
            message: String::new(),
        };
        assert!(too_much.is_final_for_refund());
        assert!(!StripeFailure::ServerError(String::new()).is_final_for_refund());
    }

    #[test]
    fn an_error_response_that_is_not_json_means_that_stripe_did_not_answer() {
        for why in NOT_JSON {
            let failure = StripeFailure::from(StripeError::JSONDeserialize(why.to_owned()));
            assert!(matches!(failure, StripeFailure::Unavailable(_)), "{failure}");
        }
        let odd =
            StripeFailure::from(StripeError::JSONDeserialize("error deserializing".to_owned()));
        assert!(matches!(odd, StripeFailure::InvalidResponse(_)), "{odd}");
    }
}
