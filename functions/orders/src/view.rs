use domain::id::{OrderId, ProductId};
use domain::money::Money;
use domain::ordering::{
    CancelReason, FulfillmentStatus, Order, OrderLine, PaymentStatus, Status, Totals,
};
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

/// An order. `total = subtotal - discount + shipping + tax`, all in one currency.
#[derive(Serialize, ToSchema)]
pub(crate) struct OrderView {
    id: OrderId,
    status: Status,
    payment_status: PaymentStatus,
    fulfillment_status: FulfillmentStatus,
    lines: Vec<LineView>,
    subtotal: Money,
    discount: Money,
    shipping: Money,
    tax: Money,
    total: Money,
    /// What was given back.
    refunded: Money,
    /// When a pending order is given up unless it is paid.
    #[serde(with = "time::serde::rfc3339::option")]
    expires_at: Option<OffsetDateTime>,
    /// Set while the order waits for Stripe to let go of its payment.
    #[serde(with = "time::serde::rfc3339::option")]
    cancel_requested_at: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339::option")]
    cancelled_at: Option<OffsetDateTime>,
    cancel_reason: Option<CancelReason>,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    updated_at: OffsetDateTime,
}

/// A product as it was when it was ordered.
#[derive(Serialize, ToSchema)]
struct LineView {
    product: ProductId,
    sku: String,
    name: String,
    /// Pieces.
    quantity: i32,
    unit_price: Money,
    total: Money,
}

impl From<Order> for OrderView {
    fn from(order: Order) -> Self {
        let Totals { subtotal, discount, shipping, tax, total } = order.totals;
        Self {
            id: order.id,
            status: order.status,
            payment_status: PaymentStatus::of(&order),
            fulfillment_status: FulfillmentStatus::of(&order),
            lines: order.lines.into_iter().map(LineView::from).collect(),
            subtotal,
            discount,
            shipping,
            tax,
            total,
            refunded: order.refunded,
            expires_at: order.expires_at,
            cancel_requested_at: order.cancel_requested_at,
            cancelled_at: order.cancelled_at,
            cancel_reason: order.cancel_reason,
            created_at: order.created_at,
            updated_at: order.updated_at,
        }
    }
}

impl From<OrderLine> for LineView {
    fn from(line: OrderLine) -> Self {
        let OrderLine { product, sku, name, quantity, unit_price, total } = line;
        Self { product, sku, name, quantity, unit_price, total }
    }
}
