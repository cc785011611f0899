//! What came back of an order, and what was paid back, in an export.

use domain::id::{PaymentId, ProductId, RefundId, ReturnId};
use domain::money::Money;
use domain::ordering::returns::{Condition, Return, ReturnLine, ReturnStatus};
use domain::payments::refund::{Origin, Refund, RefundLine, RefundStatus};
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

/// A refund.
#[derive(Serialize, ToSchema)]
pub(super) struct ExportedRefund {
    id: RefundId,
    payment: PaymentId,
    amount: Money,
    status: RefundStatus,
    origin: Origin,
    /// What staff wrote.
    reason: Option<String>,
    /// The return whose money it gives back.
    #[serde(rename = "return")]
    of_return: Option<ReturnId>,
    shipping: Money,
    tax: Money,
    lines: Vec<ExportedPieces>,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    updated_at: OffsetDateTime,
}

/// Pieces that were refunded.
#[derive(Serialize, ToSchema)]
struct ExportedPieces {
    product: ProductId,
    quantity: i32,
    restocked: i32,
    amount: Money,
    /// The tax in the amount.
    tax: Money,
}

/// A return.
#[derive(Serialize, ToSchema)]
pub(super) struct ExportedReturn {
    id: ReturnId,
    status: ReturnStatus,
    lines: Vec<ExportedReturnLine>,
    /// What was written when it was requested.
    note: Option<String>,
    /// How the goods were to be sent back.
    instructions: Option<String>,
    /// Why it was rejected.
    reason: Option<String>,
    #[serde(with = "time::serde::rfc3339")]
    requested_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option")]
    decided_at: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339::option")]
    received_at: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339::option")]
    cancelled_at: Option<OffsetDateTime>,
}

/// Pieces of a return.
#[derive(Serialize, ToSchema)]
struct ExportedReturnLine {
    product: ProductId,
    quantity: i32,
    /// Pieces that arrived.
    received: Option<i32>,
    condition: Option<Condition>,
    restocked: i32,
}

impl From<Refund> for ExportedRefund {
    fn from(refund: Refund) -> Self {
        let pieces = |line: RefundLine| {
            let RefundLine { product, quantity, restocked, amount, tax, .. } = line;
            ExportedPieces { product, quantity, restocked, amount, tax }
        };
        Self {
            id: refund.id,
            payment: refund.payment,
            amount: refund.amount,
            status: refund.status,
            origin: refund.origin,
            reason: refund.reason,
            of_return: refund.of_return,
            shipping: refund.shipping,
            tax: refund.tax,
            lines: refund.lines.into_iter().map(pieces).collect(),
            created_at: refund.created_at,
            updated_at: refund.updated_at,
        }
    }
}

impl From<Return> for ExportedReturn {
    fn from(goods: Return) -> Self {
        let line = |line: ReturnLine| {
            let ReturnLine { product, quantity, received, condition, restocked, .. } = line;
            ExportedReturnLine { product, quantity, received, condition, restocked }
        };
        Self {
            id: goods.id,
            status: goods.status,
            lines: goods.lines.into_iter().map(line).collect(),
            note: goods.note,
            instructions: goods.instructions,
            reason: goods.reason,
            requested_at: goods.requested_at,
            decided_at: goods.decided_at,
            received_at: goods.received_at,
            cancelled_at: goods.cancelled_at,
        }
    }
}
