//! The statements behind orders. They hold no rules.

mod address;
mod amounts;
mod apply_edit;
mod comments;
pub(super) mod erasure;
mod fulfillments;
mod insert;
mod read;
mod row;
mod timeline;
mod unpaid;

pub(crate) use apply_edit::{apply_edit, buyer_is_proven};
pub(crate) use comments::insert_comment;
pub(crate) use fulfillments::find_fulfillment;
pub(super) use fulfillments::fulfillments;
pub(crate) use fulfillments::{
    hand_over, insert_fulfillment, order_of_fulfillment, progress, read_fulfillment, read_progress,
    remove, unpack,
};
pub(crate) use insert::insert;
pub(crate) use read::read;
pub(super) use read::{find, find_all, find_with, list, with_lines};
pub(super) use timeline::{timeline, viewable};
pub(crate) use unpaid::unpaid_pieces;

use super::address::Address;
use super::cancel_reason::CancelReason;
use super::locked_order::LockedOrder;
use super::note::Note;
use super::number::Placement;
use super::order::Reason;
use crate::db::{Ask, Db, DbError, Param, Query, Tx, params, queries};
use crate::id::{OrderId, PaymentId, UserId};
use crate::viewer::Viewer;
use address::{columns, params as address_params};
use amounts::money;
use row::{cancel_reason, number, status};
use time::OffsetDateTime;
use tokio_postgres::Row;

/// Every statement of ordering.
pub(crate) const ALL_QUERIES: [&[Query]; 9] = [
    ALL,
    apply_edit::ALL,
    comments::ALL,
    erasure::ALL,
    fulfillments::ALL,
    insert::ALL,
    read::ALL,
    timeline::ALL,
    unpaid::ALL,
];

