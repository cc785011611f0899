//! The statements that read orders.

use super::amounts;
use super::row::{line, order};
use crate::db::{Ask, Db, DbError, Tx, params, queries};
use crate::id::OrderId;
use crate::ordering::listing::{Filter, Sort};
use crate::ordering::order::{Order, OrderLine};
use crate::page::PageRequest;
use crate::status::OrderStatus;
use crate::viewer::Viewer;
use std::collections::HashMap;
use tokio_postgres::Row;

/// The status of an order's newest payment; `failed` also after a failed attempt.
macro_rules! newest_payment {
    () => {
        "(select case when p.status = 'requires_payment_method' and p.failed_at is not null then 'failed'
                             else p.status end
                 from payments p where p.order_id = o.id order by p.id desc limit 1)"
    };
}

/// Whether a dispute holds the order, and not only a warning that its payment may be fraud.
macro_rules! is_disputed {
    () => {
        "case when o.on_hold then exists (
                   select from disputes d join payments p on p.id = d.payment_id
                   where p.order_id = o.id and p.surplus_at is null and (d.closed_at is null or d.status = 'lost'))
               else false end"
    };
}

/// Every column that [`order`] reads.
macro_rules! select_orders {
    ($($rest:expr),+) => {
        concat!(
            "
        select o.id, o.number, o.user_id,
               case when o.user_id is null then (select email from order_guests g where g.order_id = o.id) end as guest_email, o.status, o.currency, o.subtotal_minor, o.discount_minor, o.shipping_minor,
               o.tax_minor, o.tax_included_minor, o.total_minor, o.captured_minor, o.refunded_minor, o.created_at, o.updated_at,
               o.expires_at, o.cancel_requested_at, o.cancelled_at, o.cancel_reason, o.confirm_reason, o.on_hold, o.note,
               o.shipped_at, o.carrier, o.tracking_number, o.tracking_url, o.ship_to_name, o.ship_to_company,
               o.ship_to_line1, o.ship_to_line2, o.ship_to_postal_code, o.ship_to_city, o.ship_to_region,
               o.ship_to_country, o.ship_to_phone, o.version,
               o.shipping_method_id, o.shipping_name, o.shipping_carrier, o.shipping_discount_minor, o.shipping_tax_minor,
               o.shipping_tax_included_minor, o.deliver_from, o.deliver_until, o.weight_grams,
               ",
            amounts::select_taxes!(),
            " as taxes,
               ",
            amounts::select_discounts!(),
            " as discounts,
               ",
            newest_payment!(),
            " as payment,
               ",
            is_disputed!(),
            " as is_disputed
        from orders o ",
            $($rest),+
        )
    };
}

