//! The statements behind returns. They hold no rules.

mod row;

use super::receipt::{Arrived, Condition};
use super::request::{Returnable, Window};
use super::{Return, ReturnStatus};
use crate::db::{Ask, Db, DbError, Param, Tx, params, queries};
use crate::id::{OrderId, ProductId, ReturnId};
use crate::page::PageRequest;
use crate::viewer::Viewer;
use row::read_return;

/// Every column that [`read_return`] reads.
macro_rules! select_returns {
    ($rest:literal) => {
        concat!(
            "
        select t.id, t.order_id, t.status, t.note, t.instructions, t.reason, t.requested_at, t.decided_at, t.received_at,
               t.cancelled_at, o.currency,
               (select coalesce(sum(r.amount_minor), 0)::int8
                from payments p join refunds r on r.payment_id = p.id
                where p.order_id = t.order_id and r.return_id = t.id and r.status not in ('failed', 'canceled'))
                   as refunded_minor,
               (select jsonb_agg(jsonb_build_object(
                           'product', l.product_id, 'sku', sold.sku, 'name', sold.name, 'quantity', l.quantity,
                           'received', l.received, 'condition', l.condition, 'restocked', l.restocked) order by l.product_id)
                from return_lines l
                join order_lines sold on sold.order_id = t.order_id and sold.product_id = l.product_id
                where l.return_id = t.id) as lines
        from returns t join orders o on o.id = t.order_id ",
            $rest
        )
    };
}

/// Ends a return whose pieces do not come back: they can be returned again.
macro_rules! end_return {
    ($set:literal, $from:literal) => {
        concat!(
            "
        with ended as (
            update returns set ",
            $set,
            " where id = $2 and status ",
            $from,
            " returning id
        ), goods as (
            select product_id, quantity from return_lines where return_id in (select id from ended)
        )
        update order_lines l set in_returns = l.in_returns - goods.quantity
        from goods
        where l.order_id = $1 and l.product_id = goods.product_id"
        )
    };
}

