//! Reads the rows of orders.

use super::address::address;
use super::amounts::{self, money};
use crate::db::{DbError, Query};
use crate::email::Email;
use crate::id::ProductId;
use crate::ordering::cancel_reason::CancelReason;
use crate::ordering::note::Note;
use crate::ordering::number::OrderNumber;
use crate::ordering::order::{Order, OrderLine, Reason, Totals};
use crate::ordering::shipment::Shipment;
use crate::status::{OrderStatus, PaymentIntentStatus};
use crate::viewer::Holder;
use tokio_postgres::Row;

pub(super) fn order(query: &Query, row: &Row, lines: Vec<OrderLine>) -> Result<Order, DbError> {
    let money = |column| money(query, row, column);
    let status = status(query, row)?;
    let payment: Option<&str> = row.get("payment");
    let payment = payment.map(|name| {
        PaymentIntentStatus::from_name(name).ok_or(DbError::invalid_row(query, "payment status"))
    });
    Ok(Order {
        id: row.get("id"),
        number: number(query, row)?,
        holder: holder(query, row)?,
        status,
        lines: lines.into_iter().map(|line| line.completed_if_shipped(status)).collect(),
        totals: Totals {
            subtotal: money("subtotal_minor")?,
            discount: money("discount_minor")?,
            shipping: money("shipping_minor")?,
            tax: money("tax_minor")?,
            tax_included: money("tax_included_minor")?,
            total: money("total_minor")?,
        },
        discounts: amounts::discounts(query, row)?,
        taxes: amounts::taxes(query, row)?,
        shipping: amounts::shipping(query, row)?,
        captured: money("captured_minor")?,
        refunded: money("refunded_minor")?,
        payment: payment.transpose()?,
        created_at: row.get("created_at"),
        updated_at: row.get("updated_at"),
        expires_at: row.get("expires_at"),
        cancel_requested_at: row.get("cancel_requested_at"),
        cancelled_at: row.get("cancelled_at"),
        cancel_reason: cancel_reason(query, row)?,
        confirm_reason: row.get::<_, Option<_>>("confirm_reason").map(Reason::from_stored),
        shipped_at: row.get("shipped_at"),
        shipment: shipment(row),
        on_hold: row.get("on_hold"),
        is_disputed: row.get("is_disputed"),
        address: address(row),
        note: row.get::<_, Option<_>>("note").map(Note::from_stored),
        version: row.get("version"),
    })
}

fn holder(query: &Query, row: &Row) -> Result<Holder, DbError> {
    if let Some(user) = row.get("user_id") {
        return Ok(Holder::Account(user));
    }
    let email: Option<String> = row.get("guest_email");
    let email = email.ok_or(DbError::invalid_row(query, "an order of nobody"))?;
    Ok(Holder::Guest(Email::from_stored(email)))
}

pub(super) fn shipment(row: &Row) -> Option<Shipment> {
    let carrier: Option<_> = row.get("carrier");
    Some(Shipment::from_stored(carrier?, row.get("tracking_number"), row.get("tracking_url")))
}

pub(super) fn line(query: &Query, row: &Row) -> Result<OrderLine, DbError> {
    Ok(OrderLine {
        product: row.get::<_, ProductId>("product_id"),
        sku: row.get("sku"),
        name: row.get("name"),
        quantity: row.get("quantity"),
        unit_price: money(query, row, "unit_minor")?,
        total: money(query, row, "line_minor")?,
        discount: money(query, row, "discount_minor")?,
        tax: money(query, row, "tax_minor")?,
        tax_included: money(query, row, "tax_included_minor")?,
        tax_category: row.get("tax_category"),
        tax_rate_ppm: row.get("tax_rate_ppm"),
        fulfilled: row.get("fulfilled"),
        shipped: row.get("shipped"),
        removed: row.get("removed"),
        returned: row.get("returned"),
    })
}

pub(super) fn status(query: &Query, row: &Row) -> Result<OrderStatus, DbError> {
    OrderStatus::from_name(row.get("status")).ok_or(DbError::invalid_row(query, "status"))
}

pub(super) fn number(query: &Query, row: &Row) -> Result<Option<OrderNumber>, DbError> {
    let number: Option<&str> = row.get("number");
    let read = |number: &str| number.parse().map_err(|_| DbError::invalid_row(query, "number"));
    number.map(read).transpose()
}

pub(super) fn cancel_reason(query: &Query, row: &Row) -> Result<Option<CancelReason>, DbError> {
    let name: Option<&str> = row.get("cancel_reason");
    name.map(|name| {
        CancelReason::from_name(name).ok_or(DbError::invalid_row(query, "cancel reason"))
    })
    .transpose()
}
