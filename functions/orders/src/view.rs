use crate::address::ShippingAddress;
use crate::bill::OrderDiscountView;
use crate::expand::Expanded;
use axum::http::StatusCode;
use domain::email::Email;
use domain::id::{OrderId, ProductId};
use domain::idempotency::RecordedResponse;
use domain::money::Money;
use domain::notice::Notice;
use domain::ordering::{
    Address, CancelReason, FulfillmentStatus, Note, Order, OrderLine, OrderNumber, PaymentStatus,
    Shipment, Status, Totals,
};
use lambda::http::{ETag, IdempotentResponse, ShippingMethodView, TaxView};
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

/// An order. `total = subtotal - discount + shipping + tax`, all in one currency. What its prices, taxes and shipping were
/// when it was placed or last edited, they stay.
#[derive(Serialize, ToSchema)]
pub(crate) struct OrderView {
    id: OrderId,
    /// What people call the order; null for those from before there were numbers.
    number: Option<OrderNumber>,
    /// The address of a guest; null for an order of an account.
    email: Option<String>,
    status: Status,
    payment_status: PaymentStatus,
    fulfillment_status: FulfillmentStatus,
    lines: Vec<LineView>,
    subtotal: Money,
    discount: Money,
    shipping: Money,
    /// What is added to the prices.
    tax: Money,
    /// The tax that the prices contain, no part of the sum; one of both is zero.
    tax_included: Money,
    total: Money,
    /// Those that took something off, with or without a code.
    discounts: Vec<OrderDiscountView>,
    /// Each component and rate, once.
    taxes: Vec<TaxView>,
    /// How it is shipped, if a method was chosen.
    shipping_method: Option<ShippingMethodView>,
    /// The refunded amount.
    refunded: Money,
    shipping_address: Option<ShippingAddress>,
    /// What was accepted, but may be wrong, such as a postal code that is unlike those of its country.
    warnings: Vec<Notice>,
    note: Option<String>,
    shipment: Option<ShipmentView>,
    /// True while a payment is disputed, or may be fraud; the order cannot be shipped.
    on_hold: bool,
    /// When a pending order expires unless it is paid.
    #[serde(with = "time::serde::rfc3339::option")]
    expires_at: Option<OffsetDateTime>,
    /// Set when the cancellation was requested; the order is cancelled once its payment is canceled at Stripe.
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

/// A product as it was when the order was placed.
#[derive(Serialize, ToSchema)]
struct LineView {
    product: ProductId,
    sku: String,
    name: String,
    /// Pieces.
    quantity: i32,
    unit_price: Money,
    /// Quantity times unit price.
    total: Money,
    discount: Money,
    /// What is added to the price.
    tax: Money,
    /// The tax that the price contains.
    tax_included: Money,
    /// What the buyer pays for the line: `total - discount + tax`.
    paid: Money,
    /// Pieces in parcels, packed or shipped.
    fulfilled: i32,
    /// Of these, the pieces that were handed over to a carrier.
    shipped: i32,
    /// Pieces that are not shipped, since they were refunded before. `quantity - fulfilled - removed` are left to ship.
    removed: i32,
    /// Pieces that came back: with a return, or into stock with a refund.
    returned: i32,
}

/// The carrier of a parcel and its tracking; of an order, those of its last parcel.
#[derive(Serialize, ToSchema)]
pub(crate) struct ShipmentView {
    carrier: String,
    tracking_number: Option<String>,
    tracking_url: Option<String>,
}

/// Includes the payment status where it changes without a new version of the order, and whether there are warnings, which a
/// release may change.
pub(crate) fn tag(order: &Order) -> ETag {
    let tag = ETag::version(order.version);
    let is_warned = order.address.as_ref().is_some_and(|address| !address.warnings().is_empty());
    let tag = if is_warned { tag.and("warned") } else { tag };
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
        let Totals { subtotal, discount, shipping, tax, tax_included, total } = order.totals;
        Self {
            id: order.id,
            number: order.number,
            email: order.holder.guest().map(Email::original).map(str::to_owned),
            status: order.status,
            payment_status: PaymentStatus::of(&order),
            fulfillment_status: FulfillmentStatus::of(&order),
            lines: order.lines.into_iter().map(LineView::from).collect(),
            subtotal,
            discount,
            shipping,
            tax,
            tax_included,
            total,
            discounts: order.discounts.into_iter().map(OrderDiscountView::from).collect(),
            taxes: order.taxes.into_iter().map(TaxView::from).collect(),
            shipping_method: order.shipping.map(ShippingMethodView::from),
            refunded: order.refunded,
            warnings: order.address.as_ref().map(Address::warnings).unwrap_or_default(),
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
    /// Adds the included payments and refunds.
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

/// A 200 response with the order, to be recorded.
pub(crate) fn order_response(order: &Order) -> RecordedResponse {
    IdempotentResponse::record(StatusCode::OK, &OrderView::from(order.clone()))
}

impl From<OrderLine> for LineView {
    fn from(line: OrderLine) -> Self {
        let paid = line.paid();
        let OrderLine { tax_included, fulfilled, shipped, removed, returned, .. } = line;
        let OrderLine { product, sku, name, quantity, unit_price, total, discount, tax, .. } = line;
        Self {
            product,
            sku,
            name,
            quantity,
            unit_price,
            total,
            discount,
            tax,
            tax_included,
            paid,
            fulfilled,
            shipped,
            removed,
            returned,
        }
    }
}
