//! `expand=`: what belongs to orders and is shown with them if somebody asks for it.

use domain::db::{Db, DbError};
use domain::id::{OrderId, PaymentId, ProductId, RefundId};
use domain::money::Money;
use domain::ordering::Viewer;
use domain::payment::refund::{self, Origin, Refund, RefundLine, RefundStatus};
use domain::payment::{self, Payment, Status};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use time::OffsetDateTime;
use utoipa::ToSchema;

/// What shall be shown with each order; nothing unless somebody asks.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Expand {
    payments: bool,
    refunds: bool,
}

impl TryFrom<String> for Expand {
    type Error = String;

    fn try_from(raw: String) -> Result<Self, String> {
        let mut wish = Self::default();
        for name in raw.split(',') {
            match name {
                "payments" => wish.payments = true,
                "refunds" => wish.refunds = true,
                other => return Err(format!("expand knows payments and refunds, not {other:?}")),
            }
        }
        Ok(wish)
    }
}

/// What is shown with one order, as far as it was asked for.
#[derive(Default, Serialize, ToSchema)]
pub(crate) struct Expanded {
    /// Every try to pay it, the first one first. Only with `expand=payments`.
    #[serde(skip_serializing_if = "Option::is_none")]
    payments: Option<Vec<PaymentOfOrder>>,
    /// What went back of its money, the first one first. Only with `expand=refunds`.
    #[serde(skip_serializing_if = "Option::is_none")]
    refunds: Option<Vec<RefundOfOrder>>,
}

/// A try to pay the order.
#[derive(Serialize, ToSchema)]
struct PaymentOfOrder {
    id: PaymentId,
    status: Status,
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

/// Money on its way back to the buyer.
#[derive(Serialize, ToSchema)]
struct RefundOfOrder {
    id: RefundId,
    payment: PaymentId,
    amount: Money,
    status: RefundStatus,
    origin: Origin,
    /// For the record; only staff see it.
    reason: Option<String>,
    /// The pieces that it is for; none if it is for an amount.
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
    /// How many of them went back on the shelf.
    restocked: i32,
}

/// What was asked for, by order.
pub(crate) struct Found {
    wish: Expand,
    viewer: Viewer,
    payments: HashMap<OrderId, Vec<Payment>>,
    refunds: HashMap<OrderId, Vec<Refund>>,
}

impl Expand {
    /// Looks it up for orders that the viewer may see: with one statement for each kind, however many orders there are.
    pub(crate) async fn look_up(
        self,
        db: &Db,
        viewer: Viewer,
        orders: &[OrderId],
    ) -> Result<Found, DbError> {
        let (mut payments, mut refunds) =
            (HashMap::<_, Vec<_>>::new(), HashMap::<_, Vec<_>>::new());
        if self.payments && !orders.is_empty() {
            for payment in payment::of_orders(db, orders).await? {
                payments.entry(payment.order).or_default().push(payment);
            }
        }
        if self.refunds && !orders.is_empty() {
            for refund in refund::of_orders(db, orders).await? {
                refunds.entry(refund.order).or_default().push(refund);
            }
        }
        Ok(Found { wish: self, viewer, payments, refunds })
    }
}

impl Found {
    /// What changes whenever something does that is shown and is not part of the order; nothing if nothing is.
    pub(crate) fn stamp(&self) -> Option<String> {
        let payments = self.payments.values().flatten().map(|payment| payment.updated_at);
        let refunds = self.refunds.values().flatten().map(|refund| refund.updated_at);
        let times: Vec<_> = payments.chain(refunds).collect();
        let newest = times.iter().max().map_or(0, |at| at.unix_timestamp_nanos());
        let Expand { payments, refunds } = self.wish;
        let kinds = [(payments, 'p'), (refunds, 'r')].into_iter().filter(|(asked, _)| *asked);
        let kinds: String = kinds.map(|(_, kind)| kind).collect();
        (!kinds.is_empty()).then(|| format!("{kinds}{}.{newest}", times.len()))
    }

    pub(crate) fn take(&mut self, order: OrderId) -> Expanded {
        let for_staff = self.viewer == Viewer::Staff;
        let payments = self.wish.payments.then(|| self.payments.remove(&order).unwrap_or_default());
        let refunds = self.wish.refunds.then(|| self.refunds.remove(&order).unwrap_or_default());
        let shown = |refund| RefundOfOrder::new(refund, for_staff);
        Expanded {
            payments: payments.map(|list| list.into_iter().map(PaymentOfOrder::from).collect()),
            refunds: refunds.map(|list| list.into_iter().map(shown).collect()),
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
        let pieces = |RefundLine { product, quantity, restocked }| PiecesOfRefund {
            product,
            quantity,
            restocked,
        };
        Self {
            id: refund.id,
            payment: refund.payment,
            amount: refund.amount,
            status: refund.status,
            origin: refund.origin,
            reason: refund.reason.filter(|_| for_staff),
            lines: refund.lines.into_iter().map(pieces).collect(),
            created_at: refund.created_at,
            updated_at: refund.updated_at,
        }
    }
}
