//! What may be given back, and how much that is. Pure.

use super::super::Status;
use crate::failure::{self, Invalid, Kind};
use crate::id::ProductId;
use crate::idempotency;
use crate::money::{Money, MoneyError};
use crate::text;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// What shall be given back, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundWish {
    pub part: Part,
    pub reason: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// All that is left of the payment.
    Rest,
    Amount(Money),
    /// What these pieces cost: never empty, each quantity one or more.
    Pieces(BTreeMap<ProductId, i32>),
}

/// What is left of a payment, after the refunds that are given or on their way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Paid {
    pub(super) status: Status,
    pub(super) left: Money,
    /// The bank took it back, or is about to decide.
    pub(super) is_disputed: bool,
}

/// Pieces of a product in the order, and how many of them no refund was for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Returnable {
    pub(super) unit_price: Money,
    pub(super) left: i32,
}

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
    #[error(transparent)]
    Repetition(#[from] idempotency::Refusal),
}

impl failure::Refusal for Refusal {
    fn kind(&self) -> Kind {
        match self {
            Self::NoPayment | Self::NoRefund => Kind::Missing,
            Self::NotRefundable(_) | Self::Disputed | Self::NothingLeft => Kind::Conflict,
            Self::TooMuch { .. } | Self::OtherCurrency(_) | Self::TooManyPieces { .. } => {
                Kind::Invalid
            }
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
            Self::Repetition(refusal) => refusal.code(),
        }
    }

    fn details(&self) -> Map<String, Value> {
        let details = match self {
            Self::NotRefundable(status) => [("payment_status", json!(status))].to_vec(),
            Self::TooMuch { left } | Self::OtherCurrency(left) => [("left", json!(left))].to_vec(),
            Self::TooManyPieces { product, left } => {
                vec![("product", json!(product)), ("left", json!(left))]
            }
            Self::NoPayment | Self::NoRefund | Self::Disputed | Self::NothingLeft => Vec::new(),
            Self::Repetition(refusal) => return refusal.details(),
        };
        details.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }
}

impl RefundWish {
    /// All that is left, unless an amount or lines say otherwise; not both.
    pub fn new(
        amount: Option<Money>,
        lines: Option<Vec<(ProductId, i64)>>,
        reason: Option<&str>,
    ) -> Result<Self, Invalid> {
        let part = match (amount, lines) {
            (None, None) => Part::Rest,
            (Some(amount), None) if amount.minor >= 1 => Part::Amount(amount),
            (Some(_), None) => {
                let detail = "must be at least one minor unit";
                return Err(Invalid::new("/amount/amount", "out_of_range", detail));
            }
            (None, Some(lines)) => Part::Pieces(pieces(&lines)?),
            (Some(_), Some(_)) => {
                let detail = "name an amount or lines, not both";
                return Err(Invalid::new("/lines", "ambiguous", detail));
            }
        };
        let reason = reason.map(|reason| text::line("/reason", reason, 500)).transpose()?;
        Ok(Self { part, reason })
    }

    /// How much that is, if so much may be given back.
    pub(super) fn price(
        &self,
        paid: &Paid,
        pieces: &BTreeMap<ProductId, Returnable>,
    ) -> Result<Money, Refusal> {
        let left = paid.left;
        if paid.status != Status::Succeeded {
            return Err(Refusal::NotRefundable(paid.status));
        }
        if paid.is_disputed {
            return Err(Refusal::Disputed);
        }
        if left.minor < 1 {
            return Err(Refusal::NothingLeft);
        }
        let amount = match &self.part {
            Part::Rest => left,
            Part::Amount(amount) => *amount,
            Part::Pieces(wanted) => cost(wanted, pieces, left)?,
        };
        if amount.currency != left.currency {
            return Err(Refusal::OtherCurrency(left));
        }
        if amount.minor > left.minor { Err(Refusal::TooMuch { left }) } else { Ok(amount) }
    }
}

fn pieces(lines: &[(ProductId, i64)]) -> Result<BTreeMap<ProductId, i32>, Invalid> {
    let mut pieces = BTreeMap::new();
    for (place, (product, quantity)) in lines.iter().enumerate() {
        let quantity = i32::try_from(*quantity).ok().filter(|pieces| (1..=1000).contains(pieces));
        let quantity = quantity.ok_or_else(|| {
            let pointer = format!("/lines/{place}/quantity");
            Invalid::new(pointer, "out_of_range", "must be between 1 and 1000")
        })?;
        if pieces.insert(*product, quantity).is_some() {
            let pointer = format!("/lines/{place}/product");
            return Err(Invalid::new(pointer, "twice", "names a product that is named before"));
        }
    }
    if pieces.is_empty() {
        return Err(Invalid::new("/lines", "empty", "must name at least one product"));
    }
    Ok(pieces)
}

