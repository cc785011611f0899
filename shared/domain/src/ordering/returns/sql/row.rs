//! Reads the rows of returns.

use crate::db::{DbError, Query};
use crate::money::{Currency, Money};
use crate::ordering::returns::receipt::Condition;
use crate::ordering::returns::{Return, ReturnLine, ReturnStatus};
use postgres_types::Json;
use serde::Deserialize;
use tokio_postgres::Row;
use uuid::Uuid;

/// A line of a return, as JSON.
#[derive(Deserialize)]
struct LineRow {
    product: Uuid,
    sku: String,
    name: String,
    quantity: i32,
    received: Option<i32>,
    condition: Option<String>,
    restocked: i32,
}

pub(super) fn read_return(query: &Query, row: &Row) -> Result<Return, DbError> {
    let invalid = |column| DbError::invalid_row(query, column);
    let lines: Option<Json<Vec<LineRow>>> = row.try_get("lines").map_err(|_| invalid("lines"))?;
    let line = |line: LineRow| {
        let condition = line.condition.map(|name| Condition::from_name(&name));
        let condition = condition.map(|known| known.ok_or(invalid("condition"))).transpose()?;
        let LineRow { sku, name, quantity, received, restocked, .. } = line;
        let product = line.product.into();
        Ok(ReturnLine { product, sku, name, quantity, received, condition, restocked })
    };
    let lines = lines.map_or_else(Vec::new, |Json(lines)| lines).into_iter().map(line);
    let currency = Currency::from_code(row.get("currency")).ok_or(invalid("currency"))?;
    Ok(Return {
        id: row.get("id"),
        order: row.get("order_id"),
        status: ReturnStatus::from_name(row.get("status")).ok_or(invalid("status"))?,
        lines: lines.collect::<Result<_, DbError>>()?,
        note: row.get("note"),
        instructions: row.get("instructions"),
        reason: row.get("reason"),
        refunded: Money { minor: row.get("refunded_minor"), currency },
        requested_at: row.get("requested_at"),
        decided_at: row.get("decided_at"),
        received_at: row.get("received_at"),
        cancelled_at: row.get("cancelled_at"),
    })
}
