//! The statements behind the pieces that refunds are for.

use crate::db::{DbError, Tx, queries};
use crate::id::{OrderId, ProductId, RefundId};
use crate::payment::refund::wish::{Pieces, Returnable};
use std::collections::BTreeMap;

queries! {
    /// A refund that failed frees its pieces; what it put back on the shelf stays there.
    RETURNABLE: "look up the pieces that were not refunded" = "
        select l.product_id, l.unit_minor, l.currency,
               l.quantity - coalesce(back.pieces, 0)::int4 as left_pieces,
               l.quantity - coalesce(back.restocked, 0)::int4 as left_outside
        from order_lines l
        cross join lateral (
            select sum(rl.quantity) filter (where r.status not in ('failed', 'canceled')) as pieces,
                   sum(rl.restocked) as restocked
            from refund_lines rl join refunds r on r.id = rl.refund_id join payments p on p.id = r.payment_id
            where p.order_id = l.order_id and rl.product_id = l.product_id
        ) back
        where l.order_id = $1";

    INSERT_LINES: "insert a refund's lines" = "
        insert into refund_lines (refund_id, product_id, quantity, restocked)
        select $1, * from unnest($2::uuid[], $3::int4[], $4::int4[])";
}

pub(in crate::payment::refund) async fn returnable(
    tx: &Tx<'_>,
    order: OrderId,
) -> Result<BTreeMap<ProductId, Returnable>, DbError> {
    let rows = tx.rows(&RETURNABLE, &[&order]).await?;
    rows.iter()
        .map(|row| {
            let piece = Returnable {
                unit_price: super::money(&RETURNABLE, row, "unit_minor")?,
                left: row.get("left_pieces"),
                outside: row.get("left_outside"),
            };
            Ok((row.get("product_id"), piece))
        })
        .collect()
}

pub(super) async fn insert(
    tx: &Tx<'_>,
    refund: RefundId,
    lines: &BTreeMap<ProductId, Pieces>,
) -> Result<(), DbError> {
    let products: Vec<_> = lines.keys().copied().collect();
    let quantities: Vec<_> = lines.values().map(|pieces| pieces.quantity).collect();
    let restocked: Vec<_> = lines.values().map(|pieces| pieces.restock).collect();
    tx.execute(&INSERT_LINES, &[&refund, &products, &quantities, &restocked]).await.map(drop)
}
