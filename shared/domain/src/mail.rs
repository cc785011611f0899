//! Which mails went out: a mail is claimed before it is sent and marked after, so that a message that
//! comes twice is sent once. Only a death between the two can send it again.

use crate::db::{Db, DbError, queries};
use crate::failure::Failure;
use crate::id::{ClaimId, OrderId};
use crate::ordering::{self, Order, Viewer};

/// What became of the wish to send a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// Nobody has sent it: it is yours for the time asked.
    Yours(ClaimId),
    /// It was sent, or can never be.
    Settled,
    /// Somebody else is at it right now.
    Taken,
}

/// An order, and where to write to about it. Not `Debug`: an address has no place in a log.
pub struct Addressed {
    pub order: Order,
    pub to: String,
}

queries! {
    ADDRESS: "look up a buyer's address" = "
        select u.email from users u join orders o on o.user_id = u.id
        where o.id = $1 and u.disabled_at is null and u.erased_at is null";

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
}

/// The order as it is now and its buyer's address, unless there is nobody to write to any more.
pub async fn addressed(db: &Db, order: OrderId) -> Result<Option<Addressed>, DbError> {
    let Some(row) = db.row(&ADDRESS, &[&order]).await? else { return Ok(None) };
    match ordering::show(db, Viewer::Staff, order).await {
        Ok(order) => Ok(Some(Addressed { order, to: row.get("email") })),
        Err(Failure::Refused(_)) => Ok(None),
        Err(Failure::Db(error)) => Err(error),
    }
}

/// Claims the mail named by `dedupe_key` for `seconds`.
pub async fn claim(db: &Db, dedupe_key: &str, kind: &str, seconds: i32) -> Result<Claim, DbError> {
    let token = ClaimId::generate();
    if db.execute(&CLAIM, &[&dedupe_key, &kind, &token, &seconds]).await? == 1 {
        return Ok(Claim::Yours(token));
    }
    let row = db.row(&LOOK_UP, &[&dedupe_key]).await?;
    let settled = row.is_some_and(|row| row.get("settled"));
    Ok(if settled { Claim::Settled } else { Claim::Taken })
}

/// Gives the mail back unsent, for the next try.
pub async fn release(db: &Db, dedupe_key: &str, claim: ClaimId) -> Result<(), DbError> {
    db.execute(&RELEASE, &[&dedupe_key, &claim]).await.map(drop)
}

/// The mail is out; SES knows it by `receipt`.
pub async fn sent(db: &Db, dedupe_key: &str, claim: ClaimId, receipt: &str) -> Result<(), DbError> {
    db.execute(&MARK_SENT, &[&dedupe_key, &claim, &receipt]).await.map(drop)
}

/// The mail can never be sent.
pub async fn failed(db: &Db, dedupe_key: &str, claim: ClaimId, why: &str) -> Result<(), DbError> {
    db.execute(&MARK_FAILED, &[&dedupe_key, &claim, &why]).await.map(drop)
}
