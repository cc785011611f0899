//! The query parameter `expand`: payments and refunds included in the response with their orders.

use domain::db::{Db, DbError};
use domain::id::{OrderId, PaymentId, ProductId, RefundId};
use domain::money::Money;
use domain::ordering::Viewer;
use domain::payments::refund::{self, Origin, Refund, RefundLine, RefundStatus};
use domain::payments::{self, Payment, Status};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use time::OffsetDateTime;
use utoipa::ToSchema;

/// What to include with each order; nothing by default.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Expand {
    payments: bool,
    refunds: bool,
}

impl TryFrom<String> for Expand {
    type Error = String;

    fn try_from(raw: String) -> Result<Self, String> {
        let mut expand = Self::default();
        for name in raw.split(',') {
            match name {
                "payments" => expand.payments = true,
                "refunds" => expand.refunds = true,
                other => return Err(format!("expand takes payments and refunds, not {other:?}")),
            }
        }
        Ok(expand)
    }
}

/// What is included with one order.
#[derive(Default, Serialize, ToSchema)]
pub(crate) struct Expanded {
    /// All payments of the order, oldest first. Only with `expand=payments`.
    #[serde(skip_serializing_if = "Option::is_none")]
    payments: Option<Vec<PaymentOfOrder>>,
    /// All refunds of the order, oldest first. Only with `expand=refunds`.
    #[serde(skip_serializing_if = "Option::is_none")]
    refunds: Option<Vec<RefundOfOrder>>,
}

/// A payment of the order, successful or not.
#[derive(Serialize, ToSchema)]
struct PaymentOfOrder {
    id: PaymentId,
    status: Status,
    amount: Money,
    /// The refunded amount.
    refunded: Money,
    /// Stripe's id of the `PaymentIntent`.
    #[schema(example = "pi_3PqLkd2eZvKYlo2C1b7VnXyz")]
    stripe_payment_intent: Option<String>,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    updated_at: OffsetDateTime,
}

/// A refund of the order.
#[derive(Serialize, ToSchema)]
struct RefundOfOrder {
    id: RefundId,
    payment: PaymentId,
    amount: Money,
    status: RefundStatus,
    origin: Origin,
    /// An internal note, shown to staff only.
    reason: Option<String>,
    /// Of the amount, what was paid for shipping.
    shipping: Money,
    /// The tax in the amount.
    tax: Money,
    /// The refunded pieces; empty for a refund by amount.
    lines: Vec<PiecesOfRefund>,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    updated_at: OffsetDateTime,
}

#[derive(Serialize, ToSchema)]
struct PiecesOfRefund {
    product: ProductId,
    /// Pieces.
    quantity: i32,
    /// Pieces that were returned to stock.
    restocked: i32,
    amount: Money,
    /// The tax in the amount.
    tax: Money,
}

/// The payments and refunds of a list of orders, as far as requested.
pub(crate) struct Expansions {
    expand: Expand,
    viewer: Viewer,
    payments: HashMap<OrderId, Vec<Payment>>,
    refunds: HashMap<OrderId, Vec<Refund>>,
}

impl Expand {
    /// Loads payments and refunds with one query each, which are sent together. The caller has checked that the viewer may see the orders.
    pub(crate) async fn load(
        self,
        db: &Db,
        viewer: Viewer,
        orders: &[OrderId],
    ) -> Result<Expansions, DbError> {
        let (all_payments, all_refunds) = match (self.payments, self.refunds) {
            _ if orders.is_empty() => (Vec::new(), Vec::new()),
            (true, true) => payments::of_orders_with_refunds(db, orders).await?,
            (true, false) => (payments::of_orders(db, orders).await?, Vec::new()),
            (false, true) => (Vec::new(), refund::of_orders(db, orders).await?),
            (false, false) => (Vec::new(), Vec::new()),
        };
        let mut payments = HashMap::<_, Vec<_>>::new();
        for payment in all_payments {
            payments.entry(payment.order).or_default().push(payment);
        }
        let mut refunds = HashMap::<_, Vec<_>>::new();
        for refund in all_refunds {
            refunds.entry(refund.order).or_default().push(refund);
        }
        Ok(Expansions { expand: self, viewer, payments, refunds })
    }
}

impl Expansions {
    /// The part of an entity tag that changes with the included payments and refunds; `None` if none were requested.
    pub(crate) fn version(&self) -> Option<String> {
        let payments = self.payments.values().flatten().map(|payment| payment.updated_at);
        let refunds = self.refunds.values().flatten().map(|refund| refund.updated_at);
        let times: Vec<_> = payments.chain(refunds).collect();
        let newest = times.iter().max().map_or(0, |at| at.unix_timestamp_nanos());
        let Expand { payments, refunds } = self.expand;
        let kinds = [(payments, 'p'), (refunds, 'r')].into_iter().filter(|(wanted, _)| *wanted);
        let kinds: String = kinds.map(|(_, kind)| kind).collect();
        (!kinds.is_empty()).then(|| format!("{kinds}{}.{newest}", times.len()))
    }

    pub(crate) fn take(&mut self, order: OrderId) -> Expanded {
        let for_staff = self.viewer == Viewer::Staff;
        let Expand { payments, refunds } = self.expand;
        let payments = payments.then(|| self.payments.remove(&order).unwrap_or_default());
        let refunds = refunds.then(|| self.refunds.remove(&order).unwrap_or_default());
        let refund_view = |refund| RefundOfOrder::new(refund, for_staff);
        Expanded {
            payments: payments.map(|list| list.into_iter().map(PaymentOfOrder::from).collect()),
            refunds: refunds.map(|list| list.into_iter().map(refund_view).collect()),
        }
    }
}

impl From<Payment> for PaymentOfOrder {
    fn from(payment: Payment) -> Self {
        let Payment { id, status, amount, refunded, provider, created_at, updated_at, .. } =
            payment;
        let stripe_payment_intent = provider;
        Self { id, status, amount, refunded, stripe_payment_intent, created_at, updated_at }
    }
}

impl RefundOfOrder {
    fn new(refund: Refund, for_staff: bool) -> Self {
        let pieces = |line: RefundLine| {
            let RefundLine { product, quantity, restocked, amount, tax, .. } = line;
            PiecesOfRefund { product, quantity, restocked, amount, tax }
        };
        Self {
            id: refund.id,
            payment: refund.payment,
            amount: refund.amount,
            status: refund.status,
            origin: refund.origin,
            reason: refund.reason.filter(|_| for_staff),
            shipping: refund.shipping,
            tax: refund.tax,
            lines: refund.lines.into_iter().map(pieces).collect(),
            created_at: refund.created_at,
            updated_at: refund.updated_at,
        }
    }
}
