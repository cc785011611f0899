//! What a buyer's unpaid orders hold.

use crate::db::{DbError, Tx, queries};
use crate::id::{ProductId, UserId};
use std::collections::BTreeMap;

queries! {
    /// The caller holds the lock on the buyer's orders.
    UNPAID_PIECES: "count the pieces in a buyer's unpaid orders" = "
        select line.product_id, sum(line.quantity) as pieces
        from orders join order_lines line on line.order_id = orders.id
        where orders.user_id = $1 and orders.status = 'pending' and line.product_id = any($2)
        group by line.product_id";
}

/// The pieces of these products in the buyer's unpaid orders.
pub(crate) async fn unpaid_pieces(
    tx: &Tx<'_>,
    buyer: UserId,
    products: &[ProductId],
) -> Result<BTreeMap<ProductId, i64>, DbError> {
    let rows = tx.rows(&UNPAID_PIECES, &[&buyer, &products]).await?;
    Ok(rows.iter().map(|row| (row.get("product_id"), row.get("pieces"))).collect())
}
