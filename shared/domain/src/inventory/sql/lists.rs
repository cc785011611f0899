//! SQL statements of lists of stock levels, movements and discrepancies.

use super::super::adjustment::Reason;
use super::super::level::{Discrepancy, DiscrepancyReason, Movement, StockFilter, StockLevel};
use crate::acknowledgement::{self, acknowledged};
use crate::db::{Db, DbError, queries};
use crate::id::ProductId;
use crate::page::{PageRequest, TextKey};
use tokio_postgres::Row;

/// The columns that [`read_level`] reads. `is_low` is computed here, because a `returning` clause is evaluated before
/// the trigger sets `low_stock`.
macro_rules! level_columns {
    () => {
        "id, sku, name, on_hand, reserved, low_stock_threshold,
               coalesce(on_hand - reserved <= low_stock_threshold, false) as is_low"
    };
}
pub(super) use level_columns;

queries! {
    LEVEL: "look up a stock level" = concat!("
        select ", level_columns!(), " from products where sku = $1 and status <> 'archived'");

    /// Of an archived product as well.
    LEVEL_OF: "look up the stock level of a product" = concat!("
        select ", level_columns!(), " from products where id = $1");

    LEVELS: "list stock levels" = concat!("
        select ", level_columns!(), "
        from products
        where status <> 'archived'
          and ($1::text is null or starts_with(sku, $1))
          and ($2::boolean is null or low_stock = $2)
          and sku > coalesce($3, '')
        order by sku
        limit $4");

    /// No "or", so that the partial index on `low_stock` is used.
    LOW_LEVELS: "list low stock levels" = concat!("
        select ", level_columns!(), "
        from products
        where status <> 'archived' and low_stock
          and ($1::text is null or starts_with(sku, $1))
          and sku > coalesce($2, '')
        order by sku
        limit $3");

    MOVEMENTS: "list stock movements" = "
        select move_id, on_hand_delta, reserved_delta, source, source_id, reason, note, actor, moved_at
        from stock_moves
        where product_id = $1 and move_id < coalesce($2, 9223372036854775807)
        order by move_id desc
        limit $3";

    DISCREPANCIES: "list stock discrepancies" = concat!("
        select d.discrepancy_id, d.product_id, coalesce(p.sku, d.sku) as sku,
               coalesce(d.reason, 'below_reserved') as reason, d.source, d.sequence, d.counted, d.reserved, d.found_at, ",
        acknowledged!("stock_discrepancy", "d.discrepancy_id::text", "''"), "
        from stock_discrepancies d left join products p on p.id = d.product_id
        where d.discrepancy_id < coalesce($1, 9223372036854775807)
        order by d.discrepancy_id desc
        limit $2");
}

/// Of the product with this SKU, or with this id.
pub(in crate::inventory) async fn level(
    db: &Db,
    named: &str,
) -> Result<Option<StockLevel>, DbError> {
    let row = match named.parse::<ProductId>() {
        Ok(product) => db.row(&LEVEL_OF, &[&product]).await?,
        Err(_) => db.row(&LEVEL, &[&named]).await?,
    };
    Ok(row.as_ref().map(read_level))
}

pub(in crate::inventory) async fn levels(
    db: &Db,
    filter: &StockFilter,
    page: &PageRequest<TextKey>,
) -> Result<Vec<StockLevel>, DbError> {
    let StockFilter { sku, is_low } = filter;
    let (after, limit) = (page.after.as_ref().map(|TextKey(sku)| sku), page.fetch_limit());
    let rows = if *is_low == Some(true) {
        db.rows(&LOW_LEVELS, &[sku, &after, &limit]).await?
    } else {
        db.rows(&LEVELS, &[sku, is_low, &after, &limit]).await?
    };
    Ok(rows.iter().map(read_level).collect())
}

pub(in crate::inventory) async fn movements(
    db: &Db,
    product: ProductId,
    page: &PageRequest<i64>,
) -> Result<Vec<Movement>, DbError> {
    let rows = db.rows(&MOVEMENTS, &[&product, &page.after, &page.fetch_limit()]).await?;
    rows.iter()
        .map(|row| {
            let reason: Option<&str> = row.get("reason");
            let reason = reason.map(|name| {
                Reason::from_name(name).ok_or(DbError::invalid_row(&MOVEMENTS, "reason"))
            });
            Ok(Movement {
                number: row.get("move_id"),
                on_hand_delta: row.get("on_hand_delta"),
                reserved_delta: row.get("reserved_delta"),
                source: row.get("source"),
                source_id: row.get("source_id"),
                reason: reason.transpose()?,
                note: row.get("note"),
                actor: row.get("actor"),
                at: row.get("moved_at"),
            })
        })
        .collect()
}

pub(in crate::inventory) async fn discrepancies(
    db: &Db,
    page: &PageRequest<i64>,
) -> Result<Vec<Discrepancy>, DbError> {
    let rows = db.rows(&DISCREPANCIES, &[&page.after, &page.fetch_limit()]).await?;
    rows.iter()
        .map(|row| {
            let reason = DiscrepancyReason::from_name(row.get("reason"));
            Ok(Discrepancy {
                number: row.get("discrepancy_id"),
                product: row.get("product_id"),
                sku: row.get("sku"),
                reason: reason.ok_or(DbError::invalid_row(&DISCREPANCIES, "reason"))?,
                source: row.get("source"),
                sequence: row.get("sequence"),
                counted: row.get("counted"),
                reserved: row.get("reserved"),
                found_at: row.get("found_at"),
                acknowledged: acknowledgement::read(&DISCREPANCIES, row)?,
            })
        })
        .collect()
}

pub(super) fn read_level(row: &Row) -> StockLevel {
    StockLevel {
        product: row.get("id"),
        sku: row.get("sku"),
        name: row.get("name"),
        on_hand: row.get("on_hand"),
        reserved: row.get("reserved"),
        threshold: row.get("low_stock_threshold"),
        is_low: row.get("is_low"),
    }
}
