use domain::id::{OrderId, PaymentId, ProductId, RefundId};
use domain::money::Money;
use domain::payment::refund::{Origin, Refund, RefundLine, RefundStatus};
use domain::payment::{Payment, Status};
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

/// A try to pay an order.
#[derive(Serialize, ToSchema)]
pub(crate) struct PaymentView {
    id: PaymentId,
    order: OrderId,
    status: Status,
    /// The order's total.
    amount: Money,
    /// What was given back of it.
    refunded: Money,
    /// Stripe's id of the intent.
    #[schema(example = "pi_3PqLkd2eZvKYlo2C1b7VnXyz")]
    stripe_payment_intent: Option<String>,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    updated_at: OffsetDateTime,
}

/// Money on its way back to a buyer.
#[derive(Serialize, ToSchema)]
pub(crate) struct RefundView {
    id: RefundId,
    payment: PaymentId,
    order: OrderId,
    amount: Money,
    status: RefundStatus,
    origin: Origin,
    reason: Option<String>,
    /// The pieces that it is for; none if it is for an amount.
    lines: Vec<RefundedPieces>,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    updated_at: OffsetDateTime,
}

#[derive(Serialize, ToSchema)]
struct RefundedPieces {
    product: ProductId,
    /// Pieces.
    quantity: i32,
    /// How many of them went back on the shelf.
    restocked: i32,
}

impl From<Payment> for PaymentView {
    fn from(payment: Payment) -> Self {
        let Payment {
            id, order, status, amount, refunded, provider, created_at, updated_at, ..
        } = payment;
        Self {
            id,
            order,
            status,
            amount,
            refunded,
            stripe_payment_intent: provider,
            created_at,
            updated_at,
        }
    }
}

impl From<Refund> for RefundView {
    fn from(refund: Refund) -> Self {
        let Refund {
            id,
            payment,
            order,
            amount,
            status,
            origin,
            reason,
            lines,
            created_at,
            updated_at,
        } = refund;
        let lines = lines.into_iter().map(|RefundLine { product, quantity, restocked }| {
            RefundedPieces { product, quantity, restocked }
        });
        Self {
            id,
            payment,
            order,
            amount,
            status,
            origin,
            reason,
            lines: lines.collect(),
            created_at,
            updated_at,
        }
    }
}
