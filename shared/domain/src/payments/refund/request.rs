//! What may be refunded, and how much that is. Pure.

use super::Refusal;
use crate::failure::Invalid;
use crate::id::ProductId;
use crate::money::{Money, MoneyError};
use crate::status::{OrderStatus, PaymentIntentStatus as Status};
use crate::text;
use std::collections::BTreeMap;

/// A request to refund (a part of) a payment, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundRequest {
    pub scope: RefundScope,
    pub reason: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefundScope {
    /// All that is left of the payment.
    Remainder,
    Amount(Money),
    /// The price of these pieces. Never empty.
    Lines(BTreeMap<ProductId, LineRefund>),
}

/// The pieces of one product to refund.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineRefund {
    /// One or more.
    pub quantity: i32,
    /// How many of them go back into stock.
    pub restock: i32,
}

/// The pieces of one product, as a client sends them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestedLine {
    pub product: ProductId,
    pub quantity: i64,
    pub restock: i64,
}

/// What is left of a payment after its refunds, requested ones included.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RefundablePayment {
    pub(super) status: Status,
    pub(super) left: Money,
    /// A bank took it back, or is about to decide.
    pub(super) is_disputed: bool,
}

/// The pieces of one product in the order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RefundableLine {
    pub(super) unit_price: Money,
    /// How many were not refunded.
    pub(super) left: i32,
    /// How many were not returned to stock.
    pub(super) not_returned: i32,
}

impl RefundRequest {
    /// All that is left, or an amount, or lines; not both of them.
    pub fn new(
        amount: Option<Money>,
        lines: Option<Vec<RequestedLine>>,
        reason: Option<&str>,
    ) -> Result<Self, Invalid> {
        let scope = match (amount, lines) {
            (None, None) => RefundScope::Remainder,
            (Some(amount), None) if amount.minor >= 1 => RefundScope::Amount(amount),
            (Some(_), None) => {
                let detail = "must be at least one minor unit";
                return Err(Invalid::new("/amount/amount", "out_of_range", detail));
            }
            (None, Some(lines)) => RefundScope::Lines(pieces(&lines)?),
            (Some(_), Some(_)) => {
                let detail = "name an amount or lines, not both";
                return Err(Invalid::new("/lines", "ambiguous", detail));
            }
        };
        let reason = reason.map(|reason| text::line("/reason", reason, 500)).transpose()?;
        Ok(Self { scope, reason })
    }

    /// The amount to refund, if it may be refunded.
    pub(crate) fn price(
        &self,
        payment: &RefundablePayment,
        pieces: &BTreeMap<ProductId, RefundableLine>,
    ) -> Result<Money, Refusal> {
        let left = payment.left;
        if payment.status != Status::Succeeded {
            return Err(Refusal::NotRefundable(payment.status));
        }
        if payment.is_disputed {
            return Err(Refusal::Disputed);
        }
        if left.minor < 1 {
            return Err(Refusal::NothingLeft);
        }
        let amount = match &self.scope {
            RefundScope::Remainder => left,
            RefundScope::Amount(amount) => *amount,
            RefundScope::Lines(wanted) => cost(wanted, pieces, left)?,
        };
        if amount.currency != left.currency {
            return Err(Refusal::OtherCurrency(left));
        }
        if amount.minor > left.minor { Err(Refusal::TooMuch { left }) } else { Ok(amount) }
    }

    /// Whether goods go back into stock with it: only shipped ones, and each piece once.
    pub(crate) fn restocks(
        &self,
        order: OrderStatus,
        pieces: &BTreeMap<ProductId, RefundableLine>,
    ) -> Result<bool, Refusal> {
        let RefundScope::Lines(wanted) = &self.scope else { return Ok(false) };
        let mut back = wanted.iter().filter(|(_, pieces)| pieces.restock > 0).peekable();
        if back.peek().is_none() {
            return Ok(false);
        }
        if order != OrderStatus::Shipped {
            return Err(Refusal::NotShipped(order));
        }
        let too_many = back.find_map(|(&product, wanted)| {
            let left = pieces.get(&product).map_or(0, |piece| piece.not_returned);
            (wanted.restock > left).then_some(Refusal::TooManyRestocked { product, left })
        });
        too_many.map_or(Ok(true), Err)
    }
}

fn pieces(lines: &[RequestedLine]) -> Result<BTreeMap<ProductId, LineRefund>, Invalid> {
    let mut pieces = BTreeMap::new();
    for (place, RequestedLine { product, quantity, restock }) in lines.iter().enumerate() {
        let quantity = i32::try_from(*quantity).ok().filter(|pieces| (1..=1000).contains(pieces));
        let quantity = quantity.ok_or_else(|| {
            let pointer = format!("/lines/{place}/quantity");
            Invalid::new(pointer, "out_of_range", "must be between 1 and 1000")
        })?;
        let restock = i32::try_from(*restock).ok().filter(|back| (0..=quantity).contains(back));
        let restock = restock.ok_or_else(|| {
            let pointer = format!("/lines/{place}/restock");
            Invalid::new(pointer, "out_of_range", "must be between 0 and the quantity")
        })?;
        if pieces.insert(*product, LineRefund { quantity, restock }).is_some() {
            let pointer = format!("/lines/{place}/product");
            return Err(Invalid::new(pointer, "twice", "names a product that is named before"));
        }
    }
    if pieces.is_empty() {
        return Err(Invalid::new("/lines", "empty", "must name at least one product"));
    }
    Ok(pieces)
}

