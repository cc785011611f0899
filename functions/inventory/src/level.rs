use domain::id::ProductId;
use domain::inventory::StockLevel;
use serde::Serialize;
use utoipa::ToSchema;

/// How much there is of a product.
#[derive(Serialize, ToSchema)]
pub(crate) struct StockLevelView {
    product: ProductId,
    #[schema(example = "MUG-01")]
    sku: String,
    #[schema(example = "Large mug")]
    name: String,
    /// How many there are.
    on_hand: i32,
    /// How many of them are promised to orders.
    reserved: i32,
    /// How many can still be ordered.
    available: i32,
    /// At this many available pieces or fewer, staff get a mail; null for never.
    #[schema(required)]
    low_stock_threshold: Option<i32>,
    /// Whether there are so few now.
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
