//! The statements behind payments. They decide nothing.

use super::checkout;
use super::start::{Open, Way};
use super::state::{Known, Payment, Status, Told};
use crate::db::{Db, DbError, Param, Query, Tx, queries};
use crate::id::{OrderId, PaymentId, RefundId};
use crate::money::{Currency, Money};
use crate::ordering::Bill;
use tokio_postgres::Row;

/// Every column that [`payment`] reads.
macro_rules! select_payments {
    ($rest:literal) => {
        concat!(
            "
        select p.id, p.order_id, o.user_id, p.amount_minor, p.currency, p.status, p.provider_pi, p.created_at, p.updated_at,
               (select provider_session from checkout_sessions where payment_id = p.id) as provider_session,
               coalesce((select sum(r.amount_minor) from refunds r
                         where r.payment_id = p.id and r.status in ('pending', 'requires_action', 'succeeded')), 0)::bigint
                   as refunded_minor
        from payments p join orders o on o.id = p.order_id ",
            $rest
        )
    };
}

queries! {
    FIND: "look up a payment" = select_payments!("where p.id = $1");

    OF_ORDERS: "look up orders' payments" = select_payments!("where p.order_id = any($1) order by p.id");

    /// Stripe opens a page for half an hour at least: one that it may not know yet must not be nearer to its end.
    LIVE: "look up an order's live payment" = "
        select p.id, p.order_id, p.amount_minor, p.currency, p.provider_pi,
               c.payment_id is not null as has_page, c.success_url, c.cancel_url, c.expires_at, c.provider_session,
               p.replaced_at is not null
                   or (c.provider_session is null and coalesce(c.expires_at < now() + interval '31 minutes', false)) as is_stale
        from payments p left join checkout_sessions c on c.payment_id = p.id
        where p.order_id = $1 and p.status not in ('canceled', 'failed')";

    COUNT: "count the tries to pay an order" = "select count(*) from payments where order_id = $1";

    INSERT: "insert a payment" = "
        insert into payments (id, order_id, currency, amount_minor, status)
        values ($1, $2, $3, $4, 'creating')";

    REPLACE: "note that an order shall be paid another way" = "
        update payments set replaced_at = coalesce(replaced_at, now()), updated_at = now() where id = $1";

    ABANDON: "abandon a payment" = "
        update payments set status = 'failed', updated_at = now()
        where id = $1 and status = 'creating' and provider_pi is null
          and not exists (select from checkout_sessions where payment_id = $1 and provider_session is not null)";

    /// By Stripe's id, or by ours while Stripe's is not known, as its order is found.
    LOCK: "lock a payment" = "
        select p.id, p.provider_pi, p.status, p.amount_minor, p.currency, p.told_at, c.provider_session,
               p.replaced_at is not null as is_replaced
        from payments p left join checkout_sessions c on c.payment_id = p.id
        where p.provider_pi = $1 or (p.id = $2 and (p.provider_pi is null or $1 is null))
        for update of p";

    UPDATE: "take a payment's news down" = "
        update payments set provider_pi = coalesce($2, provider_pi), status = $3, told_at = $4, updated_at = now() where id = $1";

    /// Not if the payment has gone on, nor a second time.
    NOTE_FAILURE: "note that a try to pay failed" = "
        update payments set failed_at = now()
        where provider_pi = $1 and status = 'requires_payment_method' and failed_at is null
        returning id";

    CAPTURE: "take a capture down" = "
        with entered as (
            insert into ledger (order_id, kind, amount_minor, source, source_id)
            values ($4, 'captured', $5, 'stripe', $2)
            on conflict on constraint ledger_once do nothing
        )
        update payments
        set provider_pi = coalesce($2, provider_pi), status = 'succeeded', told_at = $3, updated_at = now()
        where id = $1";

    ASK_REFUND_OF_LATE: "ask for the refund of a late payment" = "
        insert into refunds (id, payment_id, amount_minor, status, origin)
        values ($1, $2, $3, 'requested', 'late_payment')
        on conflict (payment_id) where origin = 'late_payment' do nothing";
}

pub(crate) async fn live(tx: &Tx<'_>, order: OrderId) -> Result<Option<Open>, DbError> {
    let Some(row) = tx.row(&LIVE, &[&order]).await? else { return Ok(None) };
    let amount = amount(&LIVE, &row)?;
    let has_page: bool = row.get("has_page");
    Ok(Some(Open {
        id: row.get("id"),
        order: row.get("order_id"),
        amount,
        provider: row.get("provider_pi"),
        checkout: has_page.then(|| checkout::read(&row)),
        is_stale: row.get("is_stale"),
    }))
}

