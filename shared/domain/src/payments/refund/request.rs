//! What is requested to be refunded. Pure.

use crate::failure::Invalid;
use crate::id::{ProductId, ReturnId};
use crate::money::Money;
use crate::text;
use std::collections::BTreeMap;

/// A request to refund (a part of) a payment, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundRequest {
    pub scope: RefundScope,
    pub reason: Option<String>,
    /// The return that it gives the money back for. Its goods go back into stock when they arrive.
    pub of_return: Option<ReturnId>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefundScope {
    /// All that is left of the payment.
    Remainder,
    Amount(Money),
    /// What was paid for these pieces, and for shipping if it says so. Never nothing of both.
    Parts {
        lines: BTreeMap<ProductId, LineRefund>,
        shipping: bool,
    },
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

impl RefundRequest {
    /// All that is left, or an amount, or parts: lines, shipping, or both of them.
    pub fn new(
        amount: Option<Money>,
        lines: Option<Vec<RequestedLine>>,
        shipping: bool,
        reason: Option<&str>,
    ) -> Result<Self, Invalid> {
        let ambiguous = |pointer| {
            Invalid::new(pointer, "ambiguous", "name an amount, or lines and shipping, not both")
        };
        let scope = match (amount, lines) {
            (Some(_), Some(_)) => return Err(ambiguous("/lines")),
            (Some(_), None) if shipping => return Err(ambiguous("/shipping")),
            (Some(amount), None) if amount.minor >= 1 => RefundScope::Amount(amount),
            (Some(_), None) => {
                let detail = "must be at least one minor unit";
                return Err(Invalid::new("/amount/amount", "out_of_range", detail));
            }
            (None, Some(lines)) => RefundScope::Parts { lines: pieces(&lines)?, shipping },
            (None, None) if shipping => RefundScope::Parts { lines: BTreeMap::new(), shipping },
            (None, None) => RefundScope::Remainder,
        };
        let reason = reason.map(|reason| text::line("/reason", reason, 500)).transpose()?;
        Ok(Self { scope, reason, of_return: None })
    }

    /// The same, as the money of a return: its pieces go back into stock when they arrive.
    pub fn for_return(self, of_return: Option<ReturnId>) -> Result<Self, Invalid> {
        let invalid = |code, detail| Err(Invalid::new("/lines", code, detail));
        match &self.scope {
            RefundScope::Remainder if of_return.is_some() => {
                invalid("missing", "name the pieces of the return, or an amount")
            }
            RefundScope::Parts { lines, .. }
                if of_return.is_some() && lines.values().any(|pieces| pieces.restock > 0) =>
            {
                invalid(
                    "of_return",
                    "must not be restocked: the pieces of a return are when they arrive",
                )
            }
            _ => Ok(Self { of_return, ..self }),
        }
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

#[cfg(test)]
mod tests;
