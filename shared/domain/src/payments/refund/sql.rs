//! The statements behind refunds. They hold no rules.

pub(super) mod gone;
pub(super) mod insert;
pub(super) mod lines;
pub(super) mod refundable;
pub(super) mod returned;
pub(super) mod superseded;

use super::state::{LockedRefund, RefundStatus, RefundUpdate};
use super::{DueRefund, Origin, Refund};
use crate::db::{Ask, Db, DbError, Param, Query, Tx, params, queries};
use crate::id::{OrderId, PaymentId, RefundId};
use crate::money::{Currency, Money};
use crate::page::PageRequest;
use tokio_postgres::Row;

/// Every column that [`refund`] reads.
macro_rules! select_refunds {
    ($rest:literal) => {
        concat!(
            "
        select r.id, r.payment_id, p.order_id, r.amount_minor, p.currency, r.status, r.origin, r.reason,
               coalesce(r.failure_reason, r.provider_code) as failure, r.pending_reason, r.created_at, r.updated_at,
               r.requested_by, r.return_id, r.shipping_minor, coalesce(r.tax_minor, 0) as tax_minor, ",
            lines::refunded!(),
            " as lines
        from refunds r join payments p on p.id = r.payment_id ",
            $rest
        )
    };
}

queries! {
    ORDER_OF: "find the order of a payment to refund" = "select order_id from payments where id = $1";

    FIND: "look up a refund" = select_refunds!("where r.id = $1");

    LIST: "list refunds" = select_refunds!("
        where ($1::text is null or r.status = $1) and r.id < $2
        order by r.id desc
        limit $3");

    LIST_OF_PAYMENT: "list a payment's refunds" = select_refunds!("
        where ($1::text is null or r.status = $1) and r.id < $2 and r.payment_id = $4
        order by r.id desc
        limit $3");

    OF_ORDERS: "look up orders' refunds" = select_refunds!("where p.order_id = any($1) order by r.id");

    /// Not while a bank is about to decide on a dispute of the payment that leaves too little of it: Stripe would refuse it
    /// for good.
    LEASE: "lease refunds to send" = "
        with due as (
            select id from refunds r
            where status = 'requested' and next_try_at <= now()
              and not exists (
                  select from disputes d join payments p on p.id = d.payment_id
                  where d.payment_id = r.payment_id and d.closed_at is null and not starts_with(d.status, 'warning_')
                  group by p.id
                  having sum(case when d.currency = p.currency then d.amount_minor else p.amount_minor end)
                      + (select sum(amount_minor) from refunds
                         where payment_id = p.id and status not in ('failed', 'canceled')) > p.amount_minor)
            order by next_try_at
            limit $1
            for update skip locked
        )
        update refunds r
        set attempts = r.attempts + 1,
            next_try_at = now() + make_interval(secs => least(30 * (r.attempts + 1), 3600))
        from due, payments p
        where r.id = due.id and p.id = r.payment_id
        returning r.id, r.amount_minor, p.currency, p.provider_pi, p.order_id, r.attempts,
                  r.created_at < now() - interval '20 hours' as is_old";

    /// Not before the payment itself is known to have succeeded: there is nothing to give back yet.
    PAYMENT_OF: "find the payment of a refund" = "
        select id from payments where provider_pi = $1 and status = 'succeeded'";

    LOCK: "lock a refund" = "
        select r.id, r.status, r.amount_minor, p.currency, r.told_at
        from refunds r join payments p on p.id = r.payment_id
        where r.payment_id = $1 and (r.provider_refund = $2 or (r.id = $3 and r.provider_refund is null))
        for update of r";

    INSERT_FROM_DASHBOARD: "insert a refund made in the dashboard" = "
        insert into refunds (id, payment_id, amount_minor, status, origin)
        values ($1, $2, $3, 'requested', 'dashboard')";

    UPDATE: "update a refund" = "
        update refunds
        set provider_refund = $2, status = $3, told_at = $4, failure_reason = $5, pending_reason = $6,
            provider_code = null, updated_at = now()
        where id = $1";

    FAIL: "mark a refund as failed" = "
        update refunds set status = 'failed', provider_code = $2, updated_at = now()
        where id = $1 and status = 'requested' and provider_refund is null";

    /// One that was given up, and that Stripe has all the same, is entered anew: the second time as `re_1#2`.
    RECORD_REFUND: "record a refund in the ledger" = "
        insert into ledger (order_id, kind, amount_minor, source, source_id)
        select $1, case when surplus_at is null then 'refunded' else 'surplus_refunded' end, $2, 'stripe',
               $3::text || case when given_up.times > 0 then '#' || given_up.times + 1 else '' end
        from payments
        cross join (
            select count(*) as times from ledger
            where order_id = $1 and kind in ('refund_failed', 'surplus_refund_failed') and source = 'stripe'
              and split_part(source_id, '#', 1) = $3) given_up
        where id = $4
        on conflict on constraint ledger_once do nothing";

    /// Only after its refund was recorded.
    RECORD_FAILURE: "record a failed refund in the ledger" = "
        insert into ledger (order_id, kind, amount_minor, source, source_id)
        select order_id, case kind when 'refunded' then 'refund_failed' else 'surplus_refund_failed' end,
               amount_minor, source, source_id
        from ledger
        where order_id = $1 and kind in ('refunded', 'surplus_refunded') and source = 'stripe'
          and split_part(source_id, '#', 1) = $2
        on conflict on constraint ledger_once do nothing";
}

pub(crate) async fn order_of(tx: &Tx<'_>, payment: PaymentId) -> Result<Option<OrderId>, DbError> {
    Ok(tx.row(&ORDER_OF, &[&payment]).await?.map(|row| row.get("order_id")))
}

/// A refund that must exist.
pub(crate) async fn read(tx: &Tx<'_>, id: RefundId) -> Result<Refund, DbError> {
    let row = tx
        .row(&FIND, &[&id])
        .await?
        .ok_or(DbError::invalid_row(&FIND, "the refund does not exist"))?;
    refund(&row)
}

pub(super) async fn find(db: &Db, id: RefundId) -> Result<Option<Refund>, DbError> {
    db.row(&FIND, &[&id]).await?.as_ref().map(refund).transpose()
}

pub(super) async fn list(
    db: &Db,
    payment: Option<PaymentId>,
    only: Option<RefundStatus>,
    page: &PageRequest<RefundId>,
) -> Result<Vec<Refund>, DbError> {
    let status = only.map(RefundStatus::name);
    let before = page.after.unwrap_or(RefundId::LAST);
    let limit = page.fetch_limit();
    let rows = match payment {
        None => db.rows(&LIST, &[&status, &before, &limit]).await?,
        Some(payment) => db.rows(&LIST_OF_PAYMENT, &[&status, &before, &limit, &payment]).await?,
    };
    rows.iter().map(refund).collect()
}

pub(in crate::payments) fn refunds_of(orders: &[OrderId]) -> Ask<Vec<Refund>> {
    Ask::new(&OF_ORDERS, params![orders.to_vec()], |rows| rows.iter().map(refund).collect())
}

pub(super) async fn lease(db: &Db, limit: u8) -> Result<Vec<DueRefund>, DbError> {
    let rows = db.rows(&LEASE, &[&i64::from(limit)]).await?;
    rows.iter()
        .map(|row| {
            let amount = money(&LEASE, row, "amount_minor")?;
            let (id, order, attempts) = (row.get("id"), row.get("order_id"), row.get("attempts"));
            let (provider, is_old) = (row.get("provider_pi"), row.get("is_old"));
            Ok(DueRefund { id, order, provider, amount, attempts, is_old })
        })
        .collect()
}

pub(crate) async fn payment_of(
    tx: &Tx<'_>,
    update: &RefundUpdate,
) -> Result<Option<PaymentId>, DbError> {
    Ok(tx.row(&PAYMENT_OF, &[&update.intent]).await?.map(|row| row.get("id")))
}

pub(crate) async fn lock(
    tx: &Tx<'_>,
    payment: PaymentId,
    update: &RefundUpdate,
) -> Result<Option<LockedRefund>, DbError> {
    let row = tx.row(&LOCK, &[&payment, &update.provider, &update.refund]).await?;
    row.map(|row| {
        Ok(LockedRefund {
            id: row.get("id"),
            status: status(&LOCK, &row)?,
            amount: money(&LOCK, &row, "amount_minor")?,
            as_of: row.get("told_at"),
        })
    })
    .transpose()
}

/// A refund that was made in Stripe's dashboard.
pub(crate) async fn insert_from_dashboard(
    tx: &Tx<'_>,
    payment: PaymentId,
    update: &RefundUpdate,
) -> Result<LockedRefund, DbError> {
    let id = RefundId::generate();
    tx.execute(&INSERT_FROM_DASHBOARD, &[&id, &payment, &update.amount.minor]).await?;
    Ok(LockedRefund { id, status: RefundStatus::Requested, amount: update.amount, as_of: None })
}

pub(crate) async fn update(
    tx: &Tx<'_>,
    id: RefundId,
    update: &RefundUpdate,
) -> Result<(), DbError> {
    let RefundUpdate { provider, status, at, failure_reason, pending_reason, .. } = update;
    let row: [Param<'_>; 6] = [&id, provider, &status.name(), at, failure_reason, pending_reason];
    tx.execute(&UPDATE, &row).await.map(drop)
}

/// Marks a requested refund as failed, with Stripe's code; false if it is no longer `requested`.
pub(crate) async fn fail(tx: &Tx<'_>, id: RefundId, code: &str) -> Result<bool, DbError> {
    Ok(tx.execute(&FAIL, &[&id, &code]).await? == 1)
}

/// Whether it was not recorded before.
pub(crate) async fn record_refund(
    tx: &Tx<'_>,
    order: OrderId,
    payment: PaymentId,
    update: &RefundUpdate,
) -> Result<bool, DbError> {
    let row: [Param<'_>; 4] = [&order, &update.amount.minor, &update.provider, &payment];
    Ok(tx.execute(&RECORD_REFUND, &row).await? == 1)
}

/// Whether it was not recorded before.
pub(crate) async fn record_failure(
    tx: &Tx<'_>,
    order: OrderId,
    provider: &str,
) -> Result<bool, DbError> {
    Ok(tx.execute(&RECORD_FAILURE, &[&order, &provider]).await? == 1)
}

fn refund(row: &Row) -> Result<Refund, DbError> {
    let origin = match row.get("origin") {
        "api" => Origin::Api,
        "dashboard" => Origin::Dashboard,
        "late_payment" => Origin::LatePayment,
        _ => return Err(DbError::invalid_row(&FIND, "origin")),
    };
    Ok(Refund {
        id: row.get("id"),
        payment: row.get("payment_id"),
        order: row.get("order_id"),
        amount: money(&FIND, row, "amount_minor")?,
        status: status(&FIND, row)?,
        origin,
        requested_by: row.get("requested_by"),
        reason: row.get("reason"),
        of_return: row.get("return_id"),
        failure: row.get("failure"),
        pending_reason: row.get("pending_reason"),
        shipping: money(&FIND, row, "shipping_minor")?,
        tax: money(&FIND, row, "tax_minor")?,
        lines: lines::read(&FIND, row)?,
        created_at: row.get("created_at"),
        updated_at: row.get("updated_at"),
    })
}

fn status(query: &Query, row: &Row) -> Result<RefundStatus, DbError> {
    RefundStatus::from_name(row.get("status")).ok_or(DbError::invalid_row(query, "status"))
}

fn money(query: &Query, row: &Row, column: &str) -> Result<Money, DbError> {
    let currency = Currency::from_code(row.get("currency"));
    let currency = currency.ok_or(DbError::invalid_row(query, "currency"))?;
    Ok(Money { minor: row.get(column), currency })
}
