//! The statement that says how much of a return can be refunded.

use crate::db::{DbError, Tx, queries};
use crate::id::ReturnId;
use crate::payments::refund::returned::RefundableReturn;
use crate::status::ReturnStatus;

queries! {
    RETURNED: "look up what of a return was not refunded" = "
        select t.order_id, t.status, l.product_id, coalesce(l.received, l.quantity) as in_return,
               (select coalesce(sum(r.amount_minor - r.shipping_minor), 0)::int8
                from payments p join refunds r on r.payment_id = p.id
                where p.order_id = t.order_id and r.return_id = t.id
                  and r.status not in ('failed', 'canceled')) as refunded,
               (coalesce(l.received, l.quantity)
                - coalesce((select sum(back.quantity)
                            from payments p join refunds r on r.payment_id = p.id join refund_lines back on back.refund_id = r.id
                            where p.order_id = t.order_id and r.return_id = t.id and back.product_id = l.product_id
                              and r.status not in ('failed', 'canceled')), 0))::int4 as pieces
        from returns t join return_lines l on l.return_id = t.id
        where t.id = $1
        order by l.product_id";
}

pub(crate) async fn refundable_return(
    tx: &Tx<'_>,
    id: ReturnId,
) -> Result<Option<RefundableReturn>, DbError> {
    let rows = tx.rows(&RETURNED, &[&id]).await?;
    let Some(first) = rows.first() else { return Ok(None) };
    let status = ReturnStatus::from_name(first.get("status"));
    let status = status.ok_or(DbError::invalid_row(&RETURNED, "status"))?;
    let left = rows.iter().map(|row| (row.get("product_id"), row.get("pieces"))).collect();
    let pieces = rows.iter().map(|row| (row.get("product_id"), row.get("in_return"))).collect();
    let (order, refunded) = (first.get("order_id"), first.get("refunded"));
    Ok(Some(RefundableReturn { order, status, left, pieces, refunded }))
}
