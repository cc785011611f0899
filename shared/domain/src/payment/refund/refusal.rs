//! Why the shop says no to a refund.

use super::super::Status;
use crate::failure::{self, Kind};
use crate::id::ProductId;
use crate::idempotency;
use crate::money::Money;
use crate::ordering;
use serde_json::{Map, Value, json};

/// Why the shop says no to a refund.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("there is no such payment")]
    NoPayment,
    #[error("there is no such refund")]
    NoRefund,
    #[error("a payment that is {} cannot be refunded", .0.name())]
    NotRefundable(Status),
    #[error("the payment is disputed")]
    Disputed,
    #[error("nothing of the payment is left")]
    NothingLeft,
    #[error("only {left} of the payment are left")]
    TooMuch { left: Money },
    #[error("the payment is in {}", .0.currency)]
    OtherCurrency(Money),
    #[error("the order has only {left} pieces of {product} that were not refunded")]
    TooManyPieces { product: ProductId, left: i32 },
    #[error("an order that is {} has sent nothing that could come back", .0.name())]
    NotShipped(ordering::Status),
    #[error("only {left} pieces of {product} are not back on the shelf")]
    TooManyRestocked { product: ProductId, left: i32 },
    #[error(transparent)]
    Repetition(#[from] idempotency::Refusal),
}

impl failure::Refusal for Refusal {
    fn kind(&self) -> Kind {
        match self {
            Self::NoPayment | Self::NoRefund => Kind::Missing,
            Self::NotRefundable(_) | Self::Disputed | Self::NothingLeft | Self::NotShipped(_) => {
                Kind::Conflict
            }
            Self::TooMuch { .. }
            | Self::OtherCurrency(_)
            | Self::TooManyPieces { .. }
            | Self::TooManyRestocked { .. } => Kind::Invalid,
            Self::Repetition(refusal) => refusal.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NoPayment => "payment_not_found",
            Self::NoRefund => "refund_not_found",
            Self::NotRefundable(_) => "not_refundable",
            Self::Disputed => "payment_disputed",
            Self::NothingLeft => "nothing_left",
            Self::TooMuch { .. } => "amount_too_large",
            Self::OtherCurrency(_) => "other_currency",
            Self::TooManyPieces { .. } => "too_many_pieces",
            Self::NotShipped(_) => "not_shipped",
            Self::TooManyRestocked { .. } => "too_many_restocked",
            Self::Repetition(refusal) => refusal.code(),
        }
    }

    fn details(&self) -> Map<String, Value> {
        let details = match self {
            Self::NotRefundable(status) => [("payment_status", json!(status))].to_vec(),
            Self::TooMuch { left } | Self::OtherCurrency(left) => [("left", json!(left))].to_vec(),
            Self::NotShipped(status) => [("order_status", json!(status))].to_vec(),
            Self::TooManyPieces { product, left } | Self::TooManyRestocked { product, left } => {
                vec![("product", json!(product)), ("left", json!(left))]
            }
            Self::NoPayment | Self::NoRefund | Self::Disputed | Self::NothingLeft => Vec::new(),
            Self::Repetition(refusal) => return refusal.details(),
        };
        details.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }
}