pub(super) async fn count(tx: &Tx<'_>, order: OrderId) -> Result<i64, DbError> {
    let row = tx.row(&COUNT, &[&order]).await?;
    Ok(row.ok_or(DbError::nonsense(&COUNT, "no count"))?.get(0))
}

pub(super) async fn find(db: &Db, id: PaymentId) -> Result<Option<Payment>, DbError> {
    db.row(&FIND, &[&id]).await?.as_ref().map(payment).transpose()
}

pub(super) async fn of_orders(db: &Db, orders: &[OrderId]) -> Result<Vec<Payment>, DbError> {
    db.rows(&OF_ORDERS, &[&orders]).await?.iter().map(payment).collect()
}

fn payment(row: &Row) -> Result<Payment, DbError> {
    let amount = amount(&FIND, row)?;
    let status = Status::from_name(row.get("status"));
    Ok(Payment {
        id: row.get("id"),
        order: row.get("order_id"),
        buyer: row.get("user_id"),
        amount,
        refunded: Money { minor: row.get("refunded_minor"), ..amount },
        status: status.ok_or(DbError::nonsense(&FIND, "status"))?,
        provider: row.get("provider_pi"),
        session: row.get("provider_session"),
        created_at: row.get("created_at"),
        updated_at: row.get("updated_at"),
    })
}

pub(super) async fn insert(
    tx: &Tx<'_>,
    id: PaymentId,
    bill: &Bill,
    way: &Way,
) -> Result<Open, DbError> {
    let Bill { order, total: amount, .. } = *bill;
    tx.execute(&INSERT, &[&id, &order, &amount.currency.code(), &amount.minor]).await?;
    let mut open = Open { id, order, amount, provider: None, checkout: None, is_stale: false };
    if let Way::Checkout(urls) = way {
        open.checkout = Some(checkout::insert(tx, id, urls).await?);
    }
    Ok(open)
}

pub(super) async fn replace(tx: &Tx<'_>, payment: PaymentId) -> Result<(), DbError> {
    tx.execute(&REPLACE, &[&payment]).await.map(drop)
}

pub(super) async fn abandon(db: &Db, payment: PaymentId) -> Result<(), DbError> {
    db.execute(&ABANDON, &[&payment]).await.map(drop)
}

pub(super) async fn lock(tx: &Tx<'_>, told: &Told) -> Result<Option<Known>, DbError> {
    let Some(row) = tx.row(&LOCK, &[&told.provider, &told.payment]).await? else { return Ok(None) };
    let status = Status::from_name(row.get("status"));
    Ok(Some(Known {
        id: row.get("id"),
        provider: row.get("provider_pi"),
        session: row.get("provider_session"),
        is_replaced: row.get("is_replaced"),
        status: status.ok_or(DbError::nonsense(&LOCK, "status"))?,
        amount: amount(&LOCK, &row)?,
        told_at: row.get("told_at"),
    }))
}

pub(super) async fn update(tx: &Tx<'_>, payment: PaymentId, told: &Told) -> Result<(), DbError> {
    tx.execute(&UPDATE, &[&payment, &told.provider, &told.status.name(), &told.at]).await.map(drop)
}

pub(super) async fn note_failure(tx: &Tx<'_>, told: &Told) -> Result<Option<PaymentId>, DbError> {
    Ok(tx.row(&NOTE_FAILURE, &[&told.provider]).await?.map(|row| row.get("id")))
}

/// The payment succeeded: its news, and the money in the ledger.
pub(super) async fn capture(
    tx: &Tx<'_>,
    payment: PaymentId,
    order: OrderId,
    told: &Told,
) -> Result<(), DbError> {
    let row: [Param<'_>; 5] = [&payment, &told.provider, &told.at, &order, &told.amount.minor];
    tx.execute(&CAPTURE, &row).await.map(drop)
}

pub(super) async fn ask_refund_of_late(
    tx: &Tx<'_>,
    payment: PaymentId,
    minor: i64,
) -> Result<(), DbError> {
    tx.execute(&ASK_REFUND_OF_LATE, &[&RefundId::generate(), &payment, &minor]).await.map(drop)
}

fn amount(query: &Query, row: &Row) -> Result<Money, DbError> {
    let currency = Currency::from_code(row.get("currency"));
    let currency = currency.ok_or(DbError::nonsense(query, "currency"))?;
    Ok(Money { minor: row.get("amount_minor"), currency })
}
