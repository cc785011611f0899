//! Why a refund is refused.

use crate::failure::{self, Kind};
use crate::id::ProductId;
use crate::idempotency;
use crate::money::Money;
use crate::status::{OrderStatus, PaymentIntentStatus as Status, ReturnStatus};
use serde_json::{Map, Value, json};

/// Why a refund is refused.
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
    #[error("a payment that was not taken by Stripe is refunded with a reason")]
    ReasonRequired,
    #[error("nothing of the payment is left to refund")]
    NothingLeft,
    #[error("only {left} of the payment is left to refund")]
    TooMuch { left: Money },
    #[error("the payment is in {}", .0.currency)]
    OtherCurrency(Money),
    #[error("refunds are multiples of {step}")]
    OffStep { step: Money },
    #[error("the order has only {left} pieces of {product} that were not refunded")]
    TooManyPieces { product: ProductId, left: i32 },
    #[error("an order that is {} has no shipped goods to return", .0.name())]
    NotShipped(OrderStatus),
    #[error("only {left} pieces of {product} are not returned to stock yet")]
    TooManyRestocked { product: ProductId, left: i32 },
    #[error("pieces of {product} are in a packed parcel: ship or cancel it first")]
    Packed { product: ProductId },
    #[error("the order of the payment has no such return")]
    NotItsReturn,
    #[error("the money of a return that is {} is not given back", .0.name())]
    ReturnNotRefundable(ReturnStatus),
    #[error("only {left} pieces of {product} are left to refund for the return")]
    TooManyOfReturn { product: ProductId, left: i32 },
    #[error(transparent)]
    Idempotency(#[from] idempotency::Refusal),
}

impl failure::Refusal for Refusal {
    fn kind(&self) -> Kind {
        match self {
            Self::NoPayment | Self::NoRefund => Kind::NotFound,
            Self::NotRefundable(_)
            | Self::Disputed
            | Self::NothingLeft
            | Self::NotShipped(_)
            | Self::NotItsReturn
            | Self::ReturnNotRefundable(_)
            | Self::TooManyOfReturn { .. }
            | Self::Packed { .. } => Kind::Conflict,
            Self::ReasonRequired
            | Self::TooMuch { .. }
            | Self::OtherCurrency(_)
            | Self::OffStep { .. }
            | Self::TooManyPieces { .. }
            | Self::TooManyRestocked { .. } => Kind::Invalid,
            Self::Idempotency(refusal) => refusal.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NoPayment => "payment_not_found",
            Self::NoRefund => "refund_not_found",
            Self::NotRefundable(_) => "not_refundable",
            Self::Disputed => "payment_disputed",
            Self::ReasonRequired => "reason_required",
            Self::NothingLeft => "nothing_left",
            Self::TooMuch { .. } => "amount_too_large",
            Self::OtherCurrency(_) => "other_currency",
            Self::OffStep { .. } => "amount_off_step",
            Self::TooManyPieces { .. } => "too_many_pieces",
            Self::NotShipped(_) => "not_shipped",
            Self::TooManyRestocked { .. } => "too_many_restocked",
            Self::Packed { .. } => "pieces_packed",
            Self::NotItsReturn => "return_of_other_order",
            Self::ReturnNotRefundable(_) => "return_not_refundable",
            Self::TooManyOfReturn { .. } => "too_many_of_return",
            Self::Idempotency(refusal) => refusal.code(),
        }
    }

    fn details(&self) -> Map<String, Value> {
        let details = match self {
            Self::NotRefundable(status) => [("payment_status", json!(status))].to_vec(),
            Self::TooMuch { left } | Self::OtherCurrency(left) => [("left", json!(left))].to_vec(),
            Self::OffStep { step } => [("step", json!(step))].to_vec(),
            Self::NotShipped(status) => [("order_status", json!(status))].to_vec(),
            Self::ReturnNotRefundable(status) => {
                let allowed = [ReturnStatus::Approved, ReturnStatus::Received];
                vec![("return_status", json!(status)), ("allowed", json!(allowed))]
            }
            Self::TooManyPieces { product, left }
            | Self::TooManyOfReturn { product, left }
            | Self::TooManyRestocked { product, left } => {
                vec![("product", json!(product)), ("left", json!(left))]
            }
            Self::Packed { product } => [("product", json!(product))].to_vec(),
            Self::NoPayment
            | Self::NoRefund
            | Self::Disputed
            | Self::ReasonRequired
            | Self::NotItsReturn
            | Self::NothingLeft => Vec::new(),
            Self::Idempotency(refusal) => return refusal.details(),
        };
        details.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Refusal as _;
    use crate::money::Currency;

    #[test]
    fn what_is_in_the_way_of_a_refund_is_told_to_programs() {
        let product = ProductId::generate();
        let left = Money { minor: 7, currency: Currency::EUR };
        let (conflict, invalid) = (Kind::Conflict, Kind::Invalid);
        let failed = json!({"payment_status": "failed"});
        let pending = json!({"order_status": "pending"});
        let pieces = json!({"product": product, "left": 2});
        let of_return = json!({"return_status": "requested", "allowed": ["approved", "received"]});
        for (refusal, kind, code, details) in [
            (Refusal::NoPayment, Kind::NotFound, "payment_not_found", json!({})),
            (Refusal::NoRefund, Kind::NotFound, "refund_not_found", json!({})),
            (Refusal::NotRefundable(Status::Failed), conflict, "not_refundable", failed),
            (Refusal::Disputed, conflict, "payment_disputed", json!({})),
            (Refusal::ReasonRequired, invalid, "reason_required", json!({})),
            (Refusal::NothingLeft, conflict, "nothing_left", json!({})),
            (Refusal::TooMuch { left }, invalid, "amount_too_large", json!({"left": left})),
            (Refusal::OtherCurrency(left), invalid, "other_currency", json!({"left": left})),
            (Refusal::OffStep { step: left }, invalid, "amount_off_step", json!({"step": left})),
            (
                Refusal::TooManyPieces { product, left: 2 },
                invalid,
                "too_many_pieces",
                pieces.clone(),
            ),
            (Refusal::NotShipped(OrderStatus::Pending), conflict, "not_shipped", pending),
            (
                Refusal::TooManyRestocked { product, left: 2 },
                invalid,
                "too_many_restocked",
                pieces.clone(),
            ),
            (Refusal::NotItsReturn, conflict, "return_of_other_order", json!({})),
            (
                Refusal::ReturnNotRefundable(ReturnStatus::Requested),
                conflict,
                "return_not_refundable",
                of_return,
            ),
            (Refusal::TooManyOfReturn { product, left: 2 }, conflict, "too_many_of_return", pieces),
            (Refusal::Packed { product }, conflict, "pieces_packed", json!({"product": product})),
            (
                idempotency::Refusal::BadKey.into(),
                Kind::Malformed,
                "bad_idempotency_key",
                json!({}),
            ),
        ] {
            let said = (refusal.kind(), refusal.code(), Value::Object(refusal.details()));
            assert_eq!(said, (kind, code, details), "{refusal}");
        }
    }
}
