//! Why a request about discounts is refused.

use super::attribute::DiscountCode;
use crate::db::DbError;
use crate::failure::{self, Failure, Invalid, Kind};
use crate::idempotency;
use crate::page::BadPage;
use serde_json::{Map, Value, json};

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("there is no such discount")]
    NotFound,
    #[error("another active discount has the code {code}")]
    CodeTaken { code: String },
    #[error("whether uses are limited is settled when a discount is created; create another")]
    LimitFixed,
    #[error("{used} orders have the discount; the limit cannot be lower")]
    BelowUsed { used: i32 },
    #[error("the limit for each buyer can be raised or removed, but not lowered or added later")]
    BuyersLimitFixed,
    #[error("the resource was changed and has version {current} now; read it again")]
    Stale { current: i64 },
    #[error(transparent)]
    BadPage(#[from] BadPage),
    #[error(transparent)]
    Invalid(#[from] Invalid),
    #[error(transparent)]
    Idempotency(#[from] idempotency::Refusal),
}

impl failure::Refusal for Refusal {
    fn kind(&self) -> Kind {
        match self {
            Self::NotFound => Kind::NotFound,
            Self::CodeTaken { .. }
            | Self::LimitFixed
            | Self::BelowUsed { .. }
            | Self::BuyersLimitFixed => Kind::Conflict,
            Self::Stale { .. } => Kind::PreconditionFailed,
            Self::BadPage(bad) => bad.kind(),
            Self::Invalid(invalid) => invalid.kind(),
            Self::Idempotency(refusal) => refusal.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "discount_not_found",
            Self::CodeTaken { .. } => "code_taken",
            Self::LimitFixed | Self::BuyersLimitFixed => "limit_fixed",
            Self::BelowUsed { .. } => "below_used",
            Self::Stale { .. } => "stale",
            Self::BadPage(bad) => bad.code(),
            Self::Invalid(invalid) => invalid.code(),
            Self::Idempotency(refusal) => refusal.code(),
        }
    }

    fn details(&self) -> Map<String, Value> {
        match self {
            Self::BelowUsed { used } => Map::from_iter([("used".to_owned(), json!(used))]),
            Self::Stale { current } => Map::from_iter([("version".to_owned(), json!(current))]),
            Self::Invalid(invalid) => invalid.details(),
            _ => Map::new(),
        }
    }
}

/// Maps violated constraints of `discounts` to refusals.
pub(super) fn of_discount(error: DbError, code: Option<&DiscountCode>) -> Failure<Refusal> {
    match (error.constraint(), code) {
        (Some("discounts_code_taken"), Some(code)) => {
            Refusal::CodeTaken { code: code.as_str().to_owned() }.into()
        }
        _ => Failure::Db(error),
    }
}
