//! What mails tell, besides orders. Looked up when the mail is written: it tells how things are by then.

use crate::id::{OrderId, RefundId};
use crate::money::Money;
use time::OffsetDateTime;

/// Something to write about, and where to. Not `Debug`: an address has no place in a log.
#[derive(Clone)]
pub struct Addressed<T> {
    pub about: T,
    pub to: String,
}

/// Money that was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charge {
    pub order: OrderId,
    pub amount: Money,
    /// Until when the order waits for another try.
    pub payable_until: Option<OffsetDateTime>,
}

/// Money on its way back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    pub id: RefundId,
    pub order: OrderId,
    pub amount: Money,
    /// Stripe's id of it.
    pub provider: Option<String>,
    /// Whether it gives back a payment that came after its order was cancelled.
    pub is_of_late_payment: bool,
}

/// A product that runs out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LowStock {
    pub sku: String,
    pub name: String,
    pub on_hand: i32,
    pub available: i32,
}