/// A page of a list; `$beyond` compares with the cursor.
macro_rules! list_orders {
    ($whose:expr, $beyond:literal, $order:literal) => {
        select_orders!(
            "
        where ($1::text is null or o.status = $1) and ($2::timestamptz is null or o.created_at >= $2)
          and ($3::timestamptz is null or o.created_at < $3) and ($4::uuid is null or ",
            $beyond,
            ") ",
            $whose,
            "
        order by ",
            $order,
            "
        limit $5"
        )
    };
}

/// A page of the orders with one payment status: `$7` as `order_money` derives it from the order's row, and, while it is
/// open, one of `$8` as the status of the newest payment. `unpaid` includes orders that were cancelled unpaid. To
/// `order_money` whatever is on hold is disputed: what no dispute holds is looked at once more.
macro_rules! list_orders_by_payment {
    ($beyond:literal, $order:literal) => {
        list_orders!(
            concat!(
                "and ($6::uuid is null or o.user_id = $6)
          and (order_money(o.status, o.on_hold, o.total_minor, o.captured_minor, o.refunded_minor) = $7
                  and ($7 <> 'disputed' or ",
                is_disputed!(),
                ")
               or $7 <> 'disputed'
                  and order_money(o.status, o.on_hold, o.total_minor, o.captured_minor, o.refunded_minor) = 'disputed'
                  and order_money(o.status, false, o.total_minor, o.captured_minor, o.refunded_minor) = $7
                  and not (",
                is_disputed!(),
                ")
               or 'none' = any($8)
                  and order_money(o.status, o.on_hold, o.total_minor, o.captured_minor, o.refunded_minor) = 'unpaid')
          and ($8::text[] is null or o.status <> 'pending' or coalesce(",
                newest_payment!(),
                ", 'none') = any($8))"
            ),
            $beyond,
            $order
        )
    };
}

queries! {
    FIND: "look up an order" = select_orders!("where o.id = $1");

    FIND_OWN: "look up one's own order" = select_orders!("
        where o.id = $1 and ($2::uuid is null or o.user_id = $2) and ($3::uuid is null or o.id = $3 and o.user_id is null)");

    NEWEST: "list orders" = list_orders!("", "o.id < $4", "o.id desc");

    OLDEST: "list orders from the oldest on" = list_orders!("", "o.id > $4", "o.id");

    NEWEST_OF: "list a user's orders" = list_orders!("and o.user_id = $6", "o.id < $4", "o.id desc");

    OLDEST_OF: "list a user's orders from the oldest on" =
        list_orders!("and o.user_id = $6", "o.id > $4", "o.id");

    /// One at most, whatever its payment status.
    BY_NUMBER: "look for an order by its number" =
        list_orders!("and o.number = $6 and ($7::uuid is null or o.user_id = $7)", "o.id < $4", "o.id desc");

    NEWEST_BY_PAYMENT: "list orders by their payment status" = list_orders_by_payment!("o.id < $4", "o.id desc");

    OLDEST_BY_PAYMENT: "list orders by their payment status from the oldest on" = list_orders_by_payment!("o.id > $4", "o.id");

    LINES: "look up orders' lines" = "
        select l.order_id, l.product_id, l.sku, l.name, l.quantity, l.unit_minor, l.line_minor, l.discount_minor,
               l.tax_minor, l.tax_included_minor, l.tax_category, l.tax_rate_ppm, l.currency, l.fulfilled, l.shipped, l.removed,
               (coalesce((select sum(back.restocked)
                          from payments p join refunds r on r.payment_id = p.id join refund_lines back on back.refund_id = r.id
                          where p.order_id = l.order_id and back.product_id = l.product_id), 0)
                + case when l.in_returns > 0 then coalesce((
                      select sum(back.received) from returns t join return_lines back on back.return_id = t.id
                      where t.order_id = l.order_id and back.product_id = l.product_id), 0) else 0 end)::int4 as returned
        from order_lines l
        where l.order_id = any($1)
        order by l.order_id, l.product_id";
}

/// An order that must exist.
pub(crate) async fn read(tx: &Tx<'_>, id: OrderId) -> Result<Order, DbError> {
    let row = tx
        .row(&FIND, &[&id])
        .await?
        .ok_or(DbError::invalid_row(&FIND, "the order does not exist"))?;
    let lines = tx.rows(&LINES, &[&vec![id]]).await?;
    order(&FIND, &row, lines.iter().map(|row| line(&LINES, row)).collect::<Result<_, _>>()?)
}

pub(in crate::ordering) async fn find(
    db: &Db,
    viewer: Viewer,
    id: OrderId,
) -> Result<Option<Order>, DbError> {
    let row = match viewer {
        Viewer::Staff => db.row(&FIND, &[&id]).await?,
        Viewer::Buyer(_) | Viewer::Guest(_) => {
            db.row(&FIND_OWN, &[&id, &viewer.owner(), &viewer.guest_order()]).await?
        }
    };
    Ok(with_lines(db, row.into_iter().collect()).await?.pop())
}

/// An order, and the answer to what is asked together with it.
pub(in crate::ordering) async fn find_with<T>(
    db: &Db,
    ask: Ask<T>,
    id: OrderId,
) -> (Result<T, DbError>, Result<Option<Order>, DbError>) {
    let found = Ask::new(&FIND, params![id], Ok);
    let lines = Ask::new(&LINES, params![vec![id]], |rows| {
        rows.iter().map(|row| line(&LINES, row)).collect()
    });
    let (answer, found, lines) = db.together((ask, found, lines)).await;
    let read = || found?.first().map(|row| order(&FIND, row, lines?)).transpose();
    (answer, read())
}

/// The rows of orders without their lines, for [`with_lines`].
pub(in crate::ordering) fn list(
    filter: &Filter,
    sort: Sort,
    page: &PageRequest<OrderId>,
) -> Ask<Vec<Row>> {
    let Filter { user, number, status, payment, since, until } = *filter;
    let mut with =
        params![status.map(OrderStatus::name), since, until, page.after, page.fetch_limit()];
    if let Some(number) = number {
        with.extend(params![number.stored().to_owned(), user]);
        return Ask::new(&BY_NUMBER, with, Ok);
    }
    let query = match (payment, user, sort) {
        (Some(payment), user, sort) => {
            with.extend(params![user, payment.money(), payment.newest()]);
            match sort {
                Sort::Newest => &NEWEST_BY_PAYMENT,
                Sort::Oldest => &OLDEST_BY_PAYMENT,
            }
        }
        (None, None, Sort::Newest) => &NEWEST,
        (None, None, Sort::Oldest) => &OLDEST,
        (None, Some(user), sort) => {
            with.extend(params![user]);
            match sort {
                Sort::Newest => &NEWEST_OF,
                Sort::Oldest => &OLDEST_OF,
            }
        }
    };
    Ask::new(query, with, Ok)
}

pub(in crate::ordering) async fn find_all(
    db: &Db,
    filter: &Filter,
    sort: Sort,
    page: &PageRequest<OrderId>,
) -> Result<Vec<Order>, DbError> {
    let (rows,) = db.together((list(filter, sort, page),)).await;
    Ok(filter.by_payment(with_lines(db, rows?).await?))
}

/// Reads the lines of all orders with one more statement.
pub(in crate::ordering) async fn with_lines(
    db: &Db,
    rows: Vec<Row>,
) -> Result<Vec<Order>, DbError> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<OrderId> = rows.iter().map(|row| row.get("id")).collect();
    let mut lines = HashMap::<OrderId, Vec<OrderLine>>::new();
    for row in db.rows(&LINES, &[&ids]).await? {
        lines.entry(row.get("order_id")).or_default().push(line(&LINES, &row)?);
    }
    rows.iter()
        .map(|row| order(&FIND, row, lines.remove(&row.get("id")).unwrap_or_default()))
        .collect()
}
