//! What an order is, and what it costs. Pure.

use super::address::Address;
use super::basket::Basket;
use super::cancel_reason::CancelReason;
use super::limits::HoldLimits;
use super::note::Note;
use super::refusal::{Refusal, Shortage};
use super::shipment::Shipment;
use crate::catalog::Price;
use crate::failure::Invalid;
use crate::id::{OrderId, ProductId, UserId};
use crate::inventory::ReservedLine;
use crate::money::{Currency, Money, MoneyError};
use crate::pricing::{BilledShipping, OrderTax};
use crate::status::{OrderStatus, PaymentIntentStatus};
use crate::text;
use crate::viewer::Buyer;
use std::collections::BTreeMap;
use time::{Duration, OffsetDateTime};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    pub id: OrderId,
    pub buyer: UserId,
    pub status: OrderStatus,
    pub lines: Vec<OrderLine>,
    pub totals: Totals,
    /// One entry for each component and rate.
    pub taxes: Vec<OrderTax>,
    pub shipping: Option<BilledShipping>,
    pub captured: Money,
    pub refunded: Money,
    /// The status of the newest payment; `Failed` also after a failed attempt that no other followed.
    pub payment: Option<PaymentIntentStatus>,
    pub created_at: OffsetDateTime,
    pub updated_at: OffsetDateTime,
    /// When a pending order is given up.
    pub expires_at: Option<OffsetDateTime>,
    pub cancel_requested_at: Option<OffsetDateTime>,
    pub cancelled_at: Option<OffsetDateTime>,
    pub cancel_reason: Option<CancelReason>,
    /// Set if staff confirmed it by hand.
    pub confirm_reason: Option<Reason>,
    pub shipped_at: Option<OffsetDateTime>,
    pub shipment: Option<Shipment>,
    /// A dispute holds the goods back, for good if it was lost, or a warning that the payment may be fraud.
    pub on_hold: bool,
    /// It is a dispute that holds them back.
    pub is_disputed: bool,
    pub address: Option<Address>,
    pub note: Option<Note>,
    pub version: i64,
}

/// A product as it was when it was ordered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderLine {
    pub product: ProductId,
    pub sku: String,
    pub name: String,
    pub quantity: i32,
    pub unit_price: Money,
    /// The price of its pieces, before discounts and added tax.
    pub total: Money,
    pub discount: Money,
    /// What is added to the price.
    pub tax: Money,
    /// The tax that the price contains.
    pub tax_included: Money,
    /// Null if nothing was taxed where the order goes.
    pub tax_category: Option<String>,
    /// All components together, in parts per million.
    pub tax_rate_ppm: Option<i32>,
    /// How many of the pieces were returned to stock.
    pub returned: i32,
}

/// `total = subtotal - discount + shipping + tax`, all in one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Totals {
    pub subtotal: Money,
    /// Of lines and of shipping.
    pub discount: Money,
    /// Before its discount.
    pub shipping: Money,
    /// What is added to the prices, for lines and shipping.
    pub tax: Money,
    /// The tax that the prices contain. It is no part of the sum; one of both taxes is zero.
    pub tax_included: Money,
    pub total: Money,
}

/// Why staff confirm an order by hand: one line, such as the number of a bank transfer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason(String);

/// An order as it is requested.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewOrder {
    pub basket: Basket,
    pub address: Option<Address>,
    pub note: Option<Note>,
    /// The total that the buyer was shown: any other total is refused.
    pub expected_total: Option<Money>,
}

/// An order that is about to be inserted.
#[derive(Clone, Debug)]
pub(crate) struct PricedOrder {
    pub(super) id: OrderId,
    pub(super) buyer: Buyer,
    pub(crate) status: OrderStatus,
    pub(super) lines: Vec<OrderLine>,
    pub(super) totals: Totals,
    pub(super) taxes: Vec<OrderTax>,
    pub(super) shipping: Option<BilledShipping>,
    pub(super) address: Option<Address>,
    pub(super) note: Option<Note>,
}

/// The version of an order as it was placed.
const FIRST_VERSION: i64 = 1;

