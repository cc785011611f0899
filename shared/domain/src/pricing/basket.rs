//! What is to be bought, where it goes, and how. Pure.

use super::codes::Codes;
use super::destination::Destination;
use crate::id::{CategoryId, ProductId, ShippingMethodId};
use crate::money::{Currency, MoneyError};

/// What all pieces may cost together before discounts, in minor units: 100 lines of 1000 pieces at twelve digits each. All
/// that is computed from it stays within an `i64`.
const MOST_SUBTOTAL: i128 = 100 * 1000 * 999_999_999_999;

/// The lines of one bill: each product once, by ascending id, which is the order in which remainders are given out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Basket {
    currency: Currency,
    lines: Vec<Line>,
}

/// The pieces of one product, and what the rules ask about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub product: ProductId,
    pub quantity: i32,
    /// The price of one piece in minor units of the basket's currency.
    pub unit_minor: i64,
    pub tax_category: String,
    /// The product's category and all categories above it.
    pub categories: Vec<CategoryId>,
    /// The weight of one piece, if it is known.
    pub weight_grams: Option<i32>,
    pub requires_shipping: bool,
}

/// What the buyer chose.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    pub destination: Option<Destination>,
    /// Whether the destination is only a guess, such as the country of the request.
    pub is_estimated: bool,
    pub shipping_method: Option<ShippingMethodId>,
    pub codes: Codes,
}

impl Line {
    /// The price of all pieces in minor units.
    pub(super) fn total(&self) -> i128 {
        i128::from(self.unit_minor) * i128::from(self.quantity)
    }
}

impl Basket {
    /// Adds up lines of the same product. Errors if the price of all pieces is negative or exceeds what can be computed with:
    /// never with at most 100 lines of at most 1000 pieces at at most twelve digits each.
    pub fn new(currency: Currency, mut lines: Vec<Line>) -> Result<Self, MoneyError> {
        lines.sort_by_key(|line| line.product);
        lines.dedup_by(|next, line| {
            let is_same = next.product == line.product;
            if is_same {
                line.quantity = line.quantity.saturating_add(next.quantity);
            }
            is_same
        });
        let mut subtotal = 0;
        for line in &lines {
            let total = line.total();
            subtotal += total;
            if line.quantity < 0 || total < 0 || subtotal > MOST_SUBTOTAL {
                return Err(MoneyError::TooLarge);
            }
        }
        Ok(Self { currency, lines })
    }

    pub fn currency(&self) -> Currency {
        self.currency
    }

    /// By ascending product id, each product once.
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }
}
