use domain::id::{DisputeId, OrderId, PaymentId, ProductId, RefundId, ReturnId, UserId};
use domain::money::Money;
use domain::payments::dispute::{Case, Dispute, DisputeStatus};
use domain::payments::refund::{Origin, Refund, RefundLine, RefundStatus};
use domain::payments::{Payment, Status};
use domain::viewer::Viewer;
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

/// A payment of an order, successful or not.
#[derive(Serialize, ToSchema)]
pub(crate) struct PaymentView {
    id: PaymentId,
    order: OrderId,
    status: Status,
    /// The order's total, or what was received if that was less.
    amount: Money,
    /// The refunded amount.
    refunded: Money,
    /// Stripe's id of the `PaymentIntent`.
    #[schema(example = "pi_3PqLkd2eZvKYlo2C1b7VnXyz")]
    stripe_payment_intent: Option<String>,
    /// Stripe's id of the checkout session, if the buyer pays on Stripe's page.
    #[schema(example = "cs_test_a1b2c3d4e5f6g7h8i9j0")]
    stripe_checkout_session: Option<String>,
    /// Why the last attempt to pay failed, as the bank or Stripe says it. Only staff see it, for it may name a card as stolen.
    #[schema(example = "insufficient_funds")]
    #[serde(skip_serializing_if = "Option::is_none")]
    decline_code: Option<String>,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    updated_at: OffsetDateTime,
}

/// A refund of a payment.
#[derive(Serialize, ToSchema)]
pub(crate) struct RefundView {
    id: RefundId,
    payment: PaymentId,
    order: OrderId,
    amount: Money,
    status: RefundStatus,
    origin: Origin,
    /// The user who requested it, where `origin` is `api`.
    requested_by: Option<UserId>,
    reason: Option<String>,
    /// The return whose money it gives back.
    #[serde(rename = "return")]
    of_return: Option<ReturnId>,
    /// Why it failed: the reason of the bank, or the code with which Stripe refused it.
    #[schema(example = "expired_or_canceled_card")]
    failure_reason: Option<String>,
    /// Why it is pending, as Stripe names it.
    #[schema(example = "insufficient_funds")]
    pending_reason: Option<String>,
    /// Of the amount, what was paid for shipping.
    shipping: Money,
    /// The tax in the amount, added to the prices or contained in them.
    tax: Money,
    /// The refunded pieces; empty for a refund by amount.
    lines: Vec<RefundedPieces>,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    updated_at: OffsetDateTime,
}

/// A dispute of a payment, or an inquiry, which may become a dispute.
#[derive(Serialize, ToSchema)]
pub(crate) struct DisputeView {
    id: DisputeId,
    payment: PaymentId,
    order: OrderId,
    /// The disputed amount; it may differ from the payment's.
    amount: Money,
    status: DisputeStatus,
    /// The reason as Stripe names it.
    #[schema(example = "product_not_received")]
    reason: String,
    /// The deadline for the shop's evidence.
    #[serde(with = "time::serde::rfc3339::option")]
    evidence_due_at: Option<OffsetDateTime>,
    /// Stripe's id of the dispute.
    #[schema(example = "dp_1PqLkd2eZvKYlo2CbVnXyz01")]
    stripe_dispute: String,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    updated_at: OffsetDateTime,
    /// When we received the bank's decision, or the end of the inquiry.
    #[serde(with = "time::serde::rfc3339::option")]
    closed_at: Option<OffsetDateTime>,
}

#[derive(Serialize, ToSchema)]
struct RefundedPieces {
    product: ProductId,
    /// Pieces.
    quantity: i32,
    /// Pieces that were returned to stock.
    restocked: i32,
    /// What they gave back: their share of what was paid for the line.
    amount: Money,
    /// The tax in it.
    tax: Money,
    /// By how much they had been reduced.
    discount: Money,
}

impl PaymentView {
    pub(crate) fn new(payment: Payment, viewer: Viewer) -> Self {
        let Payment {
            id,
            order,
            status,
            amount,
            refunded,
            provider,
            session,
            decline_code,
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
            decline_code: decline_code.filter(|_| viewer == Viewer::Staff),
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
            requested_by,
            reason,
            of_return,
            failure,
            pending_reason,
            shipping,
            tax,
            lines,
            created_at,
            updated_at,
        } = refund;
        let pieces = |line: RefundLine| {
            let RefundLine { product, quantity, restocked, amount, tax, discount } = line;
            RefundedPieces { product, quantity, restocked, amount, tax, discount }
        };
        Self {
            id,
            payment,
            order,
            amount,
            status,
            origin,
            requested_by,
            reason,
            of_return,
            failure_reason: failure,
            pending_reason,
            shipping,
            tax,
            lines: lines.into_iter().map(pieces).collect(),
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
