//! An order that is about to be placed: its goods with their bill. Pure.

use super::address::Address;
use super::goods::Goods;
use super::limits::HoldLimits;
use super::note::Note;
use super::number::Placement;
use super::order::{NewOrder, Order, OrderDiscount, OrderLine, Totals};
use super::refusal::Refusal;
use crate::id::OrderId;
use crate::money::Money;
use crate::pricing::{Bill, BilledShipping, OrderTax, Problem};
use crate::status::OrderStatus;
use crate::viewer::Buyer;
use time::Duration;

/// An order that is about to be inserted.
#[derive(Clone, Debug)]
pub(crate) struct PricedOrder {
    id: OrderId,
    buyer: Buyer,
    pub(crate) status: OrderStatus,
    lines: Vec<OrderLine>,
    pub(super) totals: Totals,
    discounts: Vec<OrderDiscount>,
    taxes: Vec<OrderTax>,
    shipping: Option<BilledShipping>,
    address: Option<Address>,
    note: Option<Note>,
}

/// The version of an order as it was placed.
const FIRST_VERSION: i64 = 1;

impl PricedOrder {
    /// Freezes the bill of its goods, refused unless an order can be made of it. An order over nothing needs no payment and is
    /// confirmed at once; it is refused to a buyer who may be anybody.
    pub(crate) fn new(
        id: OrderId,
        buyer: Buyer,
        new: &NewOrder,
        goods: &Goods,
        bill: Bill,
    ) -> Result<Self, Refusal> {
        if let Some(refusal) = bill.problems.iter().find_map(|problem| refusal(problem, &bill)) {
            return Err(refusal);
        }
        if new.expected_total.is_some_and(|expected| expected != bill.total) {
            let (total, quote) = (bill.total, Box::new(goods.quote(bill)));
            return Err(Refusal::TotalChanged { total, quote });
        }
        let is_free = bill.total.minor == 0;
        if is_free && !buyer.is_proven {
            return Err(Refusal::EmailUnproven);
        }
        let discounts = bill.discounts.iter().filter(|discount| discount.amount.minor > 0);
        let discounts = discounts.map(|applied| OrderDiscount {
            code: applied.code.clone(),
            title: applied.title.clone(),
            target: applied.target,
            amount: applied.amount,
        });
        Ok(Self {
            id,
            buyer,
            status: if is_free { OrderStatus::Confirmed } else { OrderStatus::Pending },
            lines: lines(goods, &bill),
            totals: Totals::of(&bill),
            discounts: OrderDiscount::sorted(discounts.collect()),
            taxes: OrderTax::sorted(bill.taxes),
            shipping: bill.shipping,
            address: new.address.clone(),
            note: new.note.clone(),
        })
    }

    /// The order once it is placed: not paid, shipped or cancelled yet. Its stock is reserved while it waits for a payment.
    pub(super) fn placed(self, Placement { at, number }: Placement) -> Order {
        let Self { id, buyer, status, lines, totals, discounts, taxes, shipping, address, note } =
            self;
        let held = (status == OrderStatus::Pending).then(|| HoldLimits::of(&buyer).hold_seconds);
        let nothing = Money::zero(totals.currency());
        Order {
            id,
            number: Some(number),
            holder: buyer.holder,
            status,
            lines,
            totals,
            discounts,
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

    /// An order that waits for its payment, with these lines and prices in place of its own.
    pub(crate) fn replacing(self, order: Order) -> Order {
        let Self { lines, totals, discounts, taxes, shipping, .. } = self;
        let version = order.version + 1;
        Order { lines, totals, discounts, taxes, shipping, version, ..order }
    }
}

impl Totals {
    fn of(bill: &Bill) -> Self {
        Self {
            subtotal: bill.subtotal,
            discount: bill.discount,
            shipping: bill.shipping_price,
            tax: bill.tax,
            tax_included: bill.tax_included,
            total: bill.total,
        }
    }
}

/// Tax categories are kept only where something is taxed.
fn lines(goods: &Goods, bill: &Bill) -> Vec<OrderLine> {
    let is_taxed = !bill.taxes.is_empty();
    let lines = bill.lines.iter().zip(goods.labels()).map(|(line, label)| OrderLine {
        product: line.product,
        sku: label.sku.clone(),
        name: label.name.clone(),
        quantity: line.quantity,
        unit_price: line.unit_price,
        total: line.total,
        discount: line.discount,
        tax: line.tax,
        tax_included: line.tax_included,
        tax_category: is_taxed.then(|| line.tax_category.clone()),
        tax_rate_ppm: is_taxed.then_some(line.tax_rate_ppm),
        fulfilled: 0,
        shipped: 0,
        removed: 0,
        returned: 0,
    });
    lines.collect()
}

/// What keeps the bill from becoming an order. A code that has no effect does not: `expected_total` tells what the buyer agreed to.
fn refusal(problem: &Problem, bill: &Bill) -> Option<Refusal> {
    let options = || bill.shipping_options.clone();
    match problem {
        Problem::Empty => unreachable!("an order's basket is never empty"),
        Problem::OutOfStock { .. }
        | Problem::AddressIncomplete { .. }
        | Problem::EmailRequired
        | Problem::EmailUnproven => {
            unreachable!("a bill looks at no stock, no whole address and no account")
        }
        Problem::NotForSale { product, .. } => Some(Refusal::NotForSale(*product)),
        Problem::AmountNotPayable { line } => Some(Refusal::NotForSale(bill.lines[*line].product)),
        Problem::AddressRequired => Some(Refusal::AddressRequired),
        Problem::RegionRequired => Some(Refusal::RegionRequired),
        Problem::NoShippingThere => Some(Refusal::NoShippingThere),
        Problem::ShippingRequired => Some(Refusal::ShippingRequired(options())),
        Problem::ShippingOptionGone => Some(Refusal::ShippingOptionGone(options())),
        Problem::TotalTooSmall { least } => Some(Refusal::TooSmall { least: *least }),
        Problem::TotalTooLarge { most } => Some(Refusal::TooLarge { most: *most }),
        Problem::CodeNotValid { .. }
        | Problem::CodeEnded { .. }
        | Problem::CodeMinimum { .. }
        | Problem::CodeUsedUp { .. }
        | Problem::CodeNotCombinable { .. }
        | Problem::PriceChanged { .. }
        | Problem::TaxExempt
        | Problem::LinesAdded { .. }
        | Problem::LinesLeftOut { .. } => None,
    }
}

#[cfg(test)]
mod tests;