/// The price of the pieces when they were ordered.
fn cost(
    wanted: &BTreeMap<ProductId, LineRefund>,
    pieces: &BTreeMap<ProductId, RefundableLine>,
    left: Money,
) -> Result<Money, Refusal> {
    let too_large = |_: MoneyError| Refusal::TooMuch { left };
    wanted.iter().try_fold(
        Money::zero(left.currency),
        |sum, (&product, &LineRefund { quantity, .. })| {
            let none = RefundableLine { unit_price: left, left: 0, not_returned: 0 };
            let piece = pieces.get(&product).copied().unwrap_or(none);
            if quantity > piece.left {
                return Err(Refusal::TooManyPieces { product, left: piece.left });
            }
            let cost = piece.unit_price.times(quantity).map_err(too_large)?;
            sum.plus(cost).map_err(too_large)
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;
    use proptest::prelude::*;

    fn euros(minor: i64) -> Money {
        Money { minor, currency: Currency::EUR }
    }

    fn of(product: ProductId, quantity: i64, restock: i64) -> RequestedLine {
        RequestedLine { product, quantity, restock }
    }

    fn price(
        request: &RefundRequest,
        left: i64,
        pieces: &[(ProductId, i64, i32)],
    ) -> Result<Money, Refusal> {
        let payment =
            RefundablePayment { status: Status::Succeeded, left: euros(left), is_disputed: false };
        let pieces = pieces.iter().map(|(product, unit, left)| {
            (
                *product,
                RefundableLine { unit_price: euros(*unit), left: *left, not_returned: *left },
            )
        });
        request.price(&payment, &pieces.collect())
    }

    #[test]
    fn without_an_amount_all_that_is_left_goes_back() {
        let request = RefundRequest::new(None, None, None).unwrap();
        assert_eq!(price(&request, 700, &[]), Ok(euros(700)));
        assert_eq!(price(&request, 1, &[]), Ok(euros(1)));
        assert_eq!(price(&request, 0, &[]), Err(Refusal::NothingLeft));
    }

    #[test]
    fn one_minor_unit_can_be_given_back_but_not_in_another_currency() {
        let yen = Currency::from_code("JPY").unwrap();
        let of =
            |currency| RefundRequest::new(Some(Money { minor: 1, currency }), None, None).unwrap();
        assert_eq!(price(&of(Currency::EUR), 700, &[]), Ok(euros(1)));
        assert_eq!(price(&of(yen), 700, &[]), Err(Refusal::OtherCurrency(euros(700))));
    }

    #[test]
    fn disputed_money_is_not_ours_to_give() {
        let request = RefundRequest::new(None, None, None).unwrap();
        let payment =
            RefundablePayment { status: Status::Succeeded, left: euros(700), is_disputed: true };
        assert_eq!(request.price(&payment, &BTreeMap::new()), Err(Refusal::Disputed));
    }

    #[test]
    fn pieces_go_back_for_what_they_cost_and_no_more_than_were_ordered() {
        let mug = ProductId::generate();
        let request =
            |quantity| RefundRequest::new(None, Some(vec![of(mug, quantity, 0)]), None).unwrap();
        assert_eq!(price(&request(2), 5000, &[(mug, 1250, 3)]), Ok(euros(2500)));
        assert_eq!(price(&request(3), 5000, &[(mug, 1250, 3)]), Ok(euros(3750)));
        let refused = price(&request(4), 9999, &[(mug, 1250, 3)]);
        assert_eq!(refused, Err(Refusal::TooManyPieces { product: mug, left: 3 }));
        let unknown = price(&request(1), 9999, &[]);
        assert_eq!(unknown, Err(Refusal::TooManyPieces { product: mug, left: 0 }));
    }

    #[test]
    fn only_what_was_shipped_and_is_not_back_yet_goes_on_the_shelf() {
        use OrderStatus::{Cancelled, Confirmed, Pending, Shipped};
        let mug = ProductId::generate();
        let not_returned = RefundableLine { unit_price: euros(1), left: 3, not_returned: 1 };
        let pieces = BTreeMap::from([(mug, not_returned)]);
        let request =
            |restock| RefundRequest::new(None, Some(vec![of(mug, 3, restock)]), None).unwrap();

        assert_eq!(request(1).restocks(Shipped, &pieces), Ok(true));
        assert_eq!(request(0).restocks(Shipped, &pieces), Ok(false));
        let too_many = Refusal::TooManyRestocked { product: mug, left: 1 };
        assert_eq!(request(2).restocks(Shipped, &pieces), Err(too_many));
        for status in [Pending, Confirmed, Cancelled] {
            let refused = request(1).restocks(status, &pieces);
            assert_eq!(refused, Err(Refusal::NotShipped(status)));
            assert_eq!(request(0).restocks(status, &pieces), Ok(false));
        }
    }

    #[test]
    fn a_wish_that_cannot_be_is_refused_where_it_stands() {
        let mug = ProductId::generate();
        let pointer = |amount, lines| RefundRequest::new(amount, lines, None).unwrap_err().pointer;
        assert_eq!(pointer(Some(euros(0)), None), "/amount/amount");
        assert_eq!(pointer(Some(euros(1)), Some(vec![of(mug, 1, 0)])), "/lines");
        assert_eq!(pointer(None, Some(vec![])), "/lines");
        assert_eq!(pointer(None, Some(vec![of(mug, 0, 0)])), "/lines/0/quantity");
        assert_eq!(pointer(None, Some(vec![of(mug, 1, 0), of(mug, 1, 0)])), "/lines/1/product");
        assert_eq!(pointer(None, Some(vec![of(mug, 1, 2)])), "/lines/0/restock");
        assert_eq!(pointer(None, Some(vec![of(mug, 1, -1)])), "/lines/0/restock");
    }

    proptest! {
        #[test]
        fn no_more_is_given_back_than_is_left(amount in 1..2000_i64, left in 0..2000_i64) {
            let request = RefundRequest::new(Some(euros(amount)), None, None).unwrap();
            match price(&request, left, &[]) {
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
