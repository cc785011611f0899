//! The statements behind payments. They hold no rules.

use super::hosted_page;
use super::start::{OpenPayment, PaymentFlow};
use super::state::{LockedPayment, Payment, PaymentUpdate};
use crate::db::{Ask, Db, DbError, Query, Tx, params, queries};
use crate::id::{OrderId, PaymentId, RefundId};
use crate::money::{Currency, Money};
use crate::status::PaymentIntentStatus as Status;
use tokio_postgres::Row;

/// Every column that [`payment`] reads.
macro_rules! select_payments {
    ($rest:literal) => {
        concat!(
            "
        select p.id, p.order_id, o.user_id, p.amount_minor, p.currency, p.status, p.provider_pi, p.decline_code,
               p.created_at, p.updated_at,
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

    /// A page that Stripe may not know yet is stale once it would expire in less than the half hour that Stripe requires.
    OPEN: "look up an order's open payment" = "
        select p.id, p.order_id, p.amount_minor, p.currency, p.provider_pi, p.vouchers,
               c.payment_id is not null as has_page, c.success_url, c.cancel_url, c.expires_at, c.provider_session,
               p.replaced_at is not null
                   or (c.provider_session is null and coalesce(c.expires_at < now() + interval '31 minutes', false)) as is_stale
        from payments p left join checkout_sessions c on c.payment_id = p.id
        where p.order_id = $1 and p.status not in ('canceled', 'failed') and p.surplus_at is null";

    COUNT: "count an order's payments" = "select count(*) from payments where order_id = $1";

    INSERT: "insert a payment" = "
        insert into payments (id, order_id, currency, amount_minor, status, vouchers)
        values ($1, $2, $3, $4, 'creating', $5)";

    MARK_REPLACED: "mark a payment as replaced" = "
        update payments set replaced_at = coalesce(replaced_at, now()), updated_at = now() where id = $1";

    ABANDON: "abandon a payment" = "
        update payments set status = 'failed', updated_at = now()
        where id = $1 and status = 'creating' and provider_pi is null
          and not exists (select from checkout_sessions where payment_id = $1 and provider_session is not null)";

    /// By Stripe's id, or by ours while Stripe's is not stored yet, as its order is found.
    LOCK: "lock a payment" = "
        select p.id, p.provider_pi, p.status, p.amount_minor, p.currency, p.told_at, c.provider_session,
               p.replaced_at is not null as is_replaced
        from payments p left join checkout_sessions c on c.payment_id = p.id
        where p.provider_pi = $1 or (p.id = $2 and (p.provider_pi is null or $1 is null))
        for update of p";

    UPDATE: "update a payment" = "
        update payments set provider_pi = coalesce($2, provider_pi), status = $3, told_at = $4, updated_at = now() where id = $1";

    /// Not if the payment has moved on, and only the first time.
    RECORD_FAILED_ATTEMPT: "record a failed attempt to pay" = "
        update payments set failed_at = now(), decline_code = $2
        where provider_pi = $1 and status = 'requires_payment_method' and failed_at is null
        returning id";

    CAPTURE: "record a capture" = "
        with entered as (
            insert into ledger (order_id, kind, amount_minor, source, source_id)
            values ($4, 'captured', $5, 'stripe', $2)
            on conflict on constraint ledger_once do nothing
        )
        update payments
        set provider_pi = coalesce($2, provider_pi), status = 'succeeded', amount_minor = $5, told_at = $3, updated_at = now()
        where id = $1";

    REQUEST_LATE_REFUND: "request the refund of a late payment" = "
        insert into refunds (id, payment_id, amount_minor, status, origin)
        values ($1, $2, $3, 'requested', 'late_payment')
        on conflict (payment_id) where origin = 'late_payment' do nothing";
}

pub(crate) fn open_payment(order: OrderId) -> Ask<Option<OpenPayment>> {
    Ask::new(&OPEN, params![order], |rows| {
        let open = |row: &Row| {
            let has_page: bool = row.get("has_page");
            Ok(OpenPayment {
                id: row.get("id"),
                order: row.get("order_id"),
                amount: amount(&OPEN, row)?,
                provider: row.get("provider_pi"),
                hosted_page: has_page.then(|| hosted_page::read(row)),
                is_stale: row.get("is_stale"),
                vouchers: row.get("vouchers"),
            })
        };
        rows.first().map(open).transpose()
    })
}

pub(crate) async fn find_open(tx: &Tx<'_>, order: OrderId) -> Result<Option<OpenPayment>, DbError> {
    tx.together((open_payment(order),)).await.0
}

pub(crate) fn count_attempts(order: OrderId) -> Ask<i64> {
    Ask::new(&COUNT, params![order], |rows| {
        Ok(rows.first().ok_or(DbError::invalid_row(&COUNT, "no count"))?.get(0))
    })
}

pub(super) async fn find(db: &Db, id: PaymentId) -> Result<Option<Payment>, DbError> {
    db.row(&FIND, &[&id]).await?.as_ref().map(payment).transpose()
}

pub(super) fn payments_of(orders: &[OrderId]) -> Ask<Vec<Payment>> {
    Ask::new(&OF_ORDERS, params![orders.to_vec()], |rows| rows.iter().map(payment).collect())
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
        status: status.ok_or(DbError::invalid_row(&FIND, "status"))?,
        provider: row.get("provider_pi"),
        session: row.get("provider_session"),
        decline_code: row.get("decline_code"),
        created_at: row.get("created_at"),
        updated_at: row.get("updated_at"),
    })
}

