//! The statements behind the lines of refunds.

use crate::db::{DbError, Tx, queries};
use crate::id::{OrderId, ProductId, RefundId};
use crate::payments::refund::request::{LineRefund, RefundableLine};
use std::collections::BTreeMap;

queries! {
    /// The pieces of a failed refund can be refunded again; what it returned to stock stays there.
    REFUNDABLE: "look up the pieces that were not refunded" = "
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

pub(crate) async fn refundable_lines(
    tx: &Tx<'_>,
    order: OrderId,
) -> Result<BTreeMap<ProductId, RefundableLine>, DbError> {
    let rows = tx.rows(&REFUNDABLE, &[&order]).await?;
    rows.iter()
        .map(|row| {
            let piece = RefundableLine {
                unit_price: super::money(&REFUNDABLE, row, "unit_minor")?,
                left: row.get("left_pieces"),
                not_returned: row.get("left_outside"),
            };
            Ok((row.get("product_id"), piece))
        })
        .collect()
}

pub(super) async fn insert(
    tx: &Tx<'_>,
    refund: RefundId,
    lines: &BTreeMap<ProductId, LineRefund>,
) -> Result<(), DbError> {
    let products: Vec<_> = lines.keys().copied().collect();
    let quantities: Vec<_> = lines.values().map(|pieces| pieces.quantity).collect();
    let restocked: Vec<_> = lines.values().map(|pieces| pieces.restock).collect();
    tx.execute(&INSERT_LINES, &[&refund, &products, &quantities, &restocked]).await.map(drop)
}
