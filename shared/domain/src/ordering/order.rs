//! What an order is, and what it costs. Pure.

use super::address::Address;
use super::basket::Basket;
use super::cancel_reason::CancelReason;
use super::note::Note;
use super::number::{OrderNumber, OrderReference};
use super::shipment::Shipment;
use crate::failure::Invalid;
use crate::id::{OrderId, ProductId, ShippingMethodId};
use crate::money::{Currency, Money};
use crate::pricing::{BilledShipping, Codes, DiscountTarget, OrderTax, Wish};
use crate::status::{OrderStatus, PaymentIntentStatus};
use crate::text;
use crate::viewer::Holder;
use time::OffsetDateTime;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    pub id: OrderId,
    /// None for an order from before there were numbers.
    pub number: Option<OrderNumber>,
    pub holder: Holder,
    pub status: OrderStatus,
    pub lines: Vec<OrderLine>,
    pub totals: Totals,
    /// Those that took something off.
    pub discounts: Vec<OrderDiscount>,
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
    /// Pieces in parcels that are packed or shipped.
    pub fulfilled: i32,
    /// Of these, those that were handed over.
    pub shipped: i32,
    /// Pieces that are not shipped, since their money was given back before.
    pub removed: i32,
    /// How many of the pieces came back: with a return, or into stock with a refund.
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

/// A discount that an order was placed with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderDiscount {
    /// None, if it applied by itself.
    pub code: Option<String>,
    pub title: String,
    pub target: DiscountTarget,
    pub amount: Money,
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
    pub shipping_method: Option<ShippingMethodId>,
    pub discount_codes: Codes,
    /// The total that the buyer was shown: any other total is refused.
    pub expected_total: Option<Money>,
}

impl NewOrder {
    /// What its price depends on, besides the goods.
    pub(crate) fn wish(&self) -> Wish {
        Wish {
            destination: self.address.as_ref().and_then(Address::destination),
            is_estimated: false,
            shipping_method: self.shipping_method,
            codes: self.discount_codes.clone(),
        }
    }
}

impl OrderDiscount {
    /// Sorts them as orders show them.
    pub(crate) fn sorted(mut discounts: Vec<Self>) -> Vec<Self> {
        discounts.sort_by(|a, b| (a.target, &a.code, &a.title).cmp(&(b.target, &b.code, &b.title)));
        discounts
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

impl Order {
    /// What people call it.
    pub fn reference(&self) -> OrderReference {
        OrderReference { id: self.id, number: self.number }
    }
}

impl OrderLine {
    /// All that is to be shipped of a shipped order was, also where an earlier release did not count it.
    pub(super) fn completed_if_shipped(self, status: OrderStatus) -> Self {
        if status != OrderStatus::Shipped {
            return self;
        }
        let shipped = self.quantity - self.removed;
        Self { fulfilled: shipped, shipped, ..self }
    }

    /// What the buyer pays for the line.
    pub fn paid(&self) -> Money {
        Money { minor: self.total.minor - self.discount.minor + self.tax.minor, ..self.total }
    }
}

impl Totals {
    pub fn currency(&self) -> Currency {
        self.total.currency
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_one_line_without_a_card() {
        assert_eq!(Reason::parse(" paid by transfer 17 ").unwrap().text(), "paid by transfer 17");
        assert_eq!(Reason::parse(" ").unwrap_err().code, "empty");
        assert_eq!(Reason::parse("4242424242424242").unwrap_err().code, "looks_like_a_card");
    }
}