/// What the pieces cost when they were ordered.
fn cost(
    wanted: &BTreeMap<ProductId, i32>,
    pieces: &BTreeMap<ProductId, Returnable>,
    left: Money,
) -> Result<Money, Refusal> {
    let too_large = |_: MoneyError| Refusal::TooMuch { left };
    wanted.iter().try_fold(Money::zero(left.currency), |sum, (&product, &quantity)| {
        let none = Returnable { unit_price: left, left: 0 };
        let piece = pieces.get(&product).copied().unwrap_or(none);
        if quantity > piece.left {
            return Err(Refusal::TooManyPieces { product, left: piece.left });
        }
        let cost = piece.unit_price.times(quantity).map_err(too_large)?;
        sum.plus(cost).map_err(too_large)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;
    use proptest::prelude::*;

    fn euros(minor: i64) -> Money {
        Money { minor, currency: Currency::EUR }
    }

    fn price(
        wish: &RefundWish,
        left: i64,
        pieces: &[(ProductId, i64, i32)],
    ) -> Result<Money, Refusal> {
        let paid = Paid { status: Status::Succeeded, left: euros(left), is_disputed: false };
        let pieces = pieces.iter().map(|(product, unit, left)| {
            (*product, Returnable { unit_price: euros(*unit), left: *left })
        });
        wish.price(&paid, &pieces.collect())
    }

    #[test]
    fn without_an_amount_all_that_is_left_goes_back() {
        let wish = RefundWish::new(None, None, None).unwrap();
        assert_eq!(price(&wish, 700, &[]), Ok(euros(700)));
        assert_eq!(price(&wish, 0, &[]), Err(Refusal::NothingLeft));
    }

    #[test]
    fn disputed_money_is_not_ours_to_give() {
        let wish = RefundWish::new(None, None, None).unwrap();
        let paid = Paid { status: Status::Succeeded, left: euros(700), is_disputed: true };
        assert_eq!(wish.price(&paid, &BTreeMap::new()), Err(Refusal::Disputed));
    }

    #[test]
    fn pieces_go_back_for_what_they_cost_and_no_more_than_were_ordered() {
        let mug = ProductId::generate();
        let wish = |quantity| RefundWish::new(None, Some(vec![(mug, quantity)]), None).unwrap();
        assert_eq!(price(&wish(2), 5000, &[(mug, 1250, 3)]), Ok(euros(2500)));
        let refused = price(&wish(4), 9999, &[(mug, 1250, 3)]);
        assert_eq!(refused, Err(Refusal::TooManyPieces { product: mug, left: 3 }));
        let unknown = price(&wish(1), 9999, &[]);
        assert_eq!(unknown, Err(Refusal::TooManyPieces { product: mug, left: 0 }));
    }

    #[test]
    fn a_wish_that_cannot_be_is_refused_where_it_stands() {
        let mug = ProductId::generate();
        let pointer = |amount, lines| RefundWish::new(amount, lines, None).unwrap_err().pointer;
        assert_eq!(pointer(Some(euros(0)), None), "/amount/amount");
        assert_eq!(pointer(Some(euros(1)), Some(vec![(mug, 1)])), "/lines");
        assert_eq!(pointer(None, Some(vec![])), "/lines");
        assert_eq!(pointer(None, Some(vec![(mug, 0)])), "/lines/0/quantity");
        assert_eq!(pointer(None, Some(vec![(mug, 1), (mug, 1)])), "/lines/1/product");
    }

    proptest! {
        #[test]
        fn no_more_is_given_back_than_is_left(amount in 1..2000_i64, left in 0..2000_i64) {
            let wish = RefundWish::new(Some(euros(amount)), None, None).unwrap();
            match price(&wish, left, &[]) {
                Ok(given) => prop_assert!(given == euros(amount) && amount <= left),
                Err(Refusal::NothingLeft) => prop_assert_eq!(left, 0),
                Err(refused) => {
                    let left = euros(left);
                    prop_assert_eq!(refused, Refusal::TooMuch { left });
                    prop_assert!(amount > left.minor);
                }
            }
        }
    }
}