queries! {
    /// Pieces that were shipped, and did not come back with a refund. The order is locked.
    RETURNABLE: "look up what of an order can come back" = "
        select l.product_id,
               (case o.status when 'shipped' then l.quantity - l.removed else l.shipped end - l.in_returns
                - coalesce((select sum(back.restocked)
                            from payments p join refunds r on r.payment_id = p.id join refund_lines back on back.refund_id = r.id
                            where p.order_id = l.order_id and back.product_id = l.product_id), 0))::int4 as pieces
        from order_lines l join orders o on o.id = l.order_id
        where l.order_id = $1
        order by l.product_id";

    /// From the last parcel on; an order of before there were parcels was shipped as a whole.
    WINDOW: "look up until when an order can come back" = "
        select shop.return_window_days is null as is_for_staff,
               last.shipped_at + make_interval(days => shop.return_window_days) as closes_at,
               coalesce(last.shipped_at + make_interval(days => shop.return_window_days) <= now(), false) as is_closed
        from shop_pricing shop
        cross join lateral (
            select coalesce(max(f.shipped_at), (select o.shipped_at from orders o where o.id = $1)) as shipped_at
            from fulfillments f where f.order_id = $1 and f.status = 'shipped') last";

    ORDER_OF: "find the order of a return" = "select order_id from returns where id = $1";

    INSERT: "insert a return" = "
        with made as (
            insert into returns (id, order_id, status, note, requested_by) values ($1, $2, 'requested', $3, acting_user())
            returning id
        ), goods as (
            insert into return_lines (return_id, product_id, quantity)
            select made.id, want.product_id, want.quantity
            from made, unnest($4::uuid[], $5::int4[]) as want (product_id, quantity)
            returning product_id, quantity
        )
        update order_lines l set in_returns = l.in_returns + goods.quantity
        from goods
        where l.order_id = $2 and l.product_id = goods.product_id";

    APPROVE: "approve a return" = "
        update returns set status = 'approved', instructions = $2, decided_at = now(), decided_by = acting_user()
        where id = $1 and status = 'requested'";

    REJECT: "reject a return" = end_return!(
        "status = 'rejected', reason = $3, decided_at = now(), decided_by = acting_user()", "= 'requested'");

    CANCEL: "cancel a return" = end_return!(
        "status = 'cancelled', cancelled_at = now(), cancelled_by = acting_user()", "in ('requested', 'approved')");

    /// Pieces that did not arrive can be returned again.
    RECEIVE: "store what arrived of a return" = "
        with arrived as (
            select * from unnest($3::uuid[], $4::int4[], $5::text[], $6::int4[])
                as arrived (product_id, received, condition, restocked)
        ), back as (
            update returns set status = 'received', received_at = now(), received_by = acting_user()
            where id = $2 and status = 'approved'
            returning id
        ), goods as (
            update return_lines l
            set received = arrived.received, condition = arrived.condition, restocked = arrived.restocked
            from arrived, back
            where l.return_id = back.id and l.product_id = arrived.product_id
            returning l.product_id, l.quantity - l.received as missing
        )
        update order_lines l set in_returns = l.in_returns - goods.missing
        from goods
        where l.order_id = $1 and l.product_id = goods.product_id and goods.missing > 0";

    FIND: "look up a return" = select_returns!("where t.id = $1");

    FIND_FOR: "look up a return of one's own order" = select_returns!("
        where t.id = $1 and ($2::uuid is null or o.user_id = $2) and ($3::uuid is null or o.id = $3 and o.user_id is null)");

    OF_ORDER: "list an order's returns" = select_returns!("
        where t.order_id = $1 and ($2::uuid is null or t.id > $2)
        order by t.id
        limit $3");

    OF_ORDERS: "look up orders' returns" = select_returns!("where t.order_id = any($1) order by t.id");

    LIST: "list returns" = select_returns!("
        where $1::uuid is null or t.id > $1
        order by t.id
        limit $2");

    LIST_IN_STATUS: "list returns in a status" = select_returns!("
        where t.status = $3 and ($1::uuid is null or t.id > $1)
        order by t.id
        limit $2");
}

pub(crate) fn returnable(order: OrderId) -> Ask<Returnable> {
    Ask::new(&RETURNABLE, params![order], |rows| {
        let pieces = rows.iter().map(|row| (row.get("product_id"), row.get("pieces")));
        Ok(Returnable(pieces.filter(|(_, pieces)| *pieces > 0).collect()))
    })
}

pub(crate) fn window(order: OrderId) -> Ask<Window> {
    Ask::new(&WINDOW, params![order], |rows| {
        let row = rows.first().ok_or(DbError::invalid_row(&WINDOW, "no settings"))?;
        if row.get("is_for_staff") {
            return Ok(Window::ForStaff);
        }
        let closed: Option<_> = row.get::<_, bool>("is_closed").then(|| row.get("closes_at"));
        Ok(closed.map_or(Window::Open, |at| Window::Closed { at }))
    })
}

pub(crate) async fn order_of(tx: &Tx<'_>, id: ReturnId) -> Result<Option<OrderId>, DbError> {
    Ok(tx.row(&ORDER_OF, &[&id]).await?.map(|row| row.get("order_id")))
}

pub(super) async fn find_order(db: &Db, id: ReturnId) -> Result<Option<OrderId>, DbError> {
    Ok(db.row(&ORDER_OF, &[&id]).await?.map(|row| row.get("order_id")))
}

pub(crate) fn insert(
    tx: &Tx<'_>,
    id: ReturnId,
    order: OrderId,
    note: Option<&str>,
    pieces: &[(ProductId, i32)],
) {
    let (products, quantities): (Vec<_>, Vec<_>) = pieces.iter().copied().unzip();
    let row = params![id, order, note.map(str::to_owned), products, quantities];
    tx.defer(Ask::write(&INSERT, row));
}

pub(crate) fn approve(tx: &Tx<'_>, id: ReturnId, instructions: Option<&str>) {
    tx.defer(Ask::write(&APPROVE, params![id, instructions.map(str::to_owned)]));
}

pub(crate) fn reject(tx: &Tx<'_>, order: OrderId, id: ReturnId, reason: &str) {
    tx.defer(Ask::write(&REJECT, params![order, id, reason.to_owned()]));
}

pub(crate) fn cancel(tx: &Tx<'_>, order: OrderId, id: ReturnId) {
    tx.defer(Ask::write(&CANCEL, params![order, id]));
}

/// Stores what arrived of each line.
pub(crate) fn receive(tx: &Tx<'_>, order: OrderId, id: ReturnId, arrived: &[(ProductId, Arrived)]) {
    let products: Vec<_> = arrived.iter().map(|(product, _)| *product).collect();
    let received: Vec<_> = arrived.iter().map(|(_, line)| line.received).collect();
    let conditions: Vec<_> =
        arrived.iter().map(|(_, line)| line.condition.map(Condition::name)).collect();
    let restocked: Vec<_> = arrived.iter().map(|(_, line)| line.restock).collect();
    let row = params![order, id, products, received, conditions, restocked];
    tx.defer(Ask::write(&RECEIVE, row));
}

/// A return that must exist.
pub(crate) async fn read(tx: &Tx<'_>, id: ReturnId) -> Result<Return, DbError> {
    let row = tx.row(&FIND, &[&id]).await?;
    read_return(&FIND, &row.ok_or(DbError::invalid_row(&FIND, "the return does not exist"))?)
}

pub(crate) async fn find(db: &Db, id: ReturnId) -> Result<Option<Return>, DbError> {
    db.row(&FIND, &[&id]).await?.map(|row| read_return(&FIND, &row)).transpose()
}

pub(super) async fn find_for(
    db: &Db,
    viewer: Viewer,
    id: ReturnId,
) -> Result<Option<Return>, DbError> {
    let row = db.row(&FIND_FOR, &[&id, &viewer.owner(), &viewer.guest_order()]).await?;
    row.map(|row| read_return(&FIND_FOR, &row)).transpose()
}

pub(super) async fn of_order(
    db: &Db,
    order: OrderId,
    page: &PageRequest<ReturnId>,
) -> Result<Vec<Return>, DbError> {
    let with: [Param<'_>; 3] = [&order, &page.after, &page.fetch_limit()];
    let rows = db.rows(&OF_ORDER, &with).await?;
    rows.iter().map(|row| read_return(&OF_ORDER, row)).collect()
}

/// The returns of some orders, the oldest first.
pub(crate) async fn of_orders(db: &Db, orders: &[OrderId]) -> Result<Vec<Return>, DbError> {
    let rows = db.rows(&OF_ORDERS, &[&orders]).await?;
    rows.iter().map(|row| read_return(&OF_ORDERS, row)).collect()
}

pub(super) async fn list(
    db: &Db,
    only: Option<ReturnStatus>,
    page: &PageRequest<ReturnId>,
) -> Result<Vec<Return>, DbError> {
    let limit = page.fetch_limit();
    let rows = match only.map(ReturnStatus::name) {
        None => db.rows(&LIST, &[&page.after, &limit]).await?,
        Some(status) => db.rows(&LIST_IN_STATUS, &[&page.after, &limit, &status]).await?,
    };
    rows.iter().map(|row| read_return(&LIST, row)).collect()
}
