use crate::address::ShippingAddress;
use crate::expand::Expanded;
use axum::http::StatusCode;
use domain::id::{OrderId, ProductId};
use domain::idempotency::Answer;
use domain::money::Money;
use domain::ordering::{
    CancelReason, FulfillmentStatus, Note, Order, OrderLine, PaymentStatus, Shipment, Status,
    Totals,
};
use lambda::http::{Reply, Tag};
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
    shipping_address: Option<ShippingAddress>,
    note: Option<String>,
    shipment: Option<ShipmentView>,
    /// Set while a payment is disputed: the order is not shipped.
    on_hold: bool,
    /// When a pending order is given up unless it is paid.
    #[serde(with = "time::serde::rfc3339::option")]
    expires_at: Option<OffsetDateTime>,
    /// Set while the order waits for Stripe to let go of its payment.
    #[serde(with = "time::serde::rfc3339::option")]
    cancel_requested_at: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339::option")]
    cancelled_at: Option<OffsetDateTime>,
    cancel_reason: Option<CancelReason>,
    #[serde(with = "time::serde::rfc3339::option")]
    shipped_at: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    updated_at: OffsetDateTime,
    #[serde(flatten)]
    expanded: Expanded,
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
    /// How many of the pieces came back.
    returned: i32,
}

/// Who carries the order.
#[derive(Serialize, ToSchema)]
struct ShipmentView {
    carrier: String,
    tracking_number: Option<String>,
    tracking_url: Option<String>,
}

/// News of a payment change what is shown, but not the order's version.
pub(crate) fn tag(order: &Order) -> Tag {
    let tag = Tag::version(order.version);
    match PaymentStatus::of(order) {
        status
        @ (PaymentStatus::Processing | PaymentStatus::Authorized | PaymentStatus::Failed) => {
            tag.and(status.name())
        }
        _ => tag,
    }
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
            shipping_address: order.address.map(ShippingAddress::from),
            note: order.note.as_ref().map(Note::text).map(str::to_owned),
            shipment: order.shipment.as_ref().map(ShipmentView::from),
            on_hold: order.on_hold,
            expires_at: order.expires_at,
            cancel_requested_at: order.cancel_requested_at,
            cancelled_at: order.cancelled_at,
            cancel_reason: order.cancel_reason,
            shipped_at: order.shipped_at,
            created_at: order.created_at,
            updated_at: order.updated_at,
            expanded: Expanded::default(),
        }
    }
}

impl OrderView {
    /// Together with what somebody asked for.
    pub(crate) fn with(self, expanded: Expanded) -> Self {
        Self { expanded, ..self }
    }
}

impl From<&Shipment> for ShipmentView {
    fn from(shipment: &Shipment) -> Self {
        Self {
            carrier: shipment.carrier().to_owned(),
            tracking_number: shipment.tracking_number().map(str::to_owned),
            tracking_url: shipment.tracking_url().map(str::to_owned),
        }
    }
}

/// The order, as an answer that can be kept.
pub(crate) fn shown(order: &Order) -> Answer {
    Reply::answer(StatusCode::OK, &OrderView::from(order.clone()))
}

impl From<OrderLine> for LineView {
    fn from(line: OrderLine) -> Self {
        let OrderLine { product, sku, name, quantity, unit_price, total, returned } = line;
        Self { product, sku, name, quantity, unit_price, total, returned }
    }
}
