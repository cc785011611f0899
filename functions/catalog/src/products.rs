//! `/v1/products`.

pub(crate) mod archive;
pub(crate) mod change;
pub(crate) mod create;
pub(crate) mod list;
pub(crate) mod show;

use domain::catalog::{Product, Status, Stock, Viewer, Weight};
use domain::id::{CategoryId, ProductId};
use domain::money::Money;
use lambda::http::ETag;
use serde::Serialize;
use std::collections::BTreeMap;
use time::OffsetDateTime;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub(crate) struct ProductView {
    id: ProductId,
    #[schema(example = "MUG-01")]
    sku: String,
    #[schema(example = "Large mug")]
    name: String,
    description: String,
    price: Money,
    #[schema(required)]
    category: Option<CategoryId>,
    metadata: BTreeMap<String, String>,
    /// What it is taxed as.
    #[schema(example = "standard")]
    tax_category: String,
    /// Of one piece; null if it is not known.
    #[schema(required)]
    weight_grams: Option<i32>,
    requires_shipping: bool,
    status: Status,
    stock: StockView,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    updated_at: OffsetDateTime,
}

#[derive(Serialize, ToSchema)]
struct StockView {
    /// Pieces in stock. Shown to staff only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = i32, required = false)]
    on_hand: Option<i32>,
    /// Pieces reserved for orders. Shown to staff only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = i32, required = false)]
    reserved: Option<i32>,
    /// Pieces that can be ordered: on hand and not reserved.
    available: i32,
}

impl ProductView {
    fn new(product: Product, viewer: Viewer) -> Self {
        let Product {
            id, sku, name, description, price, category, metadata, status, stock, ..
        } = product;
        Self {
            id,
            sku: sku.into(),
            name: name.into(),
            description: description.into(),
            price: price.money(),
            category,
            metadata: metadata.into_entries(),
            tax_category: product.tax_category.into(),
            weight_grams: product.weight.map(Weight::grams),
            requires_shipping: product.requires_shipping,
            status,
            stock: StockView::new(stock, viewer),
            created_at: product.created_at,
            updated_at: product.updated_at,
        }
    }
}

impl StockView {
    fn new(stock: Stock, viewer: Viewer) -> Self {
        let is_staff = viewer == Viewer::Staff;
        Self {
            on_hand: is_staff.then_some(stock.on_hand),
            reserved: is_staff.then_some(stock.reserved),
            available: stock.available(),
        }
    }
}

/// Includes the counts of stock that the viewer sees, because they change without a new version.
fn tag(product: &Product, viewer: Viewer) -> ETag {
    let tag = ETag::version(product.version);
    match viewer {
        Viewer::Public => tag.and(product.stock.available()),
        Viewer::Staff => tag.and(product.stock.on_hand).and(product.stock.reserved),
    }
}
