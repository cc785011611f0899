//! The statements behind the parcels of orders.

use super::row::shipment;
use crate::db::{Ask, Db, DbError, Param, Query, Tx, params, queries};
use crate::id::{FulfillmentId, OrderId, ProductId};
use crate::ordering::fulfillment::{Fulfillment, FulfillmentLine, LineProgress, Progress};
use crate::ordering::shipment::Shipment;
use crate::page::PageRequest;
use crate::status::ParcelStatus;
use postgres_types::Json;
use serde::Deserialize;
use tokio_postgres::Row;
use uuid::Uuid;

/// Every column that [`fulfillment`] reads.
macro_rules! select_fulfillments {
    ($from:literal) => {
        concat!(
            "
        select f.id, f.order_id, f.status, f.carrier, f.tracking_number, f.tracking_url, f.created_at, f.shipped_at,
               f.cancelled_at,
               (select jsonb_agg(jsonb_build_object('product', sold.product_id, 'sku', sold.sku, 'name', sold.name,
                                                    'quantity', coalesce(l.quantity, sold.quantity)) order by sold.product_id)
                from order_lines sold
                left join fulfillment_lines l on l.fulfillment_id = f.id and l.product_id = sold.product_id
                where sold.order_id = f.order_id and (l.product_id is not null or f.id = f.order_id)) as lines ",
            $from
        )
    };
}

/// A line as [`select_fulfillments`] reads it.
#[derive(Deserialize)]
struct LineRow {
    product: Uuid,
    sku: String,
    name: String,
    quantity: i32,
}

