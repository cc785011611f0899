//! Orders in an export.

use super::ExportedEmail;
use super::given_back::{ExportedRefund, ExportedReturn};
use domain::id::{OrderId, PaymentId, ProductId};
use domain::money::Money;
use domain::ordering::{
    Address, AddressParts, CancelReason, FulfillmentStatus, Note, Order, OrderDiscount, OrderLine,
    OrderNumber, PaymentStatus, Shipment, Status, TimelineEntry, Totals,
};
use domain::payments::{Payment, Status as IntentStatus};
use domain::pricing::DiscountTarget;
use domain::workflows::ExportedOrder;
use lambda::http::{ShippingMethodView, TaxView};
use serde::Serialize;
use serde_json::Value;
use time::OffsetDateTime;
use utoipa::ToSchema;

/// An order with all that happened to it.
#[derive(Serialize, ToSchema)]
pub(super) struct ExportedOrderView {
    id: OrderId,
    number: Option<OrderNumber>,
    status: Status,
    payment_status: PaymentStatus,
    fulfillment_status: FulfillmentStatus,
    lines: Vec<ExportedLine>,
    subtotal: Money,
    discount: Money,
    shipping: Money,
    tax: Money,
    tax_included: Money,
    total: Money,
    discounts: Vec<ExportedDiscount>,
    taxes: Vec<TaxView>,
    shipping_method: Option<ShippingMethodView>,
    refunded: Money,
    shipping_address: Option<ExportedAddress>,
    note: Option<String>,
    shipment: Option<ExportedShipment>,
    on_hold: bool,
    cancel_reason: Option<CancelReason>,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    updated_at: OffsetDateTime,
    /// Oldest first, a thousand at most.
    events: Vec<ExportedEvent>,
    payments: Vec<ExportedPayment>,
    refunds: Vec<ExportedRefund>,
    returns: Vec<ExportedReturn>,
    /// Emails about the order of the last 90 days, oldest first.
    emails: Vec<ExportedEmail>,
}

/// A product as it was when the order was placed.
#[derive(Serialize, ToSchema)]
struct ExportedLine {
    product: ProductId,
    sku: String,
    name: String,
    quantity: i32,
    unit_price: Money,
    total: Money,
    discount: Money,
    tax: Money,
    tax_included: Money,
    paid: Money,
    fulfilled: i32,
    shipped: i32,
    removed: i32,
    returned: i32,
}

/// A discount that an order was placed with.
#[derive(Serialize, ToSchema)]
struct ExportedDiscount {
    code: Option<String>,
    title: String,
    target: DiscountTarget,
    amount: Money,
}

/// The address of an order.
#[derive(Serialize, ToSchema)]
struct ExportedAddress {
    name: String,
    company: Option<String>,
    line1: String,
    line2: Option<String>,
    postal_code: Option<String>,
    city: String,
    region: Option<String>,
    country: String,
    phone: Option<String>,
}

/// The carrier and the tracking of an order.
#[derive(Serialize, ToSchema)]
struct ExportedShipment {
    carrier: String,
    tracking_number: Option<String>,
    tracking_url: Option<String>,
}

/// Something that happened to an order.
#[derive(Serialize, ToSchema)]
struct ExportedEvent {
    /// As in the events of an order for staff.
    #[serde(rename = "type")]
    #[schema(example = "order_placed")]
    kind: &'static str,
    #[serde(with = "time::serde::rfc3339")]
    at: OffsetDateTime,
    /// Whether the person did it.
    by_owner: bool,
    /// Details that depend on the type: `amount`, `reason`, `carrier`, …
    #[schema(value_type = Object)]
    data: Value,
}

/// A payment, successful or not.
#[derive(Serialize, ToSchema)]
struct ExportedPayment {
    id: PaymentId,
    status: IntentStatus,
    amount: Money,
    refunded: Money,
    /// Stripe's id of the `PaymentIntent`.
    stripe_payment_intent: Option<String>,
    /// Why the last attempt to pay failed, as the bank says it.
    decline_code: Option<String>,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    updated_at: OffsetDateTime,
}

impl From<ExportedOrder> for ExportedOrderView {
    fn from(exported: ExportedOrder) -> Self {
        let ExportedOrder { order, timeline, payments, refunds, returns, emails } = exported;
        let (payment_status, fulfillment_status) =
            (PaymentStatus::of(&order), FulfillmentStatus::of(&order));
        let Order { lines, totals, discounts, taxes, address, note, shipment, .. } = order;
        let Totals { subtotal, discount, shipping, tax, tax_included, total } = totals;
        Self {
            id: order.id,
            number: order.number,
            status: order.status,
            payment_status,
            fulfillment_status,
            lines: lines.into_iter().map(ExportedLine::from).collect(),
            subtotal,
            discount,
            shipping,
            tax,
            tax_included,
            total,
            discounts: discounts.into_iter().map(ExportedDiscount::from).collect(),
            taxes: taxes.into_iter().map(TaxView::from).collect(),
            shipping_method: order.shipping.map(ShippingMethodView::from),
            refunded: order.refunded,
            shipping_address: address.map(ExportedAddress::from),
            note: note.as_ref().map(Note::text).map(str::to_owned),
            shipment: shipment.as_ref().map(ExportedShipment::from),
            on_hold: order.on_hold,
            cancel_reason: order.cancel_reason,
            created_at: order.created_at,
            updated_at: order.updated_at,
            events: timeline.into_iter().map(ExportedEvent::from).collect(),
            payments: payments.into_iter().map(ExportedPayment::from).collect(),
            refunds: refunds.into_iter().map(ExportedRefund::from).collect(),
            returns: returns.into_iter().map(ExportedReturn::from).collect(),
            emails: emails.into_iter().map(ExportedEmail::from).collect(),
        }
    }
}

impl From<OrderLine> for ExportedLine {
    fn from(line: OrderLine) -> Self {
        let paid = line.paid();
        let OrderLine { product, sku, name, quantity, unit_price, total, discount, tax, .. } = line;
        let OrderLine { tax_included, fulfilled, shipped, removed, returned, .. } = line;
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

impl From<OrderDiscount> for ExportedDiscount {
    fn from(discount: OrderDiscount) -> Self {
        let OrderDiscount { code, title, target, amount } = discount;
        Self { code, title, target, amount }
    }
}

impl From<Address> for ExportedAddress {
    fn from(address: Address) -> Self {
        let AddressParts { name, company, line1, line2, postal_code, city, region, country, phone } =
            address.into_parts();
        Self { name, company, line1, line2, postal_code, city, region, country, phone }
    }
}

impl From<&Shipment> for ExportedShipment {
    fn from(shipment: &Shipment) -> Self {
        Self {
            carrier: shipment.carrier().to_owned(),
            tracking_number: shipment.tracking_number().map(str::to_owned),
            tracking_url: shipment.tracking_url().map(str::to_owned),
        }
    }
}

impl From<TimelineEntry> for ExportedEvent {
    fn from(TimelineEntry { what, at, actor, .. }: TimelineEntry) -> Self {
        Self { kind: what.name(), at, by_owner: actor.is_some(), data: what.details() }
    }
}

impl From<Payment> for ExportedPayment {
    fn from(payment: Payment) -> Self {
        let Payment { id, status, amount, refunded, provider, decline_code, created_at, .. } =
            payment;
        Self {
            id,
            status,
            amount,
            refunded,
            stripe_payment_intent: provider,
            decline_code,
            created_at,
            updated_at: payment.updated_at,
        }
    }
}
