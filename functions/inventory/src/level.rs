use domain::id::ProductId;
use domain::inventory::StockLevel;
use serde::Serialize;
use utoipa::ToSchema;

/// The stock of a product.
#[derive(Serialize, ToSchema)]
pub(crate) struct StockLevelView {
    product: ProductId,
    #[schema(example = "MUG-01")]
    sku: String,
    #[schema(example = "Large mug")]
    name: String,
    /// Pieces in stock.
    on_hand: i32,
    /// Pieces reserved for orders.
    reserved: i32,
    /// Pieces that can be ordered: on hand and not reserved.
    available: i32,
    /// At this many available pieces or fewer, staff get an email; null for never.
    #[schema(required)]
    low_stock_threshold: Option<i32>,
    /// Whether the available pieces are at or below the threshold.
    low_stock: bool,
}

impl From<&StockLevel> for StockLevelView {
    fn from(level: &StockLevel) -> Self {
        Self {
            product: level.product,
            sku: level.sku.clone(),
            name: level.name.clone(),
            on_hand: level.on_hand,
            reserved: level.reserved,
            available: level.available(),
            low_stock_threshold: level.threshold,
            low_stock: level.is_low,
        }
    }
}