queries! {
    PROGRESS: "look up how far an order is" = "
        select l.product_id, l.quantity, l.fulfilled, l.shipped, l.removed,
               coalesce((select sum(back.quantity)
                         from payments p join refunds r on r.payment_id = p.id join refund_lines back on back.refund_id = r.id
                         where p.order_id = l.order_id and back.product_id = l.product_id
                           and r.status not in ('failed', 'canceled')), 0)::int4 as refunded
        from order_lines l
        where l.order_id = $1
        order by l.product_id";

    PACKED: "look up an order's packed parcels" = "
        select id from fulfillments where order_id = $1 and status = 'packed' order by id";

    ORDER_OF: "find the order of a parcel" = "select order_id from fulfillments where id = $1";

    INSERT: "insert a parcel" = "
        with parcel as (
            insert into fulfillments (id, order_id, status, carrier, tracking_number, tracking_url, created_by, shipped_at,
                                      shipped_by)
            values ($1, $2, $3, $4, $5, $6, acting_user(), case $3 when 'shipped' then now() end,
                    case $3 when 'shipped' then acting_user() end)
            returning id
        ), goods as (
            insert into fulfillment_lines (fulfillment_id, product_id, quantity)
            select parcel.id, want.product_id, want.quantity
            from parcel, unnest($7::uuid[], $8::int4[]) as want (product_id, quantity)
            returning product_id, quantity
        )
        update order_lines l
        set fulfilled = l.fulfilled + goods.quantity,
            shipped = l.shipped + case $3 when 'shipped' then goods.quantity else 0 end
        from goods
        where l.order_id = $2 and l.product_id = goods.product_id";

    HAND_OVER: "hand over parcels" = "
        with parcel as (
            update fulfillments
            set status = 'shipped', carrier = $3, tracking_number = $4, tracking_url = $5, shipped_at = now(),
                shipped_by = acting_user()
            where id = any($2) and status = 'packed'
            returning id
        ), goods as (
            select product_id, sum(quantity) as quantity
            from fulfillment_lines where fulfillment_id in (select id from parcel) group by product_id
        )
        update order_lines l set shipped = l.shipped + goods.quantity
        from goods
        where l.order_id = $1 and l.product_id = goods.product_id";

    UNPACK: "cancel packed parcels" = "
        with parcel as (
            update fulfillments set status = 'cancelled', cancelled_at = now(), cancelled_by = acting_user()
            where id = any($2) and status = 'packed'
            returning id
        ), goods as (
            select product_id, sum(quantity) as quantity
            from fulfillment_lines where fulfillment_id in (select id from parcel) group by product_id
        )
        update order_lines l set fulfilled = l.fulfilled - goods.quantity
        from goods
        where l.order_id = $1 and l.product_id = goods.product_id";

    REMOVE: "take pieces out of what is to be shipped" = "
        update order_lines l set removed = l.removed + less.quantity
        from unnest($2::uuid[], $3::int4[]) as less (product_id, quantity)
        where l.order_id = $1 and l.product_id = less.product_id";

    FIND: "look up a parcel" = select_fulfillments!("from fulfillments f where f.id = $1");

    /// An order that was shipped as a whole before there were parcels has one, under its own id.
    LIST: "list an order's parcels" = select_fulfillments!("
        from (
            select id, order_id, status, carrier, tracking_number, tracking_url, created_at, shipped_at, cancelled_at
            from fulfillments where order_id = $1
            union all
            select id, id, status, carrier, tracking_number, tracking_url, shipped_at, shipped_at, null
            from orders
            where id = $1 and status = 'shipped' and not exists (select from fulfillments where order_id = $1)
        ) f
        where $2::uuid is null or f.id > $2
        order by f.id
        limit $3");
}

/// How far an order is, which is locked.
pub(crate) fn progress(order: OrderId) -> (Ask<Vec<LineProgress>>, Ask<Vec<FulfillmentId>>) {
    let lines = Ask::new(&PROGRESS, params![order], |rows| {
        let line = |row: &Row| LineProgress {
            product: row.get("product_id"),
            quantity: row.get("quantity"),
            fulfilled: row.get("fulfilled"),
            shipped: row.get("shipped"),
            removed: row.get("removed"),
            refunded: row.get("refunded"),
        };
        Ok(rows.iter().map(line).collect())
    });
    let packed = Ask::new(&PACKED, params![order], |rows| {
        Ok(rows.iter().map(|row| row.get("id")).collect())
    });
    (lines, packed)
}

pub(crate) async fn read_progress(tx: &Tx<'_>, order: OrderId) -> Result<Progress, DbError> {
    let (lines, packed) = tx.together(progress(order)).await;
    Ok(Progress { lines: lines?, packed: packed? })
}

pub(crate) async fn order_of_fulfillment(
    tx: &Tx<'_>,
    id: FulfillmentId,
) -> Result<Option<OrderId>, DbError> {
    Ok(tx.row(&ORDER_OF, &[&id]).await?.map(|row| row.get("order_id")))
}

/// Puts pieces into a parcel, packed or shipped.
pub(crate) fn insert_fulfillment(
    tx: &Tx<'_>,
    id: FulfillmentId,
    order: OrderId,
    pieces: &[(ProductId, i32)],
    shipment: Option<&Shipment>,
) {
    let status = if shipment.is_some() { ParcelStatus::Shipped } else { ParcelStatus::Packed };
    let (carrier, number, url) = columns(shipment);
    let (products, quantities): (Vec<_>, Vec<_>) = pieces.iter().copied().unzip();
    let row = params![id, order, status.name(), carrier, number, url, products, quantities];
    tx.defer(Ask::write(&INSERT, row));
}

/// Hands packed parcels over to a carrier.
pub(crate) fn hand_over(tx: &Tx<'_>, order: OrderId, parcels: Vec<FulfillmentId>, by: &Shipment) {
    let (carrier, number, url) = columns(Some(by));
    tx.defer(Ask::write(&HAND_OVER, params![order, parcels, carrier, number, url]));
}

/// Cancels packed parcels: their pieces are left to ship again.
pub(crate) fn unpack(tx: &Tx<'_>, order: OrderId, parcels: Vec<FulfillmentId>) {
    tx.defer(Ask::write(&UNPACK, params![order, parcels]));
}

/// Takes pieces out of what is to be shipped.
pub(crate) fn remove(tx: &Tx<'_>, order: OrderId, pieces: &[(ProductId, i32)]) {
    let (products, quantities): (Vec<_>, Vec<_>) = pieces.iter().copied().unzip();
    tx.defer(Ask::write(&REMOVE, params![order, products, quantities]));
}

fn columns(shipment: Option<&Shipment>) -> (Option<String>, Option<String>, Option<String>) {
    let Some(Shipment { carrier, tracking_number, tracking_url }) = shipment.cloned() else {
        return (None, None, None);
    };
    (Some(carrier), tracking_number, tracking_url)
}

/// A parcel that must exist.
pub(crate) async fn read_fulfillment(
    tx: &Tx<'_>,
    id: FulfillmentId,
) -> Result<Fulfillment, DbError> {
    let row = tx.row(&FIND, &[&id]).await?;
    fulfillment(&FIND, &row.ok_or(DbError::invalid_row(&FIND, "the parcel does not exist"))?)
}

pub(crate) async fn find_fulfillment(
    db: &Db,
    id: FulfillmentId,
) -> Result<Option<Fulfillment>, DbError> {
    db.row(&FIND, &[&id]).await?.map(|row| fulfillment(&FIND, &row)).transpose()
}

/// The parcels of an order, the oldest first.
pub(in crate::ordering) async fn fulfillments(
    db: &Db,
    order: OrderId,
    page: &PageRequest<FulfillmentId>,
) -> Result<Vec<Fulfillment>, DbError> {
    let with: [Param<'_>; 3] = [&order, &page.after, &page.fetch_limit()];
    let rows = db.rows(&LIST, &with).await?;
    rows.iter().map(|row| fulfillment(&LIST, row)).collect()
}

fn fulfillment(query: &Query, row: &Row) -> Result<Fulfillment, DbError> {
    let invalid = |column| DbError::invalid_row(query, column);
    let status = ParcelStatus::from_name(row.get("status")).ok_or(invalid("status"))?;
    let lines: Option<Json<Vec<LineRow>>> = row.try_get("lines").map_err(|_| invalid("lines"))?;
    let line = |LineRow { product, sku, name, quantity }| FulfillmentLine {
        product: product.into(),
        sku,
        name,
        quantity,
    };
    Ok(Fulfillment {
        id: row.get("id"),
        order: row.get("order_id"),
        status,
        lines: lines.map_or_else(Vec::new, |Json(lines)| lines.into_iter().map(line).collect()),
        shipment: shipment(row),
        created_at: row.get("created_at"),
        shipped_at: row.get("shipped_at"),
        cancelled_at: row.get("cancelled_at"),
    })
}
