//! `/v1/returns`, and those of an order: goods that come back.

pub(crate) mod decide;
pub(crate) mod list;
pub(crate) mod receive;
pub(crate) mod request;
pub(crate) mod show;

use axum::http::StatusCode;
use domain::id::{OrderId, ProductId, ReturnId};
use domain::idempotency::RecordedResponse;
use domain::money::Money;
use domain::ordering::returns::{Condition, Return, ReturnLine, ReturnStatus};
use lambda::http::IdempotentResponse;
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

/// Goods of an order that come back: requested, approved or rejected, and received, unless it is cancelled.
#[derive(Serialize, ToSchema)]
#[schema(as = Return)]
pub(crate) struct ReturnView {
    id: ReturnId,
    order: OrderId,
    status: ReturnStatus,
    lines: Vec<ReturnLineView>,
    /// What was written when it was requested. Null, as the two that follow, once the buyer's data are erased.
    note: Option<String>,
    /// How the goods are to be sent back.
    instructions: Option<String>,
    /// Why it was rejected.
    reason: Option<String>,
    /// What its refunds give back, requested ones included.
    refunded: Money,
    #[serde(with = "time::serde::rfc3339")]
    requested_at: OffsetDateTime,
    /// When it was approved or rejected.
    #[serde(with = "time::serde::rfc3339::option")]
    decided_at: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339::option")]
    received_at: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339::option")]
    cancelled_at: Option<OffsetDateTime>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ReturnLine)]
struct ReturnLineView {
    product: ProductId,
    sku: String,
    name: String,
    /// Pieces that are to come back.
    quantity: i32,
    /// Pieces that arrived; null until the return is received.
    received: Option<i32>,
    /// How they arrived; null if none did.
    condition: Option<Condition>,
    /// Of the pieces that arrived, those that went back into stock.
    restocked: i32,
}

impl From<Return> for ReturnView {
    fn from(goods: Return) -> Self {
        let line = |line: ReturnLine| {
            let ReturnLine { product, sku, name, quantity, received, condition, restocked } = line;
            ReturnLineView { product, sku, name, quantity, received, condition, restocked }
        };
        Self {
            id: goods.id,
            order: goods.order,
            status: goods.status,
            lines: goods.lines.into_iter().map(line).collect(),
            note: goods.note,
            instructions: goods.instructions,
            reason: goods.reason,
            refunded: goods.refunded,
            requested_at: goods.requested_at,
            decided_at: goods.decided_at,
            received_at: goods.received_at,
            cancelled_at: goods.cancelled_at,
        }
    }
}

fn created(goods: &Return) -> RecordedResponse {
    IdempotentResponse::record(StatusCode::CREATED, &ReturnView::from(goods.clone()))
}

fn changed(goods: &Return) -> RecordedResponse {
    IdempotentResponse::record(StatusCode::OK, &ReturnView::from(goods.clone()))
}