/// Every column that [`locked_order`] reads.
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
    /// With what the database says of an order that is placed in this transaction.
    COUNT_UNPAID: "count a buyer's unpaid orders" = "
        select count(*) as unpaid, now() as at, order_number() as number from orders where user_id = $1 and status = 'pending'";

    LOCK: "lock an order" = lock_order!("
        id = $1 and ($2::uuid is null or user_id = $2) and ($3::uuid is null or id = $3 and user_id is null)");

    /// Of guests, which are locked.
    JOIN: "give orders to an account" = "update orders set user_id = $2 where id = any($1) and user_id is null";

    /// By Stripe's id, or by ours while Stripe's is not stored yet: an event may arrive before our own commit.
    LOCK_BY_PAYMENT: "lock the order of a payment" = lock_order!("
        id = (select order_id from payments
              where provider_pi = $1 or (id = $2 and (provider_pi is null or $1 is null))
              order by provider_pi limit 1)");

    /// An order that cannot be closed yet goes to the back of the queue, so that it does not delay the others. One that is
    /// due for an hour waits for a bank, perhaps for days.
    LEASE_TO_CLOSE: "lease orders to close" = "
        with due as (
            select id from orders
            where status = 'pending' and close_at <= now()
              and (expires_at <= now() or cancel_requested_at is not null)
            order by close_at
            limit $1
            for update skip locked
        )
        update orders
        set close_at = now() + case when expires_at < now() - interval '1 hour' then interval '15 minutes'
                                    else interval '30 seconds' end
        from due
        where orders.id = due.id
        returning orders.id";

    /// `$3` is the longest time from placing on, or null.
    EXTEND_EXPIRY: "extend an order's time to pay" = "
        update orders
        set expires_at = greatest(expires_at, least(now() + make_interval(secs => $2::int4),
                                                    created_at + make_interval(secs => $3::int4)))
        where id = $1 and status = 'pending'";

    /// Not for ever: a buyer may get one voucher after another for the same payment.
    EXTEND_EXPIRY_TO: "extend an order's time to pay to the end of a voucher" = "
        update orders set expires_at = least($2, created_at + interval '30 days')
        where id = $1 and status = 'pending' and expires_at < least($2, created_at + interval '30 days')";

    REQUEST_CANCEL: "request an order's cancellation" = "
        update orders set cancel_requested_at = now(), cancel_reason = 'requested'
        where id = $1 and status = 'pending'";

    CANCEL: "cancel an order" = "
        update orders set status = 'cancelled', cancelled_at = now(), cancel_reason = $2, expires_at = null
        where id = $1";

    /// It shows how its last parcel was shipped.
    SHIP: "ship an order" = "
        update orders o
        set status = 'shipped', shipped_at = now(), carrier = last.carrier, tracking_number = last.tracking_number,
            tracking_url = last.tracking_url
        from (select carrier, tracking_number, tracking_url from fulfillments
              where order_id = $1 and status = 'shipped' order by shipped_at desc, id desc limit 1) last
        where o.id = $1";

    /// A new version, for what changed elsewhere.
    TOUCH: "make a new version of an order" = "update orders set updated_at = now() where id = $1";

    SET_ON_HOLD: "set whether an order is on hold" = "
        update orders set on_hold = $2 where id = $1 and on_hold <> $2";

    EDIT: "edit an order" = "
        update orders
        set note = $2, ship_to_name = $3, ship_to_company = $4, ship_to_line1 = $5, ship_to_line2 = $6,
            ship_to_postal_code = $7, ship_to_city = $8, ship_to_region = $9, ship_to_country = $10, ship_to_phone = $11
        where id = $1";

    CONFIRM: "confirm an order" = "
        update orders
        set status = 'confirmed', expires_at = null, confirm_reason = $2,
            captured_minor = (select coalesce(sum(amount_minor), 0) from ledger where order_id = $1 and kind = 'captured')
        where id = $1";

    IS_REFUNDED: "check whether an order is refunded in full" = "
        select 1 from orders where id = $1 and captured_minor > 0 and refunded_minor >= captured_minor";

    /// Summed over the ledger rather than incremented, so that a repeated update has no effect.
    RECOMPUTE_PAID: "recompute an order's captured and refunded sums" = "
        update orders
        set captured_minor = (select coalesce(sum(amount_minor), 0) from ledger where order_id = $1 and kind = 'captured'),
            refunded_minor = (
                select coalesce(sum(case kind when 'refunded' then amount_minor else -amount_minor end), 0)
                from ledger where order_id = $1 and kind in ('refunded', 'refund_failed'))
        where id = $1";
}

/// Whether all that was captured for the order is refunded.
pub(crate) async fn is_refunded(tx: &Tx<'_>, id: OrderId) -> Result<bool, DbError> {
    Ok(tx.row(&IS_REFUNDED, &[&id]).await?.is_some())
}

/// Gives orders of guests to an account.
pub(crate) fn join(tx: &Tx<'_>, orders: Vec<OrderId>, user: UserId) {
    tx.defer(Ask::write(&JOIN, params![orders, user]));
}

/// How many orders of the account wait for their payment, and when and under which number another one is placed. The caller
/// holds the lock on the buyer's orders, so that no concurrent order is missed by the count. Without an account, none.
pub(crate) fn count_unpaid(buyer: Option<UserId>) -> Ask<(i64, Placement)> {
    Ask::new(&COUNT_UNPAID, params![buyer], |rows| {
        let row = rows.first().ok_or(DbError::invalid_row(&COUNT_UNPAID, "no count"))?;
        let number = number(&COUNT_UNPAID, row)?;
        let number = number.ok_or(DbError::invalid_row(&COUNT_UNPAID, "no number"))?;
        Ok((row.get("unpaid"), Placement { at: row.get("at"), number }))
    })
}

pub(crate) async fn lock(
    tx: &Tx<'_>,
    viewer: Viewer,
    id: OrderId,
) -> Result<Option<LockedOrder>, DbError> {
    tx.together((lock_for(viewer, id),)).await.0
}

/// Locks an order of those that the viewer may see.
pub(crate) fn lock_for(viewer: Viewer, id: OrderId) -> Ask<Option<LockedOrder>> {
    Ask::new(&LOCK, params![id, viewer.owner(), viewer.guest_order()], |rows| {
        rows.first().map(locked_order).transpose()
    })
}

/// Locks the order that a payment is for, by Stripe's id of the payment or by ours.
pub(crate) fn lock_by_payment(
    provider: Option<String>,
    payment: Option<PaymentId>,
) -> Ask<Option<LockedOrder>> {
    Ask::new(&LOCK_BY_PAYMENT, params![provider, payment], |rows| {
        rows.first().map(locked_order).transpose()
    })
}

fn locked_order(row: &Row) -> Result<LockedOrder, DbError> {
    Ok(LockedOrder {
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

pub(crate) fn extend_expiry(tx: &Tx<'_>, id: OrderId, seconds: i32, longest: Option<i32>) {
    tx.defer(Ask::write(&EXTEND_EXPIRY, params![id, seconds, longest]));
}

pub(crate) async fn extend_expiry_to(
    tx: &Tx<'_>,
    id: OrderId,
    until: OffsetDateTime,
) -> Result<(), DbError> {
    tx.execute(&EXTEND_EXPIRY_TO, &[&id, &until]).await.map(drop)
}

pub(crate) fn request_cancel(tx: &Tx<'_>, id: OrderId) {
    tx.defer(Ask::write(&REQUEST_CANCEL, params![id]));
}

pub(crate) fn cancel(tx: &Tx<'_>, id: OrderId, reason: CancelReason) {
    tx.defer(Ask::write(&CANCEL, params![id, reason.name()]));
}

pub(crate) fn confirm(tx: &Tx<'_>, id: OrderId, reason: Option<&Reason>) {
    let reason = reason.map(|reason| reason.text().to_owned());
    tx.defer(Ask::write(&CONFIRM, params![id, reason]));
}

pub(crate) fn recompute_paid(tx: &Tx<'_>, id: OrderId) {
    tx.defer(Ask::write(&RECOMPUTE_PAID, params![id]));
}

pub(crate) async fn set_on_hold(tx: &Tx<'_>, id: OrderId, on_hold: bool) -> Result<(), DbError> {
    tx.execute(&SET_ON_HOLD, &[&id, &on_hold]).await.map(drop)
}

/// All that is to be shipped of the order was.
pub(crate) fn ship(tx: &Tx<'_>, id: OrderId) {
    tx.defer(Ask::write(&SHIP, params![id]));
}

/// The order shows something that is stored elsewhere, so it gets a new version.
pub(crate) fn touch(tx: &Tx<'_>, id: OrderId) {
    tx.defer(Ask::write(&TOUCH, params![id]));
}

pub(super) async fn edit(
    tx: &Tx<'_>,
    id: OrderId,
    address: Option<&Address>,
    note: Option<&Note>,
) -> Result<(), DbError> {
    let note = note.map(Note::text);
    let address = columns(address);
    let values: [Param<'_>; 2] = [&id, &note];
    let row = [&values[..], &address_params(&address)].concat();
    tx.execute(&EDIT, &row).await.map(drop)
}
