//! How many pieces lie on the shelf, and how many of them are promised to customers.
//!
//! Every change of a count writes a row into `stock_moves`; the rows sum to the counts.

mod count;
mod sql;

pub use count::{Count, Counted, Refusal};
pub(crate) use sql::ALL as ALL_QUERIES;
pub(crate) use sql::{Shelf, release, reserve, ship};

use crate::db::Db;
use crate::failure::Failure;
use crate::inbox;
use count::settle;

/// Takes over what a supplier counted. News that come twice, or too late, change nothing.
pub async fn take_count(db: &Db, count: &Count) -> Result<Counted, Failure<Refusal>> {
    db.transaction(async |tx| {
        if !inbox::is_first(tx, "sync-inventory", &count.key()).await? {
            return Ok(Counted::Again);
        }
        let stock = sql::lock_stock(tx, count).await?;
        let stock = stock.ok_or_else(|| Refusal::UnknownSku(count.sku().to_owned()))?;
        if !sql::is_news(tx, &stock, count).await? {
            return Ok(Counted::Stale);
        }
        let counted = settle(&stock, count);
        if let Counted::Short { .. } = counted {
            sql::note_discrepancy(tx, &stock, count).await?;
        }
        sql::set_on_hand(tx, &stock, count, counted).await?;
        Ok(counted)
    })
    .await
}
