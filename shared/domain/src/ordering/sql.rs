//! The statements behind ordering. They decide nothing.

use super::close::Bill;
use super::order::{Order, OrderLine, Priced, Totals, Viewer};
use super::status::{CancelReason, Status};
use crate::db::{Db, DbError, Query, Tx, queries};
use crate::id::{OrderId, ProductId};
use crate::money::{Currency, Money};
use crate::page::Page;
use crate::payment;
use std::collections::HashMap;
use tokio_postgres::Row;

/// Every column that [`order`] reads.
macro_rules! select_orders {
    ($rest:literal) => {
        concat!(
            "
        select o.id, o.user_id, o.status, o.currency, o.subtotal_minor, o.discount_minor, o.shipping_minor,
               o.tax_minor, o.total_minor, o.captured_minor, o.refunded_minor, o.created_at, o.updated_at,
               o.expires_at, o.cancel_requested_at, o.cancelled_at, o.cancel_reason, o.version,
               (select p.status from payments p where p.order_id = o.id order by p.id desc limit 1) as payment
        from orders o ",
            $rest
        )
    };
}

queries! {
    INSERT_ORDER: "insert an order" = "
        insert into orders (id, user_id, status, currency, subtotal_minor, discount_minor, shipping_minor,
                            tax_minor, total_minor, expires_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, now() + make_interval(secs => $10::int4))";

    INSERT_LINES: "insert an order's lines" = "
        insert into order_lines (order_id, currency, product_id, sku, name, quantity, unit_minor)
        select $1, $2, * from unnest($3::uuid[], $4::text[], $5::text[], $6::int4[], $7::int8[])";

    FIND: "look up an order" = select_orders!("where o.id = $1");

    FIND_OWN: "look up an order of one's own" = select_orders!("where o.id = $1 and o.user_id = $2");

    LIST: "list orders" = select_orders!("
        where ($1::text is null or o.status = $1) and o.id < $2
        order by o.id desc
        limit $3");

    LIST_OWN: "list one's own orders" = select_orders!("
        where ($1::text is null or o.status = $1) and o.id < $2 and o.user_id = $4
        order by o.id desc
        limit $3");

    LINES: "look up orders' lines" = "
        select order_id, product_id, sku, name, quantity, unit_minor, line_minor, currency
        from order_lines
        where order_id = any($1)
        order by order_id, product_id";

    LOCK: "lock an order" = "
        select id, status, currency, total_minor, cancel_reason, coalesce(expires_at <= now(), false) as is_due
        from orders
        where id = $1 and ($2::uuid is null or user_id = $2)
        for update";

    /// One that Stripe holds on to goes to the back, so that it cannot keep the others waiting.
    LEASE_TO_CLOSE: "lease orders to close" = "
        with due as (
            select id from orders
            where status = 'pending' and close_at <= now()
              and (expires_at <= now() or cancel_requested_at is not null)
            order by close_at
            limit $1
            for update skip locked
        )
        update orders set close_at = now() + interval '30 seconds'
        from due
        where orders.id = due.id
        returning orders.id";

    HOLD: "hold an order's stock for its payment" = "
        update orders set expires_at = greatest(expires_at, now() + make_interval(secs => $2::int4))
        where id = $1 and status = 'pending'";

    REQUEST_CANCEL: "note that an order shall be cancelled" = "
        update orders set cancel_requested_at = now(), cancel_reason = 'requested'
        where id = $1 and status = 'pending'";

    CANCEL: "cancel an order" = "
        update orders set status = 'cancelled', cancelled_at = now(), cancel_reason = $2, expires_at = null
        where id = $1";

    CONFIRM: "confirm an order" = "
        update orders
        set status = 'confirmed', expires_at = null,
            captured_minor = (select coalesce(sum(amount_minor), 0) from ledger where order_id = $1 and kind = 'captured')
        where id = $1";

    /// From the ledger, never by adding to what is there: told twice, it comes out the same.
    ADD_UP: "add up an order's money" = "
        update orders
        set captured_minor = (select coalesce(sum(amount_minor), 0) from ledger where order_id = $1 and kind = 'captured'),
            refunded_minor = (
                select coalesce(sum(case kind when 'refunded' then amount_minor else -amount_minor end), 0)
                from ledger where order_id = $1 and kind in ('refunded', 'refund_failed'))
        where id = $1";
}

pub(super) async fn insert(tx: &Tx<'_>, order: &Priced) -> Result<Order, DbError> {
    let Priced { id, buyer, status, lines, totals } = order;
    let currency = totals.currency().code();
    let [subtotal, discount, shipping, tax, total] = [
        totals.subtotal.minor,
        totals.discount.minor,
        totals.shipping.minor,
        totals.tax.minor,
        totals.total.minor,
    ];
    let row: [&(dyn postgres_types::ToSql + Sync); 10] = [
        id,
        buyer,
        &status.name(),
        &currency,
        &subtotal,
        &discount,
        &shipping,
        &tax,
        &total,
        &order.hold_seconds(),
    ];
    tx.execute(&INSERT_ORDER, &row).await?;

    let products: Vec<_> = lines.iter().map(|line| line.product).collect();
    let skus: Vec<_> = lines.iter().map(|line| &line.sku).collect();
    let names: Vec<_> = lines.iter().map(|line| &line.name).collect();
    let quantities: Vec<_> = lines.iter().map(|line| line.quantity).collect();
    let prices: Vec<_> = lines.iter().map(|line| line.unit_price.minor).collect();
    let columns: [&(dyn postgres_types::ToSql + Sync); 7] =
        [id, &currency, &products, &skus, &names, &quantities, &prices];
    tx.execute(&INSERT_LINES, &columns).await?;
    read(tx, *id).await
}

/// An order that must be there.
pub(super) async fn read(tx: &Tx<'_>, id: OrderId) -> Result<Order, DbError> {
    let row = tx.row(&FIND, &[&id]).await?.ok_or(DbError::nonsense(&FIND, "the order is gone"))?;
    let lines = tx.rows(&LINES, &[&vec![id]]).await?;
    order(&row, lines.iter().map(line).collect::<Result<_, _>>()?)
}

pub(super) async fn find(db: &Db, viewer: Viewer, id: OrderId) -> Result<Option<Order>, DbError> {
    let row = match viewer {
        Viewer::Staff => db.row(&FIND, &[&id]).await?,
        Viewer::Buyer(buyer) => db.row(&FIND_OWN, &[&id, &buyer]).await?,
    };
    Ok(with_lines(db, row.into_iter().collect()).await?.pop())
}

pub(super) async fn list(
    db: &Db,
    viewer: Viewer,
    only: Option<Status>,
    page: &Page<OrderId>,
) -> Result<Vec<Order>, DbError> {
    let status = only.map(Status::name);
    let before = page.after.unwrap_or(OrderId::LAST);
    let limit = page.rows_wanted();
    let rows = match viewer {
        Viewer::Staff => db.rows(&LIST, &[&status, &before, &limit]).await?,
        Viewer::Buyer(buyer) => db.rows(&LIST_OWN, &[&status, &before, &limit, &buyer]).await?,
    };
    with_lines(db, rows).await
}

/// One more statement for the lines of all orders, however many there are.
async fn with_lines(db: &Db, rows: Vec<Row>) -> Result<Vec<Order>, DbError> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<OrderId> = rows.iter().map(|row| row.get("id")).collect();
    let mut lines = HashMap::<OrderId, Vec<OrderLine>>::new();
    for row in db.rows(&LINES, &[&ids]).await? {
        lines.entry(row.get("order_id")).or_default().push(line(&row)?);
    }
    rows.iter().map(|row| order(row, lines.remove(&row.get("id")).unwrap_or_default())).collect()
}

pub(crate) async fn lock(
    tx: &Tx<'_>,
    viewer: Viewer,
    id: OrderId,
) -> Result<Option<Bill>, DbError> {
    let owner = match viewer {
        Viewer::Staff => None,
        Viewer::Buyer(buyer) => Some(buyer),
    };
    let Some(row) = tx.row(&LOCK, &[&id, &owner]).await? else { return Ok(None) };
    Ok(Some(Bill {
        order: row.get("id"),
        status: status(&LOCK, &row)?,
        total: money(&LOCK, &row, "total_minor")?,
        cancel_reason: cancel_reason(&LOCK, &row)?,
        is_due: row.get("is_due"),
    }))
}

pub(super) async fn lease_to_close(db: &Db, limit: u8) -> Result<Vec<OrderId>, DbError> {
    let rows = db.rows(&LEASE_TO_CLOSE, &[&i64::from(limit)]).await?;
    Ok(rows.iter().map(|row| row.get("id")).collect())
}

pub(crate) async fn hold(tx: &Tx<'_>, id: OrderId, seconds: i32) -> Result<(), DbError> {
    tx.execute(&HOLD, &[&id, &seconds]).await.map(drop)
}

pub(super) async fn request_cancel(tx: &Tx<'_>, id: OrderId) -> Result<(), DbError> {
    tx.execute(&REQUEST_CANCEL, &[&id]).await.map(drop)
}

pub(super) async fn cancel(tx: &Tx<'_>, id: OrderId, reason: CancelReason) -> Result<(), DbError> {
    tx.execute(&CANCEL, &[&id, &reason.name()]).await.map(drop)
}

pub(super) async fn confirm(tx: &Tx<'_>, id: OrderId) -> Result<(), DbError> {
    tx.execute(&CONFIRM, &[&id]).await.map(drop)
}

pub(crate) async fn add_up(tx: &Tx<'_>, id: OrderId) -> Result<(), DbError> {
    tx.execute(&ADD_UP, &[&id]).await.map(drop)
}

fn order(row: &Row, lines: Vec<OrderLine>) -> Result<Order, DbError> {
    let money = |column| money(&FIND, row, column);
    let payment: Option<&str> = row.get("payment");
    let payment = payment.map(|name| {
        payment::Status::from_name(name).ok_or(DbError::nonsense(&FIND, "payment status"))
    });
    Ok(Order {
        id: row.get("id"),
        buyer: row.get("user_id"),
        status: status(&FIND, row)?,
        lines,
        totals: Totals {
            subtotal: money("subtotal_minor")?,
            discount: money("discount_minor")?,
            shipping: money("shipping_minor")?,
            tax: money("tax_minor")?,
            total: money("total_minor")?,
        },
        captured: money("captured_minor")?,
        refunded: money("refunded_minor")?,
        payment: payment.transpose()?,
        created_at: row.get("created_at"),
        updated_at: row.get("updated_at"),
        expires_at: row.get("expires_at"),
        cancel_requested_at: row.get("cancel_requested_at"),
        cancelled_at: row.get("cancelled_at"),
        cancel_reason: cancel_reason(&FIND, row)?,
        version: row.get("version"),
    })
}

fn line(row: &Row) -> Result<OrderLine, DbError> {
    Ok(OrderLine {
        product: row.get::<_, ProductId>("product_id"),
        sku: row.get("sku"),
        name: row.get("name"),
        quantity: row.get("quantity"),
        unit_price: money(&LINES, row, "unit_minor")?,
        total: money(&LINES, row, "line_minor")?,
    })
}

fn money(query: &Query, row: &Row, column: &str) -> Result<Money, DbError> {
    let currency = Currency::from_code(row.get("currency"));
    let currency = currency.ok_or(DbError::nonsense(query, "currency"))?;
    Ok(Money { minor: row.get(column), currency })
}

fn status(query: &Query, row: &Row) -> Result<Status, DbError> {
    Status::from_name(row.get("status")).ok_or(DbError::nonsense(query, "status"))
}

fn cancel_reason(query: &Query, row: &Row) -> Result<Option<CancelReason>, DbError> {
    let name: Option<&str> = row.get("cancel_reason");
    name.map(|name| CancelReason::from_name(name).ok_or(DbError::nonsense(query, "cancel reason")))
        .transpose()
}
