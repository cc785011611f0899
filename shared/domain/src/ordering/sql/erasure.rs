//! The statements that take a person out of their orders.

use super::row::status;
use crate::db::{DbError, Tx, queries};
use crate::id::{OrderId, UserId};
use crate::status::OrderStatus;

queries! {
    LOCK_ALL_OF: "lock a buyer's orders" = "
        select id, status from orders where user_id = $1 order by id for update";

    ERASE_BUYER: "take a buyer out of their orders" = "
        update orders
        set note = null, confirm_reason = null, tracking_number = null, tracking_url = null,
            ship_to_name = null, ship_to_company = null, ship_to_line1 = null, ship_to_line2 = null,
            ship_to_postal_code = null, ship_to_city = null, ship_to_region = null, ship_to_country = null,
            ship_to_phone = null
        where user_id = $1
          and num_nonnulls(note, confirm_reason, tracking_number, tracking_url, ship_to_line1) > 0";

    ERASE_TRACKING: "take a buyer out of their parcels" = "
        update fulfillments f set tracking_number = null, tracking_url = null
        from orders o
        where o.user_id = $1 and f.order_id = o.id and num_nonnulls(f.tracking_number, f.tracking_url) > 0";

    ERASE_COMMENTS: "delete what staff wrote about a buyer's orders" = "
        update order_comments c set text = null
        from orders o
        where o.user_id = $1 and c.order_id = o.id and c.text is not null";

    ERASE_RETURNS: "delete what was written about a buyer's returns" = "
        update returns t set note = null, instructions = null, reason = null
        from orders o
        where o.user_id = $1 and t.order_id = o.id and num_nonnulls(t.note, t.instructions, t.reason) > 0";

    /// Their ids are in the routes of requests about them.
    GOODS_OF: "list a buyer's parcels and returns" = "
        select 'ful_' || replace(f.id::text, '-', '') as subject
        from fulfillments f join orders o on o.id = f.order_id where o.user_id = $1
        union all
        select 'ret_' || replace(t.id::text, '-', '')
        from returns t join orders o on o.id = t.order_id where o.user_id = $1";

    FORGET_REASONS: "delete the reasons in an erased buyer's orders" = "select forget_reasons_of($1)";

    FORGET_DISCOUNTS: "make an erased buyer's discounts nobody's" = "select forget_discounts_of($1)";
}

/// Locks all orders of a buyer, in the order in which they were placed.
pub(crate) async fn lock_all_of(
    tx: &Tx<'_>,
    buyer: UserId,
) -> Result<Vec<(OrderId, OrderStatus)>, DbError> {
    let rows = tx.rows(&LOCK_ALL_OF, &[&buyer]).await?;
    rows.iter().map(|row| Ok((row.get("id"), status(&LOCK_ALL_OF, row)?))).collect()
}

/// The ids of a buyer's parcels and returns.
pub(crate) async fn goods_of(tx: &Tx<'_>, buyer: UserId) -> Result<Vec<String>, DbError> {
    let rows = tx.rows(&GOODS_OF, &[&buyer]).await?;
    Ok(rows.iter().map(|row| row.get("subject")).collect())
}

/// Deletes addresses, notes, comments, tracking numbers and reasons, and whose the discounts were. The account is erased.
pub(crate) async fn erase_buyer(tx: &Tx<'_>, buyer: UserId) -> Result<(), DbError> {
    tx.execute(&ERASE_BUYER, &[&buyer]).await?;
    tx.execute(&ERASE_TRACKING, &[&buyer]).await?;
    tx.execute(&ERASE_COMMENTS, &[&buyer]).await?;
    tx.execute(&ERASE_RETURNS, &[&buyer]).await?;
    tx.rows(&FORGET_REASONS, &[&buyer]).await?;
    tx.rows(&FORGET_DISCOUNTS, &[&buyer]).await.map(drop)
}
