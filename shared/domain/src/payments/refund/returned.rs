//! Whether the money of a return is given back. Pure.

use super::Refusal;
use super::amount::{PricedRefund, RefundableLine};
use super::request::{RefundRequest, RefundScope};
use crate::id::{OrderId, ProductId};
use crate::money::Money;
use crate::status::{OrderStatus, ReturnStatus};
use std::collections::BTreeMap;

/// What is left of a return after its refunds.
#[derive(Clone, Debug)]
pub(crate) struct RefundableReturn {
    pub(super) order: OrderId,
    pub(super) status: ReturnStatus,
    /// Pieces of it whose money was not given back: of those that arrived, or that are on their way.
    pub(super) left: BTreeMap<ProductId, i32>,
    /// The pieces that arrived, or that are on their way.
    pub(super) pieces: BTreeMap<ProductId, i32>,
    /// In its refunds that did not fail, without shipping. Minor units.
    pub(super) refunded: i64,
}

impl RefundableReturn {
    /// Whether the request gives back the money of this return: before its goods or after them, and of no more pieces.
    pub(crate) fn covers(
        &self,
        request: &RefundRequest,
        (order, status): (OrderId, OrderStatus),
        lines: &BTreeMap<ProductId, RefundableLine>,
    ) -> Result<(), Refusal> {
        if self.order != order {
            return Err(Refusal::NotItsReturn);
        }
        if !matches!(self.status, ReturnStatus::Approved | ReturnStatus::Received) {
            return Err(Refusal::ReturnNotRefundable(self.status));
        }
        let RefundScope::Parts { lines: wanted, .. } = &request.scope else { return Ok(()) };
        for (&product, wanted) in wanted {
            let in_return = self.left.get(&product).copied().unwrap_or_default();
            // While a part of the order is left to ship, its other refunds may be of shipped pieces as well.
            let shipped = match status {
                OrderStatus::Confirmed => lines.get(&product).map(|line| line.shipped_unpaid()),
                _ => None,
            };
            let left = shipped.map_or(in_return, |shipped| in_return.min(shipped));
            if wanted.quantity > left {
                return Err(Refusal::TooManyOfReturn { product, left: left.max(0) });
            }
        }
        Ok(())
    }

    /// Whether the refund gives back no more than was paid for the pieces of the return, together with its other refunds.
    pub(crate) fn bounds(
        &self,
        refund: &PricedRefund,
        lines: &BTreeMap<ProductId, RefundableLine>,
    ) -> Result<(), Refusal> {
        let currency = refund.amount.currency;
        let step = currency.step().minor;
        let paid = self.pieces.iter().filter_map(|(product, &pieces)| {
            lines.get(product).map(|line| line.paid_for(pieces, step))
        });
        let left = (paid.sum::<i64>() - self.refunded).max(0);
        if refund.amount.minor - refund.shipping.minor > left {
            return Err(Refusal::TooMuch { left: Money { minor: left, currency } });
        }
        Ok(())
    }
}
