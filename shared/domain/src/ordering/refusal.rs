//! Why a request about an order is refused.

use crate::failure::{self, Invalid, Kind};
use crate::id::ProductId;
use crate::idempotency;
use crate::money::Money;
use crate::status::OrderStatus;
use serde_json::{Map, Value, json};

/// A product of which fewer pieces are available than requested.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shortage {
    pub product: ProductId,
    pub sku: String,
    pub requested: i32,
    pub available: i32,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the token is not valid, or no longer")]
    NotSignedIn,
    #[error("there is no such order")]
    NotFound,
    #[error("product {0} is not for sale")]
    NotForSale(ProductId),
    #[error("there is too little in stock")]
    OutOfStock(Vec<Shortage>),
    #[error("an order has one currency")]
    MixedCurrencies,
    #[error("the total is higher than {most}, the most that can be charged")]
    TooLarge { most: Money },
    #[error("the total is lower than {least}, the least that can be charged")]
    TooSmall { least: Money },
    #[error("the total is {0}, which is not what you expected")]
    TotalChanged(Money),
    #[error("{most} orders of yours wait for their payment; pay or cancel one of them first{}", verify_for(*.most_verified))]
    TooManyUnpaid { most: i64, most_verified: Option<i64> },
    #[error(
        "before you verify your email address, your unpaid orders may have at most {most} pieces of {product}"
    )]
    TooManyUnpaidPieces { product: ProductId, most: i32 },
    #[error("verify your email address first: nothing is to pay for this order")]
    EmailUnproven,
    #[error("too many orders; try again in {retry_after} seconds, or verify your email address")]
    TooManyRequests { retry_after: u32 },
    #[error("an order that is {} cannot become {}", from.name(), to.name())]
    IllegalMove { from: OrderStatus, to: OrderStatus },
    #[error("a payment of the order is under way")]
    PaymentInProgress,
    #[error("the order is about to be cancelled")]
    Ending,
    #[error("the order is on hold, because its payment is disputed")]
    OnHold,
    #[error("money of the order was refunded, or is being refunded")]
    Refunded,
    #[error("an order that is {} can no longer be changed by you", .0.name())]
    NotChangeable(OrderStatus),
    #[error("the order was changed since you read it")]
    Stale,
    #[error("only staff may look for the orders of a user")]
    UserIsForStaff,
    #[error(transparent)]
    Invalid(#[from] Invalid),
    #[error(transparent)]
    Idempotency(#[from] idempotency::Refusal),
}

impl failure::Refusal for Refusal {
    fn kind(&self) -> Kind {
        match self {
            Self::NotSignedIn => Kind::Unauthenticated,
            Self::NotFound => Kind::NotFound,
            Self::NotForSale(_)
            | Self::MixedCurrencies
            | Self::TooLarge { .. }
            | Self::TooSmall { .. } => Kind::Invalid,
            Self::OutOfStock(_)
            | Self::TotalChanged(_)
            | Self::TooManyUnpaid { .. }
            | Self::TooManyUnpaidPieces { .. }
            | Self::EmailUnproven
            | Self::IllegalMove { .. }
            | Self::PaymentInProgress
            | Self::Ending
            | Self::OnHold
            | Self::Refunded
            | Self::NotChangeable(_) => Kind::Conflict,
            Self::Stale => Kind::PreconditionFailed,
            Self::UserIsForStaff => Kind::Forbidden,
            Self::TooManyRequests { .. } => Kind::RateLimited,
            Self::Invalid(refusal) => refusal.kind(),
            Self::Idempotency(refusal) => refusal.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NotSignedIn => "sign_in",
            Self::NotFound => "order_not_found",
            Self::NotForSale(_) => "not_for_sale",
            Self::OutOfStock(_) => "out_of_stock",
            Self::MixedCurrencies => "mixed_currencies",
            Self::TooLarge { .. } => "total_too_large",
            Self::TooSmall { .. } => "total_too_small",
            Self::TotalChanged(_) => "total_changed",
            Self::TooManyUnpaid { .. } => "too_many_unpaid",
            Self::TooManyUnpaidPieces { .. } => "too_many_unpaid_pieces",
            Self::EmailUnproven => "email_unproven",
            Self::TooManyRequests { .. } => "too_many_requests",
            Self::IllegalMove { .. } => "illegal_move",
            Self::PaymentInProgress => "payment_in_progress",
            Self::Ending => "order_ending",
            Self::OnHold => "on_hold",
            Self::Refunded => "order_refunded",
            Self::NotChangeable(_) => "order_not_changeable",
            Self::Stale => "stale",
            Self::UserIsForStaff => "wrong_role",
            Self::Invalid(refusal) => refusal.code(),
            Self::Idempotency(refusal) => refusal.code(),
        }
    }

    fn details(&self) -> Map<String, Value> {
        let (name, value) = match self {
            Self::OutOfStock(shortages) => ("lines", shortages.iter().map(shortage).collect()),
            // The refused state is left out, even if another caller might reach it.
            Self::IllegalMove { from, to } => {
                let others = from.allowed().filter(|next| next != to);
                ("allowed", others.map(OrderStatus::name).collect())
            }
            Self::NotForSale(product) => ("product", json!(product)),
            Self::TotalChanged(total) => ("total", json!(total)),
            Self::TooManyUnpaid { most, most_verified: None } => ("most", json!(most)),
            Self::TooManyUnpaid { most, most_verified: Some(verified) } => {
                return members([("most", json!(most)), ("most_verified", json!(verified))]);
            }
            Self::TooManyUnpaidPieces { product, most } => {
                return members([("product", json!(product)), ("most", json!(most))]);
            }
            Self::TooManyRequests { retry_after } => ("retry_after", json!(retry_after)),
            Self::TooLarge { most } => ("most", json!(most)),
            Self::TooSmall { least } => ("least", json!(least)),
            // Not `status`: a problem document has a member of that name.
            Self::NotChangeable(status) => ("order_status", json!(status)),
            Self::Invalid(refusal) => return refusal.details(),
            Self::Idempotency(refusal) => return refusal.details(),
            Self::NotSignedIn
            | Self::NotFound
            | Self::MixedCurrencies
            | Self::EmailUnproven
            | Self::PaymentInProgress
            | Self::Ending
            | Self::OnHold
            | Self::Refunded
            | Self::Stale
            | Self::UserIsForStaff => return Map::new(),
        };
        members([(name, value)])
    }
}

fn members<const N: usize>(members: [(&str, Value); N]) -> Map<String, Value> {
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn verify_for(most_verified: Option<i64>) -> String {
    let more = |most| format!(", or verify your email address and have {most}");
    most_verified.map(more).unwrap_or_default()
}

fn shortage(Shortage { product, sku, requested, available }: &Shortage) -> Value {
    json!({"product": product, "sku": sku, "requested": requested, "available": available})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Refusal as _;
    use crate::money::Currency;

    fn said(refusal: &Refusal) -> (Kind, &'static str, Value) {
        (refusal.kind(), refusal.code(), Value::Object(refusal.details()))
    }

    #[test]
    fn what_the_shop_says_no_with_is_told_to_programs() {
        let product = ProductId::generate();
        let total = Money { minor: 1, currency: Currency::EUR };
        let shortage = Shortage { product, sku: "MUG-1".to_owned(), requested: 3, available: 2 };
        let lines = json!([{"product": product, "sku": "MUG-1", "requested": 3, "available": 2}]);
        let (conflict, invalid) = (Kind::Conflict, Kind::Invalid);
        for (refusal, kind, code, details) in [
            (Refusal::NotSignedIn, Kind::Unauthenticated, "sign_in", json!({})),
            (Refusal::NotFound, Kind::NotFound, "order_not_found", json!({})),
            (Refusal::NotForSale(product), invalid, "not_for_sale", json!({"product": product})),
            (
                Refusal::OutOfStock(vec![shortage]),
                conflict,
                "out_of_stock",
                json!({"lines": lines}),
            ),
            (Refusal::MixedCurrencies, invalid, "mixed_currencies", json!({})),
            (Refusal::TooLarge { most: total }, invalid, "total_too_large", json!({"most": total})),
            (
                Refusal::TooSmall { least: total },
                invalid,
                "total_too_small",
                json!({"least": total}),
            ),
            (Refusal::TotalChanged(total), conflict, "total_changed", json!({"total": total})),
            (
                Refusal::TooManyUnpaid { most: 9, most_verified: None },
                conflict,
                "too_many_unpaid",
                json!({"most": 9}),
            ),
            (
                Refusal::TooManyUnpaid { most: 2, most_verified: Some(9) },
                conflict,
                "too_many_unpaid",
                json!({"most": 2, "most_verified": 9}),
            ),
            (
                Refusal::TooManyUnpaidPieces { product, most: 20 },
                conflict,
                "too_many_unpaid_pieces",
                json!({"product": product, "most": 20}),
            ),
            (Refusal::EmailUnproven, conflict, "email_unproven", json!({})),
            (
                Refusal::TooManyRequests { retry_after: 100 },
                Kind::RateLimited,
                "too_many_requests",
                json!({"retry_after": 100}),
            ),
            (Refusal::PaymentInProgress, conflict, "payment_in_progress", json!({})),
            (Refusal::Ending, conflict, "order_ending", json!({})),
            (Refusal::OnHold, conflict, "on_hold", json!({})),
            (Refusal::Refunded, conflict, "order_refunded", json!({})),
            (
                Refusal::NotChangeable(OrderStatus::Shipped),
                conflict,
                "order_not_changeable",
                json!({"order_status": "shipped"}),
            ),
            (Refusal::Stale, Kind::PreconditionFailed, "stale", json!({})),
            (Refusal::UserIsForStaff, Kind::Forbidden, "wrong_role", json!({})),
        ] {
            assert_eq!(said(&refusal), (kind, code, details), "{refusal}");
        }
    }

    #[test]
    fn where_an_order_may_go_instead_is_told_and_never_the_way_that_was_refused() {
        use OrderStatus::{Cancelled, Confirmed, Pending, Shipped};
        for (from, to, allowed) in [
            (Pending, Shipped, json!(["confirmed", "cancelled"])),
            (Pending, Cancelled, json!(["confirmed"])),
            (Confirmed, Cancelled, json!(["shipped"])),
            (Cancelled, Confirmed, json!([])),
        ] {
            let refusal = Refusal::IllegalMove { from, to };
            let expected = (Kind::Conflict, "illegal_move", json!({"allowed": allowed}));
            assert_eq!(said(&refusal), expected, "{refusal}");
        }
    }

    #[test]
    fn what_others_refuse_is_passed_on_as_it_is() {
        let wrong = Invalid::new("/note", "too_long", "is too long");
        let (kind, code, details) = (wrong.kind(), wrong.code(), Value::Object(wrong.details()));
        assert_eq!(said(&wrong.into()), (kind, code, details));
        let repetition = Refusal::from(idempotency::Refusal::BadKey);
        assert_eq!(said(&repetition), (Kind::Malformed, "bad_idempotency_key", json!({})));
    }
}
