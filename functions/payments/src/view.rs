use domain::id::{DisputeId, OrderId, PaymentId, ProductId, RefundId};
use domain::money::Money;
use domain::payment::dispute::{Case, Dispute, DisputeStatus};
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
    /// Stripe's id of the checkout session, if it is made on Stripe's page.
    #[schema(example = "cs_test_a1b2c3d4e5f6g7h8i9j0")]
    stripe_checkout_session: Option<String>,
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

/// A buyer's complaint at the bank about a payment.
#[derive(Serialize, ToSchema)]
pub(crate) struct DisputeView {
    id: DisputeId,
    payment: PaymentId,
    order: OrderId,
    /// What is disputed; not always what the payment was over.
    amount: Money,
    status: DisputeStatus,
    /// As Stripe writes it.
    #[schema(example = "product_not_received")]
    reason: String,
    /// Until when the bank waits for the shop's side of it.
    #[serde(with = "time::serde::rfc3339::option")]
    evidence_due_at: Option<OffsetDateTime>,
    /// Stripe's id of the dispute.
    #[schema(example = "dp_1PqLkd2eZvKYlo2CbVnXyz01")]
    stripe_dispute: String,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    updated_at: OffsetDateTime,
    /// When we heard that the bank had decided, or let it be.
    #[serde(with = "time::serde::rfc3339::option")]
    closed_at: Option<OffsetDateTime>,
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
            id,
            order,
            status,
            amount,
            refunded,
            provider,
            session,
            created_at,
            updated_at,
            ..
        } = payment;
        Self {
            id,
            order,
            status,
            amount,
            refunded,
            stripe_payment_intent: provider,
            stripe_checkout_session: session,
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

impl From<Dispute> for DisputeView {
    fn from(dispute: Dispute) -> Self {
        let Dispute { id, payment, order, provider, case, created_at, updated_at, closed_at } =
            dispute;
        let Case { status, amount, reason, evidence_due } = case;
        Self {
            id,
            payment,
            order,
            amount,
            status,
            reason,
            evidence_due_at: evidence_due,
            stripe_dispute: provider,
            created_at,
            updated_at,
            closed_at,
        }
    }
}
