//! Why a request about a checkout is refused.

use super::status::Status;
use crate::failure::{self, Invalid, Kind};
use crate::id::{OrderId, ProductId};
use crate::idempotency;
use serde_json::{Map, Value, json};

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the token is not valid, or no longer")]
    NotSignedIn,
    #[error("there is no such checkout")]
    NotFound,
    #[error("you have no open checkout")]
    NoneCurrent,
    #[error("the checkout became order {order}")]
    Completed { order: OrderId },
    #[error("the checkout is {}", .0.name())]
    Over(Status),
    #[error("the checkout was changed since you read it")]
    Stale,
    #[error("product {0} is not for sale")]
    NotForSale(ProductId),
    #[error("a checkout has one currency")]
    MixedCurrencies,
    #[error("too many requests; try again in {retry_after} seconds")]
    TooManyRequests { retry_after: u32 },
    #[error(transparent)]
    Invalid(#[from] Invalid),
    #[error(transparent)]
    Idempotency(#[from] idempotency::Refusal),
}

impl failure::Refusal for Refusal {
    fn kind(&self) -> Kind {
        match self {
            Self::NotSignedIn => Kind::Unauthenticated,
            Self::NotFound | Self::NoneCurrent => Kind::NotFound,
            Self::Completed { .. } | Self::Over(_) => Kind::Conflict,
            Self::Stale => Kind::PreconditionFailed,
            Self::NotForSale(_) | Self::MixedCurrencies => Kind::Invalid,
            Self::TooManyRequests { .. } => Kind::RateLimited,
            Self::Invalid(refusal) => refusal.kind(),
            Self::Idempotency(refusal) => refusal.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NotSignedIn => "sign_in",
            Self::NotFound => "checkout_not_found",
            Self::NoneCurrent => "no_checkout",
            Self::Completed { .. } => "checkout_completed",
            Self::Over(_) => "checkout_over",
            Self::Stale => "stale",
            Self::NotForSale(_) => "not_for_sale",
            Self::MixedCurrencies => "mixed_currencies",
            Self::TooManyRequests { .. } => "too_many_requests",
            Self::Invalid(refusal) => refusal.code(),
            Self::Idempotency(refusal) => refusal.code(),
        }
    }

    fn details(&self) -> Map<String, Value> {
        let (name, value) = match self {
            Self::Completed { order } => ("order", json!(order)),
            Self::Over(status) => ("checkout_status", json!(status)),
            Self::NotForSale(product) => ("product", json!(product)),
            Self::TooManyRequests { retry_after } => ("retry_after", json!(retry_after)),
            Self::Invalid(refusal) => return refusal.details(),
            Self::Idempotency(refusal) => return refusal.details(),
            _ => return Map::new(),
        };
        Map::from_iter([(name.to_owned(), value)])
    }
}
