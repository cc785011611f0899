//! The content of emails, besides orders and disputes. Read when the email is rendered, so that it is up to date.

use crate::id::{OrderId, RefundId};
use crate::money::Money;
use crate::ordering::returns::Return;
use crate::ordering::{Fulfillment, Order, OrderReference};
use crate::payments::refund;
use time::OffsetDateTime;

/// The content of an email, and the address to send it to. Not `Debug`, so that the address cannot be logged.
#[derive(Clone)]
pub struct WithRecipient<T> {
    pub content: T,
    pub to: String,
    /// Whether it is about an order that is not paid, of a buyer who has not proven the address: its owner may be a stranger
    /// to the order. It is not sent.
    pub is_unsolicited: bool,
    /// What shows the order to a guest.
    pub guest_link: Option<GuestLink>,
}

/// The links of an order that are good now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GuestLink {
    pub order: OrderId,
    pub epoch: i32,
}

impl<T> WithRecipient<T> {
    pub fn new(content: T, to: String) -> Self {
        Self { content, to, is_unsolicited: false, guest_link: None }
    }
}

/// An email that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentEmail {
    /// What it announced: the key of the occurrence.
    pub key: String,
    /// Which email it was.
    pub kind: String,
    pub sent_at: OffsetDateTime,
}

/// A parcel that was handed over, and its order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parcel {
    pub order: Order,
    pub fulfillment: Fulfillment,
}

/// A return, and its order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnedGoods {
    pub order: Order,
    pub goods: Return,
}

/// A payment that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedPayment {
    pub order: OrderReference,
    pub amount: Money,
    /// Why, by the bank's decline code, such as `insufficient_funds`.
    pub decline_code: Option<String>,
    /// Until when the order can be paid.
    pub payable_until: Option<OffsetDateTime>,
}

/// A refund.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    pub id: RefundId,
    pub order: OrderReference,
    pub amount: Money,
    /// Stripe's id of the refund.
    pub provider: Option<String>,
    /// The code with which Stripe refused it; none if it did not, or if it failed at the bank.
    pub refusal: Option<String>,
    /// Whether it refunds a payment that succeeded after its order was cancelled.
    pub is_of_late_payment: bool,
    /// Whether its order was paid by another payment before.
    pub is_of_surplus_payment: bool,
}

impl Refund {
    /// Whether staff gave it up, because Stripe did not have it any more.
    pub fn is_gone(&self) -> bool {
        self.refusal.as_deref() == Some(refund::GONE)
    }
}

/// A product whose stock is low.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LowStock {
    pub sku: String,
    pub name: String,
    pub on_hand: i32,
    pub available: i32,
}
