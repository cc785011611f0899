use domain::checkouts::Cart;
use domain::failure::Invalid;
use domain::id::ProductId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Pieces of a product.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WantedLine {
    product: ProductId,
    /// Pieces.
    #[schema(minimum = 1, maximum = 1000)]
    quantity: i64,
}

/// Quantities of the same product are added up.
pub(crate) fn cart(lines: Vec<WantedLine>) -> Result<Cart, Invalid> {
    Cart::new(lines.into_iter().map(|line| (line.product, line.quantity)).collect())
}

/// The lines of a cart as they were sent.
pub(crate) fn lines(cart: &Cart) -> Vec<WantedLine> {
    let lines = cart.lines().iter();
    lines.map(|line| WantedLine { product: line.product, quantity: line.quantity.into() }).collect()
}
