//! Why a request about a return is refused.

use super::ReturnStatus;
use crate::failure::{self, Invalid, Kind};
use crate::id::ProductId;
use crate::idempotency;
use crate::ordering::Refusal as OrderRefusal;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("there is no such return")]
    NoReturn,
    #[error("a return that is {} cannot become {}", from.name(), to.name())]
    IllegalMove { from: ReturnStatus, to: ReturnStatus, allowed: Vec<ReturnStatus> },
    #[error("nothing of the order can come back: it was not shipped, or is in a return")]
    NothingToReturn,
    #[error("only {left} pieces of {product} can come back")]
    TooManyToReturn { product: ProductId, left: i32 },
    #[error("the time to request a return is over")]
    WindowClosed { at: OffsetDateTime },
    #[error("the shop's staff request returns for you")]
    ForStaff,
    #[error("the return has {left} pieces of {product}")]
    TooManyReceived { product: ProductId, left: i32 },
    #[error(transparent)]
    Order(#[from] OrderRefusal),
    #[error(transparent)]
    Invalid(#[from] Invalid),
    #[error(transparent)]
    Idempotency(#[from] idempotency::Refusal),
}

impl failure::Refusal for Refusal {
    fn kind(&self) -> Kind {
        match self {
            Self::NoReturn => Kind::NotFound,
            Self::IllegalMove { .. }
            | Self::NothingToReturn
            | Self::TooManyToReturn { .. }
            | Self::WindowClosed { .. }
            | Self::ForStaff
            | Self::TooManyReceived { .. } => Kind::Conflict,
            Self::Order(refusal) => refusal.kind(),
            Self::Invalid(refusal) => refusal.kind(),
            Self::Idempotency(refusal) => refusal.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NoReturn => "return_not_found",
            Self::IllegalMove { .. } => "illegal_return_move",
            Self::NothingToReturn => "nothing_to_return",
            Self::TooManyToReturn { .. } => "too_many_to_return",
            Self::WindowClosed { .. } => "return_window_closed",
            Self::ForStaff => "returns_by_staff",
            Self::TooManyReceived { .. } => "too_many_received",
            Self::Order(refusal) => refusal.code(),
            Self::Invalid(refusal) => refusal.code(),
            Self::Idempotency(refusal) => refusal.code(),
        }
    }

    fn details(&self) -> Map<String, Value> {
        let details = match self {
            Self::IllegalMove { from, allowed, .. } => {
                vec![("return_status", json!(from)), ("allowed", json!(allowed))]
            }
            Self::TooManyToReturn { product, left } | Self::TooManyReceived { product, left } => {
                vec![("product", json!(product)), ("left", json!(left))]
            }
            Self::WindowClosed { at } => vec![("closed_at", json!(at.format(&Rfc3339).ok()))],
            Self::NoReturn | Self::NothingToReturn | Self::ForStaff => Vec::new(),
            Self::Order(refusal) => return refusal.details(),
            Self::Invalid(refusal) => return refusal.details(),
            Self::Idempotency(refusal) => return refusal.details(),
        };
        details.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }
}
