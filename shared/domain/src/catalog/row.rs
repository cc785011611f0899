//! Mapping of rows to products and categories.

use super::attribute::{CategoryName, Description, Price, ProductName, Sku, Weight};
use super::metadata::Metadata;
use super::{Category, Product, Status, Stock};
use crate::db::{DbError, Query};
use crate::money::{Currency, Money};
use crate::tax_category::TaxCategory;
use postgres_types::Json;
use tokio_postgres::Row;

/// The row of a statement with `returning`, which always returns one.
pub(super) fn returned(query: &Query, row: Option<Row>) -> Result<Row, DbError> {
    row.ok_or(DbError::invalid_row(query, "no row was returned"))
}

pub(super) fn read_product(query: &Query, row: &Row) -> Result<Product, DbError> {
    let invalid_row = |what| DbError::invalid_row(query, what);
    let currency =
        Currency::from_code(row.get("currency")).ok_or_else(|| invalid_row("currency"))?;
    let price = Price::from_stored(Money { minor: row.get("price_minor"), currency });
    let Json(metadata) = row.try_get("metadata").map_err(|_| invalid_row("metadata"))?;
    Ok(Product {
        id: row.get("id"),
        sku: Sku(row.get("sku")),
        name: ProductName(row.get("name")),
        description: Description(row.get("description")),
        price,
        category: row.get("category_id"),
        metadata: Metadata(metadata),
        tax_category: TaxCategory::from_stored(row.get("tax_category")),
        weight: row.get::<_, Option<i32>>("weight_grams").map(Weight),
        requires_shipping: row.get("requires_shipping"),
        status: Status::from_name(row.get("status")).ok_or_else(|| invalid_row("status"))?,
        stock: Stock { on_hand: row.get("on_hand"), reserved: row.get("reserved") },
        version: row.get("version"),
        created_at: row.get("created_at"),
        updated_at: row.get("updated_at"),
    })
}

pub(super) fn read_category(row: &Row) -> Category {
    Category {
        id: row.get("id"),
        name: CategoryName(row.get("name")),
        parent: row.get("parent_id"),
        version: row.get("version"),
        created_at: row.get("created_at"),
    }
}
