//! SQL statements of emails. They contain no business rules.

use super::content::{FailedPayment, GuestLink, LowStock, Refund, SentEmail, WithRecipient};
use crate::db::{Db, DbError, Query, Tx, queries};
use crate::id::{ClaimId, LinkId, PaymentId, ProductId, RefundId, UserId};
use crate::money::{Currency, Money};
use crate::ordering::OrderReference;
use tokio_postgres::Row;

queries! {
    CLAIM: "claim an email" = "
        insert into emails as mail (dedupe_key, kind, status, claim_token, claimed_until)
        values ($1, $2, 'claimed', $3, now() + make_interval(secs => $4::int4))
        on conflict (dedupe_key) do update
        set claim_token = excluded.claim_token, claimed_until = excluded.claimed_until, attempts = mail.attempts + 1
        where mail.status = 'claimed' and mail.claimed_until <= now()";

    LOOK_UP: "look up an email" = "select status <> 'claimed' as settled from emails where dedupe_key = $1";

    RELEASE: "release an email" = "
        update emails set claimed_until = now()
        where dedupe_key = $1 and claim_token = $2 and status = 'claimed'";

    MARK_SENT: "mark an email as sent" = "
        update emails set status = 'sent', sent_at = now(), ses_message_id = $3
        where dedupe_key = $1 and claim_token = $2 and status = 'claimed'";

    MARK_FAILED: "mark an email as failed" = "
        update emails set status = 'failed', failure = $3
        where dedupe_key = $1 and claim_token = $2 and status = 'claimed'";

    REOPEN: "reopen a failed email" = "
        update emails set status = 'claimed', claimed_until = now(), failure = null
        where dedupe_key = $1 and status = 'failed'";

    MARK_DROPPED: "mark an email as dropped" = "
        update emails set status = 'dropped'
        where dedupe_key = $1 and claim_token = $2 and status = 'claimed'";

    MARK_OUTDATED: "mark an email as outdated" = "
        update emails set status = 'dropped'
        where dedupe_key = $1 and status = 'claimed' and claimed_until <= now()";

    SENT: "look up sent emails" = "
        select dedupe_key, kind, sent_at from emails
        where dedupe_key = any($1) and sent_at is not null
        order by sent_at, dedupe_key";

    ADDRESS: "look up a user's address" = "
        select email, email_verified_at is not null as is_proven from users where id = $1 and disabled_at is null and erased_at is null";

    LINK: "look up the address of a link" = "
        select u.email
        from links l join users u on u.id = l.user_id
        where l.id = $1 and l.used_at is null and l.expires_at > now()
          and u.disabled_at is null and u.erased_at is null";

    /// Only while the order can still be paid: later, the email would be of no use.
    FAILED_PAYMENT: "look up a failed payment" = "
        select p.order_id, o.number, p.amount_minor, p.currency, p.decline_code, o.expires_at,
               coalesce(u.email, g.email) as email, coalesce(u.email_verified_at, g.proven_at) is null as is_unsolicited,
               case when u.id is null then g.link_epoch end as link_epoch
        from payments p
        join orders o on o.id = p.order_id
        left join users u on u.id = o.user_id
        left join order_guests g on g.order_id = o.id and o.user_id is null
        where p.id = $1 and o.status = 'pending' and o.cancel_requested_at is null
          and u.disabled_at is null and u.erased_at is null";

    REFUND: "look up a refund for an email" = "
        select r.id, p.order_id, o.number, r.amount_minor, p.currency, r.provider_refund, r.provider_code,
               r.origin = 'late_payment' as is_of_late_payment, p.surplus_at is not null as is_of_surplus_payment,
               case when u.disabled_at is null and u.erased_at is null then coalesce(u.email, g.email) end as email,
               case when u.id is null then g.link_epoch end as link_epoch
        from refunds r
        join payments p on p.id = r.payment_id
        join orders o on o.id = p.order_id
        left join users u on u.id = o.user_id
        left join order_guests g on g.order_id = o.id and o.user_id is null
        where r.id = $1";

    LOW_STOCK: "look up a product with low stock" = "
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

pub(super) async fn is_finished(db: &Db, dedupe_key: &str) -> Result<bool, DbError> {
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
    ses_message_id: &str,
) -> Result<(), DbError> {
    db.execute(&MARK_SENT, &[&dedupe_key, &claim, &ses_message_id]).await.map(drop)
}

pub(super) async fn mark_failed(
    db: &Db,
    dedupe_key: &str,
    claim: ClaimId,
    why: &str,
) -> Result<(), DbError> {
    db.execute(&MARK_FAILED, &[&dedupe_key, &claim, &why]).await.map(drop)
}

pub(super) async fn sent(db: &Db, dedupe_keys: &[String]) -> Result<Vec<SentEmail>, DbError> {
    let rows = db.rows(&SENT, &[&dedupe_keys]).await?;
    let email = |row: &Row| SentEmail {
        key: row.get("dedupe_key"),
        kind: row.get("kind"),
        sent_at: row.get("sent_at"),
    };
    Ok(rows.iter().map(email).collect())
}

pub(super) async fn mark_dropped(db: &Db, dedupe_key: &str, claim: ClaimId) -> Result<(), DbError> {
    db.execute(&MARK_DROPPED, &[&dedupe_key, &claim]).await.map(drop)
}

pub(super) async fn mark_outdated(db: &Db, dedupe_key: &str) -> Result<(), DbError> {
    db.execute(&MARK_OUTDATED, &[&dedupe_key]).await.map(drop)
}

pub(super) async fn reopen(tx: &Tx<'_>, dedupe_key: &str) -> Result<bool, DbError> {
    Ok(tx.execute(&REOPEN, &[&dedupe_key]).await? > 0)
}

/// The address of a buyer, and whether they have proven that it is theirs.
pub(super) struct Address {
    pub(super) email: String,
    pub(super) is_proven: bool,
    pub(super) guest_link: Option<GuestLink>,
}

pub(super) async fn address(db: &Db, user: UserId) -> Result<Option<Address>, DbError> {
    let row = db.row(&ADDRESS, &[&user]).await?;
    Ok(row.map(|row| Address {
        email: row.get("email"),
        is_proven: row.get("is_proven"),
        guest_link: None,
    }))
}

pub(super) async fn failed_payment(
    db: &Db,
    payment: PaymentId,
) -> Result<Option<WithRecipient<FailedPayment>>, DbError> {
    let Some(row) = db.row(&FAILED_PAYMENT, &[&payment]).await? else { return Ok(None) };
    let content = FailedPayment {
        order: order(&FAILED_PAYMENT, &row)?,
        amount: amount(&FAILED_PAYMENT, &row)?,
        decline_code: row.get("decline_code"),
        payable_until: row.get("expires_at"),
    };
    let (to, is_unsolicited) = (row.get("email"), row.get("is_unsolicited"));
    Ok(Some(WithRecipient { content, to, is_unsolicited, guest_link: guest_link(&row) }))
}

fn guest_link(row: &Row) -> Option<GuestLink> {
    let epoch: Option<i32> = row.get("link_epoch");
    epoch.map(|epoch| GuestLink { order: row.get("order_id"), epoch })
}

/// With the address of the buyer, if their account is active, and the link of a guest.
pub(super) async fn refund(
    db: &Db,
    refund: RefundId,
) -> Result<Option<(Refund, Option<String>, Option<GuestLink>)>, DbError> {
    let Some(row) = db.row(&REFUND, &[&refund]).await? else { return Ok(None) };
    let refund = Refund {
        id: row.get("id"),
        order: order(&REFUND, &row)?,
        amount: amount(&REFUND, &row)?,
        provider: row.get("provider_refund"),
        refusal: row.get("provider_code"),
        is_of_late_payment: row.get("is_of_late_payment"),
        is_of_surplus_payment: row.get("is_of_surplus_payment"),
    };
    Ok(Some((refund, row.get("email"), guest_link(&row))))
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

fn order(query: &Query, row: &Row) -> Result<OrderReference, DbError> {
    let number: Option<&str> = row.get("number");
    let number = number.map(str::parse).transpose();
    let number = number.map_err(|_| DbError::invalid_row(query, "number"))?;
    Ok(OrderReference { id: row.get("order_id"), number })
}

fn amount(query: &Query, row: &Row) -> Result<Money, DbError> {
    let currency = Currency::from_code(row.get("currency"));
    let currency = currency.ok_or(DbError::invalid_row(query, "currency"))?;
    Ok(Money { minor: row.get("amount_minor"), currency })
}