impl PricedOrder {
    /// Prices the order by the lines of its products, refused unless all of them are reserved and their sum can be charged.
    /// An order over nothing needs no payment and is confirmed at once; it is refused to a buyer who may be anybody.
    pub(crate) fn new(
        id: OrderId,
        buyer: Buyer,
        new: &NewOrder,
        reserved: Vec<ReservedLine>,
    ) -> Result<Self, Refusal> {
        let mut reserved: BTreeMap<_, _> =
            reserved.into_iter().map(|item| (item.product, item)).collect();
        let mut lines = Vec::new();
        let mut short = Vec::new();
        for (product, quantity) in new.basket.lines() {
            let item = reserved.remove(&product).ok_or(Refusal::NotForSale(product))?;
            let ReservedLine { sku, name, price: unit_price, available, is_reserved, .. } = item;
            // A stored price may be one that could not be written any more, and never charged.
            Price::new(unit_price).map_err(|_| Refusal::NotForSale(product))?;
            if is_reserved {
                let nothing = Money::zero(unit_price.currency);
                let total = unit_price.times(quantity).map_err(unsummable(unit_price.currency))?;
                lines.push(OrderLine {
                    product,
                    sku,
                    name,
                    quantity,
                    unit_price,
                    total,
                    discount: nothing,
                    tax: nothing,
                    tax_included: nothing,
                    tax_category: None,
                    tax_rate_ppm: None,
                    returned: 0,
                });
            } else {
                short.push(Shortage { product, sku, requested: quantity, available });
            }
        }
        if !short.is_empty() {
            return Err(Refusal::OutOfStock(short));
        }
        let totals = Totals::of(&lines)?;
        if new.expected_total.is_some_and(|expected| expected != totals.total) {
            return Err(Refusal::TotalChanged(totals.total));
        }
        let is_free = totals.total.minor == 0;
        if is_free && !buyer.is_proven {
            return Err(Refusal::EmailUnproven);
        }
        let status = if is_free { OrderStatus::Confirmed } else { OrderStatus::Pending };
        let (address, note) = (new.address.clone(), new.note.clone());
        Ok(Self {
            id,
            buyer,
            status,
            lines,
            totals,
            taxes: Vec::new(),
            shipping: None,
            address,
            note,
        })
    }

    /// The order once it is placed: not paid, shipped or cancelled yet. Its stock is reserved while it waits for a payment.
    pub(super) fn placed(self, at: OffsetDateTime) -> Order {
        let Self { id, buyer, status, lines, totals, taxes, shipping, address, note, .. } = self;
        let held = (status == OrderStatus::Pending).then(|| HoldLimits::of(buyer).hold_seconds);
        let nothing = Money::zero(totals.currency());
        Order {
            id,
            buyer: buyer.id,
            status,
            lines,
            totals,
            taxes,
            shipping,
            captured: nothing,
            refunded: nothing,
            payment: None,
            created_at: at,
            updated_at: at,
            expires_at: held.map(|seconds| at + Duration::seconds(seconds.into())),
            cancel_requested_at: None,
            cancelled_at: None,
            cancel_reason: None,
            confirm_reason: None,
            shipped_at: None,
            shipment: None,
            on_hold: false,
            is_disputed: false,
            address,
            note,
            version: FIRST_VERSION,
        }
    }
}

impl Reason {
    pub fn parse(raw: &str) -> Result<Self, Invalid> {
        text::reject_card_number("/reason", text::line("/reason", raw, 500)?).map(Self)
    }

    /// As it was stored: parsed once, and not again.
    pub(super) fn from_stored(text: String) -> Self {
        Self(text)
    }

    pub fn text(&self) -> &str {
        &self.0
    }
}

impl OrderLine {
    /// What the buyer pays for the line.
    pub fn paid(&self) -> Money {
        Money { minor: self.total.minor - self.discount.minor + self.tax.minor, ..self.total }
    }
}

impl Totals {
    fn of(lines: &[OrderLine]) -> Result<Self, Refusal> {
        let currency = lines.first().expect("a basket is never empty").total.currency;
        let nothing = Money::zero(currency);
        let subtotal = lines.iter().try_fold(nothing, |sum, line| sum.plus(line.total));
        let subtotal = subtotal.map_err(unsummable(currency))?;
        let (least, most) = (currency.least(), currency.ceiling());
        if subtotal.minor > most.minor {
            return Err(Refusal::TooLarge { most });
        }
        if subtotal != nothing && !currency.is_chargeable(subtotal.minor) {
            return Err(Refusal::TooSmall { least });
        }
        Ok(Self {
            subtotal,
            discount: nothing,
            shipping: nothing,
            tax: nothing,
            tax_included: nothing,
            total: subtotal,
        })
    }

    pub fn currency(&self) -> Currency {
        self.total.currency
    }
}

fn unsummable(currency: Currency) -> impl Fn(MoneyError) -> Refusal {
    move |error| match error {
        MoneyError::MixedCurrencies => Refusal::MixedCurrencies,
        MoneyError::TooLarge => Refusal::TooLarge { most: currency.ceiling() },
    }
}

#[cfg(test)]
mod tests;
