//! The statements behind mails. They decide nothing.

use super::facts::{Addressed, Charge, LowStock, Refund};
use crate::db::{Db, DbError, Query, queries};
use crate::id::{ClaimId, LinkId, PaymentId, ProductId, RefundId, UserId};
use crate::money::{Currency, Money};
use tokio_postgres::Row;

queries! {
    CLAIM: "claim a mail" = "
        insert into emails as mail (dedupe_key, kind, status, claim_token, claimed_until)
        values ($1, $2, 'claimed', $3, now() + make_interval(secs => $4::int4))
        on conflict (dedupe_key) do update
        set claim_token = excluded.claim_token, claimed_until = excluded.claimed_until, attempts = mail.attempts + 1
        where mail.status = 'claimed' and mail.claimed_until <= now()";

    LOOK_UP: "look up a mail" = "select status <> 'claimed' as settled from emails where dedupe_key = $1";

    RELEASE: "give a mail back" = "
        update emails set claimed_until = now()
        where dedupe_key = $1 and claim_token = $2 and status = 'claimed'";

    MARK_SENT: "mark a mail as sent" = "
        update emails set status = 'sent', sent_at = now(), ses_message_id = $3
        where dedupe_key = $1 and claim_token = $2 and status = 'claimed'";

    MARK_FAILED: "mark a mail as failed" = "
        update emails set status = 'failed', failure = $3
        where dedupe_key = $1 and claim_token = $2 and status = 'claimed'";

    ADDRESS: "look up somebody's address" = "
        select email from users where id = $1 and disabled_at is null and erased_at is null";

    LINK: "look up where a link goes" = "
        select u.email
        from links l join users u on u.id = l.user_id
        where l.id = $1 and l.used_at is null and l.expires_at > now()
          and u.disabled_at is null and u.erased_at is null";

    /// Not once the order is paid or over: the mail would come too late to be of use.
    FAILED_PAYMENT: "look up a failed payment" = "
        select p.order_id, p.amount_minor, p.currency, o.expires_at, u.email
        from payments p join orders o on o.id = p.order_id join users u on u.id = o.user_id
        where p.id = $1 and o.status = 'pending' and o.cancel_requested_at is null
          and u.disabled_at is null and u.erased_at is null";

    REFUND: "look up a refund to write about" = "
        select r.id, p.order_id, r.amount_minor, p.currency, r.provider_refund,
               r.origin = 'late_payment' as is_of_late_payment,
               case when u.disabled_at is null and u.erased_at is null then u.email end as email
        from refunds r
        join payments p on p.id = r.payment_id
        join orders o on o.id = p.order_id
        join users u on u.id = o.user_id
        where r.id = $1";

    LOW_STOCK: "look up a product that runs out" = "
        select sku, name, on_hand, on_hand - reserved as available
        from products
        where id = $1 and status <> 'archived'";
}

pub(super) async fn link(db: &Db, link: LinkId) -> Result<Option<String>, DbError> {
    Ok(db.row(&LINK, &[&link]).await?.map(|row| row.get("email")))
}

pub(super) async fn claim(
    db: &Db,
    dedupe_key: &str,
    kind: &str,
    token: ClaimId,
    seconds: i32,
) -> Result<bool, DbError> {
    Ok(db.execute(&CLAIM, &[&dedupe_key, &kind, &token, &seconds]).await? == 1)
}

pub(super) async fn is_settled(db: &Db, dedupe_key: &str) -> Result<bool, DbError> {
    let row = db.row(&LOOK_UP, &[&dedupe_key]).await?;
    Ok(row.is_some_and(|row| row.get("settled")))
}

pub(super) async fn release(db: &Db, dedupe_key: &str, claim: ClaimId) -> Result<(), DbError> {
    db.execute(&RELEASE, &[&dedupe_key, &claim]).await.map(drop)
}

pub(super) async fn mark_sent(
    db: &Db,
    dedupe_key: &str,
    claim: ClaimId,
    receipt: &str,
) -> Result<(), DbError> {
    db.execute(&MARK_SENT, &[&dedupe_key, &claim, &receipt]).await.map(drop)
}

pub(super) async fn mark_failed(
    db: &Db,
    dedupe_key: &str,
    claim: ClaimId,
    why: &str,
) -> Result<(), DbError> {
    db.execute(&MARK_FAILED, &[&dedupe_key, &claim, &why]).await.map(drop)
}

pub(super) async fn address(db: &Db, user: UserId) -> Result<Option<String>, DbError> {
    Ok(db.row(&ADDRESS, &[&user]).await?.map(|row| row.get("email")))
}

pub(super) async fn failed_payment(
    db: &Db,
    payment: PaymentId,
) -> Result<Option<Addressed<Charge>>, DbError> {
    let Some(row) = db.row(&FAILED_PAYMENT, &[&payment]).await? else { return Ok(None) };
    let about = Charge {
        order: row.get("order_id"),
        amount: amount(&FAILED_PAYMENT, &row)?,
        payable_until: row.get("expires_at"),
    };
    Ok(Some(Addressed { about, to: row.get("email") }))
}

/// With the buyer's address, unless they have left.
pub(super) async fn refund(
    db: &Db,
    refund: RefundId,
) -> Result<Option<(Refund, Option<String>)>, DbError> {
    let Some(row) = db.row(&REFUND, &[&refund]).await? else { return Ok(None) };
    let refund = Refund {
        id: row.get("id"),
        order: row.get("order_id"),
        amount: amount(&REFUND, &row)?,
        provider: row.get("provider_refund"),
        is_of_late_payment: row.get("is_of_late_payment"),
    };
    Ok(Some((refund, row.get("email"))))
}

pub(super) async fn low_stock(db: &Db, product: ProductId) -> Result<Option<LowStock>, DbError> {
    let row = db.row(&LOW_STOCK, &[&product]).await?;
    Ok(row.map(|row| LowStock {
        sku: row.get("sku"),
        name: row.get("name"),
        on_hand: row.get("on_hand"),
        available: row.get("available"),
    }))
}

fn amount(query: &Query, row: &Row) -> Result<Money, DbError> {
    let currency = Currency::from_code(row.get("currency"));
    let currency = currency.ok_or(DbError::nonsense(query, "currency"))?;
    Ok(Money { minor: row.get("amount_minor"), currency })
}
