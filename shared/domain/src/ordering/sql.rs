//! The statements behind ordering. They decide nothing.

mod read;
mod timeline;

pub(super) use read::{find, list, read};
pub(super) use timeline::{timeline, viewable};

use super::address::{Address, AddressParts};
use super::bill::Bill;
use super::edit::Note;
use super::order::{Kept, Order, Priced, Reason, Viewer};
use super::shipment::Shipment;
use super::status::CancelReason;
use crate::db::{Db, DbError, Param, Query, Tx, queries};
use crate::id::{OrderId, PaymentId, UserId};
use read::{cancel_reason, money, status};
use tokio_postgres::Row;

/// Every statement of ordering.
pub(crate) const ALL_QUERIES: [&[Query]; 3] = [ALL, read::ALL, timeline::ALL];

/// What [`bill`] reads of an order, under a lock.
macro_rules! lock_order {
    ($which:literal) => {
        concat!(
            "
        select id, status, currency, total_minor, cancel_reason, on_hold,
               coalesce(expires_at <= now(), false) as is_due
        from orders
        where ",
            $which,
            "
        for update"
        )
    };
}

queries! {
    SIGN: "say who acts" = "select set_config('app.actor', $1::uuid::text, true)";

    /// Nothing, if too many of the buyer's orders wait for their payment.
    INSERT: "insert an order and its lines" = "
        with placed as (
            insert into orders (id, user_id, status, currency, subtotal_minor, discount_minor, shipping_minor,
                                tax_minor, total_minor, expires_at, note, ship_to_name, ship_to_line1, ship_to_line2,
                                ship_to_postal_code, ship_to_city, ship_to_country)
            select $1, $2, $3, $4, $5::int8, $6::int8, $7::int8, $8::int8, $9::int8,
                   now() + make_interval(secs => $10::int4), $11, $12, $13, $14, $15, $16, $17
            where (select count(*) from orders where user_id = $2 and status = 'pending') < $23
            returning id, currency, created_at, updated_at, expires_at, version
        ), lines as (
            insert into order_lines (order_id, currency, product_id, sku, name, quantity, unit_minor)
            select placed.id, placed.currency, line.*
            from placed, unnest($18::uuid[], $19::text[], $20::text[], $21::int4[], $22::int8[]) as line
        )
        select created_at, updated_at, expires_at, version from placed";

    LOCK: "lock an order" = lock_order!("id = $1 and ($2::uuid is null or user_id = $2)");

    /// By Stripe's id, or by ours while Stripe's is not known: its news may overtake our own commit.
    LOCK_BY_PAYMENT: "lock the order of a payment" = lock_order!("
        id = (select order_id from payments
              where provider_pi = $1 or (id = $2 and (provider_pi is null or $1 is null))
              order by provider_pi limit 1)");

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

    SHIP: "ship an order" = "
        update orders
        set status = 'shipped', shipped_at = now(), carrier = $2, tracking_number = $3, tracking_url = $4
        where id = $1";

    HOLD_BACK: "hold an order's goods back" = "
        update orders set on_hold = $2 where id = $1 and on_hold <> $2";

    EDIT: "edit an order" = "
        update orders
        set note = $2, ship_to_name = $3, ship_to_line1 = $4, ship_to_line2 = $5, ship_to_postal_code = $6,
            ship_to_city = $7, ship_to_country = $8
        where id = $1";

    CONFIRM: "confirm an order" = "
        update orders
        set status = 'confirmed', expires_at = null, confirm_reason = $2,
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

/// Says who acts in this transaction; the order's history takes it down.
pub(super) async fn sign(tx: &Tx<'_>, actor: UserId) -> Result<(), DbError> {
    tx.execute(&SIGN, &[&actor]).await.map(drop)
}

/// The order as it is kept now; none, if `most_unpaid` orders of its buyer wait for their payment already.
/// The caller has the buyer's turn, so that no other order is counted too late.
pub(super) async fn insert(
    tx: &Tx<'_>,
    order: Priced,
    most_unpaid: i64,
) -> Result<Option<Order>, DbError> {
    let Priced { id, buyer, status, lines, totals, address, note } = &order;
    let currency = totals.currency().code();
    let [subtotal, discount, shipping, tax, total] = [
        totals.subtotal.minor,
        totals.discount.minor,
        totals.shipping.minor,
        totals.tax.minor,
        totals.total.minor,
    ];
    let words = note.as_ref().map(Note::text);
    let [name, line1, line2, postal_code, city, country] = columns(address.as_ref());
    let products: Vec<_> = lines.iter().map(|line| line.product).collect();
    let skus: Vec<_> = lines.iter().map(|line| &line.sku).collect();
    let names: Vec<_> = lines.iter().map(|line| &line.name).collect();
    let quantities: Vec<_> = lines.iter().map(|line| line.quantity).collect();
    let prices: Vec<_> = lines.iter().map(|line| line.unit_price.minor).collect();
    let row: [Param<'_>; 23] = [
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
        &words,
        &name,
        &line1,
        &line2,
        &postal_code,
        &city,
        &country,
        &products,
        &skus,
        &names,
        &quantities,
        &prices,
        &most_unpaid,
    ];
    let Some(row) = tx.row(&INSERT, &row).await? else { return Ok(None) };
    let kept = Kept {
        created_at: row.get("created_at"),
        updated_at: row.get("updated_at"),
        expires_at: row.get("expires_at"),
        version: row.get("version"),
    };
    Ok(Some(order.kept(kept)))
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
    tx.row(&LOCK, &[&id, &owner]).await?.as_ref().map(bill).transpose()
}

/// The order that a payment is for, by Stripe's id or ours.
pub(crate) async fn lock_by_payment(
    tx: &Tx<'_>,
    provider: Option<&str>,
    payment: Option<PaymentId>,
) -> Result<Option<Bill>, DbError> {
    tx.row(&LOCK_BY_PAYMENT, &[&provider, &payment]).await?.as_ref().map(bill).transpose()
}

fn bill(row: &Row) -> Result<Bill, DbError> {
    Ok(Bill {
        order: row.get("id"),
        status: status(&LOCK, row)?,
        total: money(&LOCK, row, "total_minor")?,
        on_hold: row.get("on_hold"),
        cancel_reason: cancel_reason(&LOCK, row)?,
        is_due: row.get("is_due"),
    })
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

pub(super) async fn confirm(
    tx: &Tx<'_>,
    id: OrderId,
    reason: Option<&Reason>,
) -> Result<(), DbError> {
    tx.execute(&CONFIRM, &[&id, &reason.map(Reason::text)]).await.map(drop)
}

pub(crate) async fn add_up(tx: &Tx<'_>, id: OrderId) -> Result<(), DbError> {
    tx.execute(&ADD_UP, &[&id]).await.map(drop)
}

pub(crate) async fn hold_back(tx: &Tx<'_>, id: OrderId, is_held: bool) -> Result<(), DbError> {
    tx.execute(&HOLD_BACK, &[&id, &is_held]).await.map(drop)
}

pub(super) async fn ship(tx: &Tx<'_>, id: OrderId, shipment: &Shipment) -> Result<(), DbError> {
    let Shipment { carrier, tracking_number, tracking_url } = shipment;
    tx.execute(&SHIP, &[&id, carrier, tracking_number, tracking_url]).await.map(drop)
}

pub(super) async fn edit(
    tx: &Tx<'_>,
    id: OrderId,
    address: Option<&Address>,
    note: Option<&Note>,
) -> Result<(), DbError> {
    let note = note.map(Note::text);
    let [name, line1, line2, postal_code, city, country] = columns(address);
    let row: [Param<'_>; 8] = [&id, &note, &name, &line1, &line2, &postal_code, &city, &country];
    tx.execute(&EDIT, &row).await.map(drop)
}

/// An address by its columns: name, line1, line2, postal code, city, country.
fn columns(address: Option<&Address>) -> [Option<String>; 6] {
    let Some(address) = address else { return Default::default() };
    let AddressParts { name, line1, line2, postal_code, city, country } =
        address.clone().into_parts();
    [Some(name), Some(line1), line2, Some(postal_code), Some(city), Some(country)]
}
