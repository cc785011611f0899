//! Why a request or an update about a payment is refused.

use crate::failure::{self, Kind};
use crate::money::Money;
use crate::status::OrderStatus;
use serde_json::{Map, Value, json};

/// Why a request or an update about a payment is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the token is not valid, or no longer")]
    NotSignedIn,
    #[error("there is no such order")]
    NoOrder,
    #[error("an order that is {} cannot be paid", .0.name())]
    NotPayable(OrderStatus),
    #[error("the order is about to be cancelled")]
    Ending,
    #[error("a payment of the order is already in progress")]
    InProgress,
    #[error("there were already {most} attempts to pay the order")]
    TooManyAttempts { most: i64 },
    #[error("the payment provider cannot charge this amount in this currency")]
    NotChargeable { stripe_code: Option<String> },
    #[error("there is no such payment")]
    NoSuch,
    #[error("no payment of ours matches")]
    NoPayment,
    #[error("the amount at Stripe is {stripe}, but that of the payment is {ours}")]
    Mismatch { ours: Money, stripe: Money },
}

impl failure::Refusal for Refusal {
    fn kind(&self) -> Kind {
        match self {
            Self::NotSignedIn => Kind::Unauthenticated,
            Self::NoOrder | Self::NoSuch | Self::NoPayment => Kind::NotFound,
            Self::NotPayable(_)
            | Self::Ending
            | Self::InProgress
            | Self::TooManyAttempts { .. }
            | Self::Mismatch { .. } => Kind::Conflict,
            Self::NotChargeable { .. } => Kind::Invalid,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NotSignedIn => "sign_in",
            Self::NoOrder => "order_not_found",
            Self::NotPayable(_) => "not_payable",
            Self::Ending => "order_ending",
            Self::InProgress => "payment_in_progress",
            Self::TooManyAttempts { .. } => "too_many_payments",
            Self::NotChargeable { .. } => "amount_not_chargeable",
            Self::NoSuch | Self::NoPayment => "payment_not_found",
            Self::Mismatch { .. } => "amount_mismatch",
        }
    }

    fn details(&self) -> Map<String, Value> {
        match self {
            // Not `status`: a problem document has a member of that name.
            Self::NotPayable(status) => {
                Map::from_iter([("order_status".to_owned(), json!(status))])
            }
            Self::NotChargeable { stripe_code } => {
                Map::from_iter([("stripe_code".to_owned(), json!(stripe_code))])
            }
            Self::TooManyAttempts { most } => Map::from_iter([("most".to_owned(), json!(most))]),
            _ => Map::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Refusal as _;
    use crate::money::Currency;

    #[test]
    fn what_is_in_the_way_of_a_payment_is_told_to_programs() {
        let ours = Money { minor: 1, currency: Currency::EUR };
        let not_payable = Refusal::NotPayable(OrderStatus::Shipped);
        let too_many = Refusal::TooManyAttempts { most: 10 };
        for (refusal, code, details) in [
            (Refusal::NotSignedIn, "sign_in", json!({})),
            (Refusal::NoOrder, "order_not_found", json!({})),
            (not_payable, "not_payable", json!({"order_status": "shipped"})),
            (Refusal::Ending, "order_ending", json!({})),
            (Refusal::InProgress, "payment_in_progress", json!({})),
            (too_many, "too_many_payments", json!({"most": 10})),
            (
                Refusal::NotChargeable { stripe_code: Some("amount_too_small".to_owned()) },
                "amount_not_chargeable",
                json!({"stripe_code": "amount_too_small"}),
            ),
            (Refusal::NoSuch, "payment_not_found", json!({})),
            (Refusal::NoPayment, "payment_not_found", json!({})),
            (Refusal::Mismatch { ours, stripe: ours }, "amount_mismatch", json!({})),
        ] {
            assert_eq!((refusal.code(), Value::Object(refusal.details())), (code, details));
        }
    }
}