/// A new payment of an order over `amount`, not yet known to Stripe.
pub(crate) async fn insert(
    tx: &Tx<'_>,
    id: PaymentId,
    order: OrderId,
    amount: Money,
    flow: &PaymentFlow,
    vouchers: bool,
) -> Result<OpenPayment, DbError> {
    let row = params![id, order, amount.currency.code(), amount.minor, vouchers];
    tx.defer(Ask::write(&INSERT, row));
    let (provider, hosted_page, is_stale) = (None, None, false);
    let mut open = OpenPayment { id, order, amount, provider, hosted_page, is_stale, vouchers };
    if let PaymentFlow::HostedPage(urls) = flow {
        open.hosted_page = Some(hosted_page::insert(tx, id, urls).await?);
    }
    Ok(open)
}

pub(crate) fn mark_replaced(tx: &Tx<'_>, payment: PaymentId) {
    tx.defer(Ask::write(&MARK_REPLACED, params![payment]));
}

pub(super) async fn abandon(db: &Db, payment: PaymentId) -> Result<(), DbError> {
    db.execute(&ABANDON, &[&payment]).await.map(drop)
}

pub(crate) fn lock(update: &PaymentUpdate) -> Ask<Option<LockedPayment>> {
    Ask::new(&LOCK, params![update.provider.clone(), update.payment], |rows| {
        rows.first().map(locked_payment).transpose()
    })
}

fn locked_payment(row: &Row) -> Result<LockedPayment, DbError> {
    let status = Status::from_name(row.get("status"));
    Ok(LockedPayment {
        id: row.get("id"),
        provider: row.get("provider_pi"),
        session: row.get("provider_session"),
        is_replaced: row.get("is_replaced"),
        status: status.ok_or(DbError::invalid_row(&LOCK, "status"))?,
        amount: amount(&LOCK, row)?,
        as_of: row.get("told_at"),
    })
}

pub(crate) fn update(tx: &Tx<'_>, payment: PaymentId, update: &PaymentUpdate) {
    let row = params![payment, update.provider.clone(), update.status.name(), update.at];
    tx.defer(Ask::write(&UPDATE, row));
}

pub(crate) async fn record_failed_attempt(
    tx: &Tx<'_>,
    update: &PaymentUpdate,
) -> Result<Option<PaymentId>, DbError> {
    Ok(tx
        .row(&RECORD_FAILED_ATTEMPT, &[&update.provider, &update.decline_code])
        .await?
        .map(|row| row.get("id")))
}

/// Marks the payment as succeeded, with what was received as its amount, and records the money in the ledger, once.
pub(crate) fn record_capture(
    tx: &Tx<'_>,
    payment: PaymentId,
    order: OrderId,
    update: &PaymentUpdate,
) {
    let row = params![payment, update.provider.clone(), update.at, order, update.amount.minor];
    tx.defer(Ask::write(&CAPTURE, row));
}

pub(crate) fn request_late_refund(tx: &Tx<'_>, payment: PaymentId, minor: i64) {
    tx.defer(Ask::write(&REQUEST_LATE_REFUND, params![RefundId::generate(), payment, minor]));
}

fn amount(query: &Query, row: &Row) -> Result<Money, DbError> {
    let currency = Currency::from_code(row.get("currency"));
    let currency = currency.ok_or(DbError::invalid_row(query, "currency"))?;
    Ok(Money { minor: row.get("amount_minor"), currency })
}
